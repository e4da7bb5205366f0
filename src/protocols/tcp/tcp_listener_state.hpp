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
  /// `session` is over before somebody accepted it.
  void forget(TcpSession& session) {
    if (session.is_half_open_) {
      --half_open;
    } else {
      std::erase(ready, &session);
    }
    session.listener_ = nullptr;
  }

  TcpAcceptor& acceptor;
  Endpoint local;
  std::size_t backlog;
  std::size_t half_open = 0;
  std::deque<TcpSession*> ready;
  std::unique_ptr<TcpSettings> settings;
  Listener* next = nullptr;  // of the same machine
};

}  // namespace elvis
