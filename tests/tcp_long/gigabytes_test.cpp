// SPDX-License-Identifier: MIT
// More than 4 GiB over one connection: sequence numbers wrap around, and what arrives has the hash
// of what was sent.
#include <gtest/gtest.h>

#include <cstdint>

#include "elvis/sockets/tcp_listener.hpp"
#include "elvis/sockets/tcp_socket.hpp"
#include "sha256.hpp"
#include "tcp/flow.hpp"

namespace elvis::test {
namespace {

using namespace std::chrono_literals;
using testing_lan::Internet;

TEST(Sha256Test, KnowsThePublishedHashes) {  // FIPS 180-4's examples
  Sha256 empty;
  EXPECT_EQ(empty.digest(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Sha256 abc;
  abc.update(std::array<std::uint8_t, 3>{'a', 'b', 'c'});
  EXPECT_EQ(abc.digest(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 million;
  const std::vector<std::uint8_t> a(1'000, 'a');
  for (int i = 0; i < 1'000; ++i) million.update(a);
  EXPECT_EQ(million.digest(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

void transfer(std::uint64_t bytes, double loss) {
  Internet internet;
  LinkProperties line;
  line.latency = LatencyModel::constant(1ms);
  line.loss =
      LossModel::bernoulli(Probability::ratio(static_cast<std::uint64_t>(loss * 1e6), 1'000'000));
  internet.add_network(line);
  Machine& source = internet.add("source", 1, {0});
  Machine& sink = internet.add("sink", 2, {0});
  TcpSettings settings;
  settings.initial_sequence = 0xffff'0000U;
  add_tcp(internet, source, settings);
  add_tcp(internet, sink, settings);
  Sha256 sent;
  Sha256 heard;
  std::uint64_t heard_bytes = 0;
  internet.run_on(sink, [&](Application& self) -> Task<Result<>> {
    TcpListener listener{self.machine()};
    if (auto listening = listener.listen({{}, 80}); !listening) co_return listening.error();
    Result<TcpSocketRef> peer = co_await listener.accept();
    if (!peer) co_return peer.error();
    for (;;) {
      const Result<Message> got = co_await (*peer)->receive();
      if (!got) co_return got.error();
      if (got->empty()) co_return Result<>{};
      for (const std::span<const std::uint8_t> part : got->parts()) heard.update(part);
      heard_bytes += got->size();
    }
  });
  internet.run_on(source, [&](Application& self) -> Task<Result<>> {
    TcpSocket socket{self.machine()};
    if (auto connected = co_await socket.connect({Internet::at(0, 2), 80}); !connected) {
      co_return connected.error();
    }
    Rng luck{{5, 1}};
    for (std::uint64_t left = bytes; left > 0;) {
      const std::size_t size = std::min<std::uint64_t>(left, 1 << 16);
      Message block = Message::zeros(size);
      const std::span<std::uint8_t> bytes_of_block = block.writable_front();
      for (std::size_t i = 0; i + 8 <= size; i += 8) store64(&bytes_of_block[i], luck());
      sent.update(bytes_of_block);
      if (auto done = co_await socket.send(std::move(block)); !done) co_return done.error();
      left -= size;
    }
    if (auto ended = socket.shutdown(); !ended) co_return ended.error();
    co_return co_await socket.flush();
  });
  EXPECT_EQ(internet.run().reason, StopReason::idle);
  EXPECT_EQ(heard_bytes, bytes);
  EXPECT_EQ(heard.digest(), sent.digest());
}

TEST(GigabytesTest, FiveArriveAsTheyWereSent) {
  transfer(std::uint64_t{5} << 30, 0);
}

TEST(GigabytesTest, OneArrivesThoughSomeIsLost) {
  transfer(std::uint64_t{1} << 30, 0.001);
}

}  // namespace
}  // namespace elvis::test
