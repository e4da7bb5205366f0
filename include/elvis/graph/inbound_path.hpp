// SPDX-License-Identifier: MIT
// InboundPath: the way that a conversation's packets take up through a machine's graph, known
// beforehand.
#pragma once

#include "elvis/util/pool.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {

class Tap;
struct Frame;

/// Knows what the headers of the next frame will probably say, all layers together, and who the
/// frame is for then: TCP's header prediction (Jacobson 1990) for any protocol, or a path of the
/// x-Kernel's successor (Mosberger and Peterson 1996). Whoever delivers a packet may install one at
/// the tap it came from; the result is the same as without.
class InboundPath : public Pooled {
 public:
  InboundPath() = default;
  InboundPath(const InboundPath&) = delete;
  InboundPath& operator=(const InboundPath&) = delete;
  virtual ~InboundPath() = default;

  /// Delivers `frame` if it is what was expected, with nothing wrong in any header; else leaves it
  /// as it is and returns false: the frame then goes from layer to layer.
  virtual bool take(Message&& frame) = 0;
  /// The same of a frame that has come by `tap`, and to its end: what is not taken goes from layer
  /// to layer.
  virtual void demux(Frame* frame, Tap& tap);
};

}  // namespace elvis
