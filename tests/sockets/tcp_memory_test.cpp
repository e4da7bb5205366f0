// SPDX-License-Identifier: MIT
// What a connection weighs.
#include <gtest/gtest.h>

#include "elvis/sockets/tcp_listener.hpp"
#include "lan.hpp"
#include "repetitions.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;
using testing_lan::Lan;
using testing_lan::one_millisecond;

class TcpMemoryTest : public testing::Test {
 protected:
  Lan lan_{one_millisecond()};
  Machine& alice_ = lan_.add_host();
  Machine& bob_ = lan_.add_host();
  const Endpoint bob_end_{Lan::address(1), 80};
};

TEST_F(TcpMemoryTest, AnIdleConnectionTakesSixteenHundredBytesWithBothItsEnds) {
  constexpr std::size_t count = repetitions(40'000);
  std::vector<TcpSocketRef> ends;
  std::size_t before = 0;
  std::size_t after = 0;
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    TcpListener listener{self.machine()};
    EXPECT_TRUE(listener.listen({{}, 80}, count));
    for (std::size_t i = 0; i < count; ++i) ends.push_back(*(co_await listener.accept()));
    co_await self.sleep_for(1s);
    ends.clear();
    co_return Result<>{};
  });
  lan_.run_on(alice_, [&](Application& self) -> Task<Result<>> {
    std::vector<TcpSocketRef> own;
    own.reserve(count);
    before = pool::reserved_bytes();
    for (std::size_t i = 0; i < count; ++i) {
      own.push_back(std::make_unique<TcpSocket>(self.machine()));
      EXPECT_TRUE(co_await own.back()->connect(bob_end_));
    }
    co_await self.sleep_for(500ms);
    after = pool::reserved_bytes();
    co_return Result<>{};
  });
  lan_.run();
  constexpr std::size_t slab = std::size_t{2} << 20;  // the last one may be nearly empty
  EXPECT_LE(after - before, count * 1'600 + slab);
}

}  // namespace
}  // namespace elvis
