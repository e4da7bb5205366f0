// SPDX-License-Identifier: MIT
// What all servers over TCP do: each connection has a coroutine of its own.
#pragma once

#include <cstddef>
#include <utility>

#include "elvis/graph/application.hpp"
#include "elvis/sockets/task_group.hpp"
#include "elvis/sockets/tcp_listener.hpp"

namespace elvis {

/// How many connections may wait for a server that nobody told how many.
constexpr std::size_t stream_backlog = 65'536;

/// Accepts connections at `local` for ever, and runs `talk(TcpSocketRef)`, a Task, for each.
template <typename Talk>
Task<Result<>> serve(Application& self, Endpoint local, std::size_t backlog, Talk talk) {
  TcpListener listener{self.machine()};
  if (const Result<> listening = listener.listen(local, backlog); !listening) co_return listening;
  TaskGroup peers{self.machine()};
  for (;;) {
    Result<TcpSocketRef> peer = co_await listener.accept();
    if (!peer) co_return peer.error();
    peers.start(talk(*std::move(peer)));
  }
}

}  // namespace elvis
