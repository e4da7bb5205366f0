// SPDX-License-Identifier: MIT
// A small chat: a guest sends its name in a line, then what it says; the others are told who comes
// ("* ann joined"), what they say ("ann: hello") and who goes ("* ann left").
#include "chat_coroutines.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "elvis/sockets/stream_reader.hpp"
#include "elvis/sockets/task_group.hpp"
#include "elvis/sockets/tcp_listener.hpp"
#include "elvis/sockets/tcp_socket.hpp"

namespace elvis::porting {

namespace {

// ===== The server: a coroutine for each visitor =====

using Room = std::vector<TcpSocket*>;

Task<Result<>> tell_all_but(Room& room, const TcpSocket* one, std::string line) {
  const Room there = room;  // who leaves meanwhile is told no more
  for (TcpSocket* const visitor : there) {
    if (visitor == one || std::find(room.begin(), room.end(), visitor) == room.end()) continue;
    (void)co_await visitor->send(Message{line});
  }
  co_return Result<>{};
}

Task<Result<>> talk(Room& room, TcpSocketRef visitor) {
  StreamReader reader{*visitor};
  const Result<std::string> name = co_await reader.read_line();
  if (!name) co_return Result<>{};
  room.push_back(visitor.get());
  (void)co_await tell_all_but(room, visitor.get(), "* " + *name + " joined\n");
  for (;;) {
    const Result<std::string> line = co_await reader.read_line();
    if (!line) break;
    (void)co_await tell_all_but(room, visitor.get(), *name + ": " + *line + "\n");
  }
  std::erase(room, visitor.get());
  (void)co_await tell_all_but(room, visitor.get(), "* " + *name + " left\n");
  co_return Result<>{};
}

}  // namespace

Task<Result<>> chat_server(Application& self, std::uint16_t port, int guests) {
  Room room;
  TcpListener listener{self.machine()};
  listener.set_reuse_address(true);
  if (const Result<> listening = listener.listen({{}, port}, 16); !listening) co_return listening;
  TaskGroup visitors{self.machine()};
  for (; guests > 0; --guests) {
    Result<TcpSocketRef> visitor = co_await listener.accept();
    if (!visitor) co_return visitor.error();
    visitors.start(talk(room, *std::move(visitor)));
  }
  const Result<> ended = co_await visitors.all_ended();
  co_return ended;
}

// ===== The client: a coroutine that speaks, one that listens =====

namespace {

Task<Result<>> listen(TcpSocket& stream, std::string& heard) {
  for (;;) {
    const Result<Message> got = co_await stream.receive();
    if (!got) co_return got.error();
    if (got->empty()) co_return Result<>{};
    heard += got->to_string();
  }
}

}  // namespace

Task<Result<>> chat_client(Application& self, std::string server, std::uint16_t port, Guest guest,
                           std::string& heard) {
  co_await self.sleep_for(guest.joins_after);
  TcpSocket stream{self.machine()};
  const Result<> connected = co_await stream.connect(server, port);
  if (!connected) co_return connected;

  TaskGroup listener{self.machine()};
  listener.start(listen(stream, heard));
  (void)co_await stream.send(Message{guest.name + "\n"});
  for (const std::string& line : guest.lines) {
    co_await self.sleep_for(guest.pause);
    (void)co_await stream.send(Message{line + "\n"});
  }
  co_await self.sleep_for(guest.pause);
  (void)stream.shutdown();
  const Result<> ended = co_await listener.all_ended();
  co_return ended;
}

}  // namespace elvis::porting
