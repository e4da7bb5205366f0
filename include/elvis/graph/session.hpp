// SPDX-License-Identifier: MIT
// Session: one end of a conversation at one protocol, as in the x-Kernel.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstdint>

#include "elvis/util/pool.hpp"
#include "elvis/util/result.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {

/// Made by Protocol::open; lives as long as somebody holds a SessionRef. Counted without atomics,
/// as a session never leaves its partition.
class Session : public Pooled {
 public:
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  /// Sends `payload` down to the remote end. The session takes it over, unless it fails.
  virtual Result<> send(Message&& payload) = 0;
  /// Ends the conversation; what is sent afterwards fails with Errc::closed.
  virtual void close() {}

 private:
  friend void intrusive_ptr_add_ref(Session* session) { ++session->references_; }
  friend void intrusive_ptr_release(Session* session) {
    if (--session->references_ == 0) delete session;
  }

  std::uint32_t references_ = 0;
};

using SessionRef = boost::intrusive_ptr<Session>;

}  // namespace elvis
