// SPDX-License-Identifier: MIT
// Very many connections, and very many that never come about.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <set>
#include <vector>

#include "elvis/util/pool.hpp"
#include "elvis/wire/checksum.hpp"
#include "elvis/wire/ethernet.hpp"
#include "elvis/wire/ipv4_header.hpp"
#include "elvis/wire/tcp_header.hpp"
#include "flow.hpp"
#include "repetitions.hpp"

namespace elvis::test {
namespace {

using namespace std::chrono_literals;
using testing_lan::Internet;

class TcpFloodTest : public testing::Test {
 protected:
  TcpFloodTest() {
    LinkProperties line;
    line.latency = LatencyModel::constant(1ms);
    internet_.add_network(line);
    client_ = &internet_.add("client", 1, {0});
    server_ = &internet_.add("server", 2, {0});
    attacker_ = &internet_.add("attacker", 9, {0});
    add_tcp(internet_, *client_, settings_);
    add_tcp(internet_, *server_, settings_);
    // So that the server's answers to forged addresses go somewhere.
    Internet::route(*server_, {Ipv4Address{}, 0}, Internet::at(0, 9));
  }
  static Tcp& tcp(Machine& machine) { return static_cast<Tcp&>(*machine.find(ProtocolId::tcp)); }

  /// A SYN from an address of its own.
  Message syn(std::uint32_t number) const {
    TcpHeader header;
    header.source_port = static_cast<std::uint16_t>(1'024 + number % 60'000);
    header.destination_port = 80;
    header.sequence = number * 0x9e37'79b9U;
    header.flags = TcpHeader::syn;
    header.window = 65'535;
    Message segment;
    header.emit(segment.prepend(TcpHeader::min_size));
    Ipv4Header ip;
    ip.source = Ipv4Address{0x0b00'0000U + number};
    ip.destination = Internet::at(0, 2);
    ip.protocol = 6;
    ip.total_length = Ipv4Header::min_size + TcpHeader::min_size;
    const std::uint16_t checksum =
        finish_checksum(pseudo_header_sum(ip.source, ip.destination, 6, TcpHeader::min_size) +
                        segment.partial_sum());
    store16(segment.writable_front().data() + 16, checksum);
    ip.emit(segment.prepend(Ipv4Header::min_size));
    return segment;
  }

  TcpSettings settings_;
  Internet internet_;
  Machine* client_;
  Machine* server_;
  Machine* attacker_;
};

TEST_F(TcpFloodTest, AMillionSynsLeaveRoomForARealClient) {
  constexpr auto syns = repetitions<std::uint32_t>(1'000'000);
  constexpr Duration half_of_them = syns * 5us;
  std::size_t most_reserved = 0;
  std::size_t most_sessions = 0;
  Time connected_at = start_of_time;
  bool has_answered = false;
  internet_.run_on(*server_, [&](Application& self) -> Task<Result<>> {
    TcpListener listener{self.machine()};
    if (auto listening = listener.listen({{}, 80}, 128); !listening) co_return listening.error();
    Result<TcpSocketRef> peer = co_await listener.accept();
    if (!peer) co_return peer.error();
    const Result<Message> got = co_await (*peer)->receive();
    if (got) has_answered = bool{co_await (*peer)->send(Message{*got})};
    co_return Result<>{};
  });
  internet_.run_on(*attacker_, [&](Application& self) -> Task<Result<>> {
    const std::size_t reserved = pool::reserved_bytes();
    Tap& tap = self.machine().taps().front();
    for (std::uint32_t i = 0; i < syns; ++i) {
      (void)tap.send(server_->taps().front().mac(), EtherType::ipv4, syn(i));
      co_await self.sleep_for(10us);
      most_reserved = std::max(most_reserved, pool::reserved_bytes() - reserved);
      most_sessions = std::max(most_sessions, tcp(*server_).session_count());
    }
    co_return Result<>{};
  });
  internet_.run_on(*client_, [&](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(half_of_them);
    TcpSocket socket{self.machine()};
    if (auto connected = co_await socket.connect({Internet::at(0, 2), 80}); !connected) {
      co_return connected.error();
    }
    connected_at = self.now();
    if (auto sent = co_await socket.send(Message{"hello"}); !sent) co_return sent.error();
    const Result<Message> got = co_await socket.receive();
    EXPECT_TRUE(got && *got == "hello");
    co_return Result<>{};
  });
  EXPECT_EQ(internet_.run().reason, StopReason::idle);
  EXPECT_TRUE(has_answered);
  EXPECT_LE(connected_at - start_of_time, half_of_them + 2 * settings_.initial_rto);
  EXPECT_GE(connected_at - start_of_time, half_of_them);
  EXPECT_LE(most_sessions, 2U * 128 + 8) << "the backlog is the bound";
  EXPECT_GE(most_sessions, 128U);
  EXPECT_GT(attacker_->drops()[Drop::not_for_me], syns / 10 * 9) << "answers by cookie";
  EXPECT_LE(most_reserved, std::size_t{4} << 20);
  EXPECT_EQ(tcp(*server_).session_count(), 0U);
}

#ifndef ELVIS_SANITIZED  // as many connections as there are ports
TEST_F(TcpFloodTest, PortsAreDistinctUntilNoneIsLeft) {
  std::vector<TcpSocketRef> accepted;
  std::set<std::uint16_t> ports;
  std::size_t opened = 0;
  boost::system::error_code error;
  internet_.run_on(*server_, [&](Application& self) -> Task<Result<>> {
    TcpListener listener{self.machine()};
    if (auto listening = listener.listen({{}, 80}, 100'000); !listening) {
      co_return listening.error();
    }
    for (;;) {
      Result<TcpSocketRef> peer = co_await listener.accept();
      if (!peer) co_return peer.error();
      accepted.push_back(*std::move(peer));
    }
  });
  internet_.run_on(*client_, [&](Application& self) -> Task<Result<>> {
    std::vector<TcpSocketRef> sockets;
    for (int i = 0; i < 70'000; ++i) {
      auto socket = std::make_unique<TcpSocket>(self.machine());
      if (const Result<> begun = socket->start_connecting({Internet::at(0, 2), 80}); !begun) {
        error = begun.error();
        break;
      }
      EXPECT_TRUE(ports.insert(socket->local().port).second) << socket->local().port;
      sockets.push_back(std::move(socket));
      co_await self.sleep_for(10us);
    }
    co_await self.sleep_for(10s);
    for (const TcpSocketRef& socket : sockets) opened += socket->is_connected() ? 1 : 0;
    sockets.clear();
    accepted.clear();
    co_return Result<>{};
  });
  internet_.run();
  EXPECT_EQ(error, boost::system::error_code{Errc::address_not_available});
  EXPECT_GT(ports.size(), 60'000U) << "all but the well-known ones";
  EXPECT_EQ(opened, ports.size());
}
#endif

// ELVIS_SHORT_CONNECTIONS says how many instead; the long test makes a million of them.
TEST_F(TcpFloodTest, ShortConnectionsLeaveNothing) {
  const char* const wanted = std::getenv("ELVIS_SHORT_CONNECTIONS");
  const std::uint64_t connections =
      wanted == nullptr ? repetitions(20'000U) : std::strtoull(wanted, nullptr, 10);
  std::uint64_t served = 0;
  std::uint64_t done = 0;
  internet_.run_on(*server_, [&](Application& self) -> Task<Result<>> {
    TcpListener listener{self.machine()};
    if (auto listening = listener.listen({{}, 80}); !listening) co_return listening.error();
    for (;;) {
      Result<TcpSocketRef> peer = co_await listener.accept();
      if (!peer) co_return peer.error();
      const Result<Message> got = co_await (*peer)->receive();
      if (got && got->size() == 1'024 && co_await (*peer)->send(Message{*got})) ++served;
    }
  });
  internet_.run_on(*client_, [&](Application& self) -> Task<Result<>> {
    for (std::uint64_t i = 0; i < connections; ++i) {
      TcpSocket socket{self.machine()};
      if (auto connected = co_await socket.connect({Internet::at(0, 2), 80}); !connected) {
        co_return connected.error();
      }
      if (auto sent = co_await socket.send(Message::zeros(1'024)); !sent) co_return sent.error();
      Result<Message> got = co_await socket.receive();
      if (got && got->size() == 1'024) got = co_await socket.receive();
      if (got && got->empty()) ++done;  // the server has closed: it is the one in TIME-WAIT
    }
    co_return Result<>{};
  });
  internet_.run();
  EXPECT_EQ(served, connections);
  EXPECT_EQ(done, connections);
  EXPECT_EQ(tcp(*client_).session_count(), 0U);
  EXPECT_EQ(tcp(*server_).session_count(), 0U);
}

}  // namespace
}  // namespace elvis::test
