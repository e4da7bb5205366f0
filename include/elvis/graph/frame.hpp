// SPDX-License-Identifier: MIT
// Frame: a message on its way through a network.
#pragma once

#include <cstdint>

#include "elvis/util/pool.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {

class Tap;

struct Frame : Pooled {
  Message bytes;         ///< With the link header in front.
  Tap* tap;              ///< The receiver's; the sender's while it waits for a shared medium. Null
                         ///< for a datagram that a machine sends to itself.
  std::uint64_t fold;    ///< Of network, length and header words as sent, for the digest.
  std::uint32_t number;  ///< The sender's count of frames on this tap, which keys its luck.
};
static_assert(sizeof(Frame) == 64, "one cache line a frame in flight");

}  // namespace elvis
