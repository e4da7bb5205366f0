// SPDX-License-Identifier: MIT
// Tcp::Listener: who waits to be accepted at a port, and how many are half open.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>

#include "elvis/protocols/tcp.hpp"

namespace elvis {

struct Tcp::Listener {
  Listener(TcpAcceptor& who, Endpoint at, std::size_t most)
      : acceptor{who}, local{at}, backlog{most} {}

  bool is_full() const { return ready.size() >= backlog; }
  const TcpSettings& settings_or(const TcpSettings& others) const {
    return settings == nullptr ? others : *settings;
  }
  /// `session` is over before somebody accepted it. What it brought may still be read if it was let
  /// in by a cookie: that was promised when its data were acknowledged (RFC 7413, 4.2.2). Linux
  /// keeps them all.
  void forget(TcpSession& session) {
    if (session.is_half_open_) --half_open;
    session.is_half_open_ = false;
    session.listener_ = nullptr;
    const bool is_like_linux =
        session.connection().settings().option_layout() == TcpLayout::like_linux;
    const bool is_kept = session.connection().is_early() || is_like_linux;
    if (session.is_ready_ && !session.is_accepted_ && !is_kept) {
      std::erase_if(ready, [&](const TcpSessionRef& waiting) { return waiting == &session; });
    }
  }

  TcpAcceptor& acceptor;
  Endpoint local;
  std::size_t backlog;
  std::size_t half_open = 0;
  std::deque<TcpSessionRef> ready;
  std::unique_ptr<TcpSettings> settings;
  Listener* next = nullptr;  // of the same machine
};

}  // namespace elvis
