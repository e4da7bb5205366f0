// SPDX-License-Identifier: MIT
// Three programs of everyday UNIX, moved here by docs/porting.md alone: an echo server around
// select(), TFTP (RFC 1350) with its timeouts, and a client of HTTP/1.0.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "elvis/sockets/names.hpp"
#include "elvis/sockets/stream_reader.hpp"
#include "elvis/sockets/tcp_listener.hpp"
#include "elvis/sockets/udp_socket.hpp"
#include "elvis/sockets/waiting.hpp"
#include "lan.hpp"

namespace elvis {
namespace {

namespace posix = boost::system::errc;
using namespace std::chrono_literals;
using testing_lan::Lan;

// ===== An echo server around select() =====

// Serves all from one loop, until the last of `guests` has gone; says so when a second passes
// without anything.
Task<Result<>> select_server(Application& self, int guests, int& quiet_seconds) {
  TcpListener listener{self.machine()};
  listener.set_reuse_address(true);
  if (const Result<> ok = listener.listen({{}, 7}, 5); !ok) co_return ok;
  std::vector<TcpSocketRef> peers;
  while (guests > 0) {
    std::vector<Watch> set;  // FD_ZERO, FD_SET
    set.emplace_back(listener);
    for (const TcpSocketRef& peer : peers) set.emplace_back(*peer);
    const Result<std::size_t> selected = co_await wait_any(self.machine(), set, 1s);
    if (!selected) {
      if (selected.error() != posix::timed_out) co_return selected.error();
      ++quiet_seconds;
      continue;
    }
    for (std::size_t i = peers.size(); i > 0; --i) {  // FD_ISSET
      if (!set[i]) continue;
      TcpSocketRef& peer = peers[i - 1];
      Result<Message> got = peer->try_receive(1'024);
      if (got && !got->empty()) {
        const Result<> sent = co_await peer->send(*std::move(got));
        if (sent) continue;
      }
      peers.erase(peers.begin() + static_cast<std::ptrdiff_t>(i - 1));
      --guests;
    }
    if (!set[0]) continue;
    Result<TcpSocketRef> peer = listener.try_accept();
    if (peer) peers.push_back(*std::move(peer));
  }
  co_return Result<>{};
}

TEST(PortedProgramsTest, AnEchoServerAroundSelectServesSeveralGuests) {
  Lan lan{testing_lan::one_millisecond()};
  int quiet_seconds = 0;
  lan.run_on(lan.add_host(),
             [&](Application& self) { return select_server(self, 4, quiet_seconds); });
  std::string heard[4];
  for (int i = 0; i < 4; ++i) {
    lan.run_on(lan.add_host(), [&, i](Application& self) -> Task<Result<>> {
      TcpSocket stream{self.machine()};
      if (const Result<> ok = co_await stream.connect("host0", 7); !ok) co_return ok;
      StreamReader reader{stream};
      for (int k = 0; k < 3; ++k) {
        const std::string line = "line " + std::to_string(k) + " of " + std::to_string(i) + "\n";
        if (const Result<> ok = co_await stream.send(Message{line}); !ok) co_return ok;
        const Result<std::string> echo = co_await reader.read_line();
        if (!echo) co_return echo.error();
        heard[i] += *echo + "\n";
        co_await self.sleep_for(400ms * i);
      }
      if (i == 3) stream.abort();  // RST: select() calls it readable, and recv() fails
      co_return Result<>{};
    });
  }
  EXPECT_EQ(lan.run().reason, StopReason::completed);
  for (int i = 0; i < 4; ++i) {
    const std::string end = " of " + std::to_string(i) + "\n";
    EXPECT_EQ(heard[i], "line 0" + end + "line 1" + end + "line 2" + end);
  }
  EXPECT_EQ(quiet_seconds, 1);
}

// ===== TFTP =====

namespace tftp {

enum class Code : std::uint16_t { read = 1, data = 3, ack = 4, error = 5 };
constexpr std::size_t block_bytes = 512;
constexpr int most_attempts = 8;

std::string packet(Code code, std::uint16_t number, const std::string& rest = {}) {
  const auto word = [](unsigned value) {
    return std::string{static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
  };
  return word(static_cast<unsigned>(code)) + word(number) + rest;
}
std::uint16_t word_at(const std::string& packet, std::size_t at) {
  if (packet.size() < at + 2) return 0;
  return static_cast<std::uint16_t>(static_cast<unsigned char>(packet[at]) << 8 |
                                    static_cast<unsigned char>(packet[at + 1]));
}

// Sends `request`, again after each second without `wanted`, and returns that.
Task<Result<std::string>> exchange(UdpSocket& socket, std::string request, std::string wanted) {
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    if (const Result<> sent = socket.send(Message{request}); !sent) co_return sent.error();
    for (;;) {
      const Result<Datagram> got = co_await with_timeout(socket.receive(), 1s);
      if (!got) {
        if (got.error() == posix::timed_out) break;
        co_return got.error();
      }
      std::string reply = got->payload.to_string();
      if (reply.starts_with(wanted)) co_return reply;
    }
  }
  co_return Errc::timed_out;
}

// A transfer has a port of its own (RFC 1350, 4).
Task<Result<>> serve_one(Machine& machine, Endpoint client, std::string file) {
  UdpSocket socket{machine};
  if (const Result<> ok = socket.connect(client); !ok) co_return ok;
  for (std::uint16_t block = 1;; ++block) {
    const std::string data = file.substr((block - 1U) * block_bytes, block_bytes);
    const Result<std::string> acked =
        co_await exchange(socket, packet(Code::data, block, data), packet(Code::ack, block));
    if (!acked) co_return acked.error();
    if (data.size() < block_bytes) co_return Result<>{};
  }
}

Task<Result<>> serve(Application& self, std::string file) {
  UdpSocket socket{self.machine()};
  if (const Result<> ok = socket.bind({{}, 69}); !ok) co_return ok;
  for (;;) {
    const Result<Datagram> request = co_await socket.receive();
    if (!request) co_return request.error();
    const std::string text = request->payload.to_string();
    const std::string name = text.substr(2, text.find('\0', 2) - 2);
    if (word_at(text, 0) != 1 || name != "file") {
      (void)socket.send_to(request->remote, Message{packet(Code::error, 1, {"not found\0", 10})});
      continue;
    }
    (void)co_await serve_one(self.machine(), request->remote, file);
  }
}

Task<Result<std::string>> fetch(Application& self, std::string server, std::string name) {
  const Result<Ipv4Address> address = resolve(self.machine(), server);
  if (!address) co_return address.error();
  UdpSocket socket{self.machine()};
  if (const Result<> ok = socket.bind({}); !ok) co_return ok.error();
  std::string request = packet(Code::read, 0).substr(0, 2) + name + '\0' + "octet" + '\0';
  Endpoint to{*address, 69};
  std::string file;
  std::uint16_t block = 1;
  for (int attempt = 0; attempt < most_attempts;) {
    if (const Result<> sent = socket.send_to(to, Message{request}); !sent) co_return sent.error();
    const Result<Datagram> got = co_await with_timeout(socket.receive(), 1s);
    if (!got && got.error() != posix::timed_out) co_return got.error();
    const std::string text = got ? got->payload.to_string() : "";
    if (word_at(text, 0) == 5) co_return make_error_code(posix::no_such_file_or_directory);
    const bool is_theirs = got && (block == 1 || got->remote == to);
    if (!is_theirs || word_at(text, 2) != block) {
      ++attempt;  // nothing, or what was there already
      continue;
    }
    attempt = 0;
    to = got->remote;
    file += text.substr(4);
    request = packet(Code::ack, block++);
    if (text.size() < 4 + block_bytes) {
      (void)socket.send_to(to, Message{request});
      co_return file;
    }
  }
  co_return Errc::timed_out;
}

}  // namespace tftp

TEST(PortedProgramsTest, TftpFetchesAFileThoughDatagramsAreLost) {
  LinkProperties properties = testing_lan::one_millisecond();
  properties.loss = Probability::ratio(1, 5);
  Lan lan{properties};
  std::string file(tftp::block_bytes * 20, '\0');
  for (std::size_t i = 0; i < file.size(); ++i) file[i] = static_cast<char>(i * 7 + i / 512);
  lan.run_on(
      lan.add_host(), [&](Application& self) { return tftp::serve(self, file); },
      testing_lan::server_kind);
  std::string got;
  lan.run_on(lan.add_host(), [&](Application& self) -> Task<Result<>> {
    const Result<std::string> fetched = co_await tftp::fetch(self, "host0", "file");
    if (!fetched) co_return fetched.error();
    got = *fetched;
    const Result<std::string> none = co_await tftp::fetch(self, "host0", "nothing");
    EXPECT_TRUE(none.error() == posix::no_such_file_or_directory);
    EXPECT_TRUE((co_await tftp::fetch(self, "host7", "file")).error() == Errc::unknown_name);
    co_return Result<>{};
  });
  EXPECT_EQ(lan.run().reason, StopReason::completed);
  EXPECT_EQ(got, file);
}

// ===== HTTP/1.0 =====

Task<Result<std::string>> get(Machine& machine, std::string host, std::uint16_t port,
                              std::string path) {
  TcpSocket stream{machine};
  if (const Result<> ok = co_await stream.connect(host, port, 3s); !ok) co_return ok.error();
  const Result<> asked =
      co_await stream.send(Message{"GET " + path + " HTTP/1.0\r\nHost: " + host + "\r\n\r\n"});
  if (!asked) co_return asked.error();
  StreamReader reader{stream};
  const Result<std::string> status =
      co_await with_timeout(machine, reader.read_line(), 2s);  // SO_RCVTIMEO
  if (!status) co_return status.error();
  for (;;) {
    const Result<std::string> header = co_await with_timeout(machine, reader.read_line(), 2s);
    if (!header) co_return header.error();
    if (header->empty()) break;
  }
  std::string body = *status + "\n";
  for (;;) {
    const Result<Message> part = co_await with_timeout(machine, reader.read(), 2s);
    if (!part) co_return part.error();
    if (part->empty()) co_return body;
    body += part->to_string();
  }
}

TEST(PortedProgramsTest, AnHttpClientReadsAPageAndGivesUpOnAServerThatSaysNothing) {
  Lan lan{testing_lan::one_millisecond()};
  lan.run_on(
      lan.add_host(),
      [&](Application& self) -> Task<Result<>> {
        TcpListener listener{self.machine()};
        if (const Result<> ok = listener.listen({{}, 80}); !ok) co_return ok;
        for (;;) {
          Result<TcpSocketRef> peer = co_await listener.accept();
          if (!peer) co_return peer.error();
          StreamReader reader{**peer};
          const Result<Message> head = co_await reader.read_until("\r\n\r\n");
          if (!head) co_return head.error();
          if (head->to_string().starts_with("GET /slow")) co_await self.sleep_for(10s);
          (void)co_await (*peer)->send(
              Message{"HTTP/1.0 200 OK\r\nServer: test\r\n\r\n" + std::string(100'000, 'p')});
        }
      },
      testing_lan::server_kind);
  lan.run_on(lan.add_host(), [&](Application& self) -> Task<Result<>> {
    Machine& machine = self.machine();
    const Result<std::string> page = co_await get(machine, "host0", 80, "/");
    EXPECT_TRUE(page);
    EXPECT_EQ(page.value(), "HTTP/1.0 200 OK\n" + std::string(100'000, 'p'));
    const Time begun = self.now();
    EXPECT_TRUE((co_await get(machine, "host0", 80, "/slow")).error() == posix::timed_out);
    EXPECT_EQ(self.now() - begun, 2s + 2ms);
    EXPECT_TRUE((co_await get(machine, "host0", 81, "/")).error() == posix::connection_refused);
    EXPECT_TRUE((co_await get(machine, "10.0.0.99", 80, "/")).error() ==
                posix::network_unreachable);
    co_return Result<>{};
  });
  EXPECT_EQ(lan.run().reason, StopReason::completed);
}

}  // namespace
}  // namespace elvis
