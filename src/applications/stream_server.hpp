// SPDX-License-Identifier: MIT
// What all servers over TCP do: each connection has a coroutine of its own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "elvis/graph/application.hpp"
#include "elvis/sockets/task_group.hpp"
#include "elvis/sockets/tcp_listener.hpp"

namespace elvis {

/// How many connections may wait for a server that nobody told how many.
constexpr std::size_t stream_backlog = 65'536;

/// Accepts connections at `local` for ever, and runs `talk(TcpSocketRef)`, a Task, for each. They
/// have a receive buffer of their own if `receive_buffer` is not 0.
template <typename Talk>
Task<Result<>> serve(Application& self, Endpoint local, std::size_t backlog, Talk talk,
                     std::uint64_t receive_buffer = 0) {
  TcpListener listener{self.machine()};
  if (const auto* const tcp = static_cast<const Tcp*>(self.machine().find(ProtocolId::tcp));
      tcp != nullptr && receive_buffer != 0) {
    TcpSettings settings = tcp->settings();
    settings.receive_buffer = std::max(receive_buffer, TcpSettings::least_buffer);
    listener.use(settings);
  }
  if (const Result<> listening = listener.listen(local, backlog); !listening) co_return listening;
  TaskGroup peers{self.machine()};
  for (;;) {
    Result<TcpSocketRef> peer = co_await listener.accept();
    if (!peer) co_return peer.error();
    peers.start(talk(*std::move(peer)));
  }
}

}  // namespace elvis
