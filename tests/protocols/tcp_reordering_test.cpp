// SPDX-License-Identifier: MIT
#include "elvis/protocols/tcp/reordering.hpp"

#include <gtest/gtest.h>

namespace elvis {
namespace {

using std::chrono::milliseconds;

class TcpReorderingTest : public testing::Test {
 protected:
  TcpReorderingTest() { rtt_.measured(milliseconds{40}); }

  Duration window(bool is_sure = false) const { return reordering_.window(rtt_, is_sure); }

  TcpRtt rtt_;
  TcpReordering reordering_;
};

TEST_F(TcpReorderingTest, WaitsAQuarterOfARoundTrip) {
  EXPECT_EQ(window(), milliseconds{10});
}

TEST_F(TcpReorderingTest, WaitsNoLongerWhereEnoughHasArrivedUnlessItHasSeenReordering) {
  EXPECT_EQ(window(true), Duration{});

  reordering_.seen(2);

  EXPECT_EQ(window(true), milliseconds{10});
}

TEST_F(TcpReorderingTest, KnowsHowFarSegmentsWereOvertaken) {
  EXPECT_EQ(reordering_.degree(), 3);

  reordering_.seen(7);
  reordering_.seen(5);
  EXPECT_EQ(reordering_.degree(), 7);
  EXPECT_EQ(reordering_.times_seen(), 2);

  reordering_.seen(1'000);
  EXPECT_EQ(reordering_.degree(), 255);
}

TEST_F(TcpReorderingTest, WaitsLongerWithEachDuplicateButNeverMoreThanARoundTrip) {
  reordering_.saw_duplicate();
  EXPECT_EQ(window(), milliseconds{20});

  for (int i = 0; i < 300; ++i) reordering_.saw_duplicate();
  EXPECT_EQ(window(), rtt_.smoothed());
}

// RFC 8985, 6.2, step 4: reo_wnd_persist.
TEST_F(TcpReorderingTest, ForgetsDuplicatesAfterSixteenRecoveries) {
  reordering_.saw_duplicate();
  for (int i = 0; i < 10; ++i) reordering_.repaired();
  reordering_.saw_duplicate();
  EXPECT_EQ(window(), milliseconds{30});

  for (int i = 0; i < 15; ++i) reordering_.repaired();
  EXPECT_EQ(window(), milliseconds{30});

  reordering_.repaired();
  EXPECT_EQ(window(), milliseconds{10});
}

}  // namespace
}  // namespace elvis
