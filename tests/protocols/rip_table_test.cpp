// SPDX-License-Identifier: MIT
// RipTable: what it believes and what it tells, with a clock that is moved by hand.
#include "elvis/protocols/rip_table.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace elvis {
namespace {

using namespace std::chrono_literals;
using SplitHorizon = RipTable::SplitHorizon;

constexpr std::uint32_t infinity = RipEntry::infinity;
constexpr Ipv4Address target{10, 9, 0, 0};
constexpr RipTable::Neighbour left{Ipv4Address{10, 0, 0, 2}, 0};
constexpr RipTable::Neighbour other_left{Ipv4Address{10, 0, 0, 3}, 0};
constexpr RipTable::Neighbour right{Ipv4Address{10, 1, 0, 2}, 1};

class RipTableTest : public testing::Test, protected RipTable::Follower {
 protected:
  static RipEntry entry(std::uint32_t metric, Ipv4Address address = target) {
    return {.address = address, .mask = 0xffff0000, .metric = metric};
  }
  static Time at(Duration since_start) { return start_of_time + since_start; }
  void hear(RipTable::Neighbour from, std::uint32_t metric, Duration when) {
    table_.take(entry(metric), from, from.address, at(when));
  }
  std::uint32_t metric() const { return table_.metric_of(target, 0xffff0000); }
  std::vector<std::uint32_t> told(std::uint32_t tap, SplitHorizon horizon = SplitHorizon::poisoned,
                                  bool only_changes = false) const {
    std::vector<std::uint32_t> metrics;
    for (const RipEntry& one : table_.told_at(tap, horizon, only_changes))
      metrics.push_back(one.metric);
    return metrics;
  }

  void found(const Route& route) override { found_.push_back(route); }
  void lost(Ipv4Address, int) override { ++lost_; }

  std::vector<Route> found_;
  int lost_ = 0;
  RipTable table_{180s, 120s, *this};
};

TEST_F(RipTableTest, LearnsARouteThatIsOneFurtherThanTheNeighbourSays) {
  hear(left, 3, 0s);
  ASSERT_EQ(found_.size(), 1U);
  EXPECT_EQ(found_[0], (Route{target, 16, {left.address, 0}, 4}));
  EXPECT_EQ(metric(), 4U);
  EXPECT_EQ(table_.reachable(), 1U);
  EXPECT_TRUE(table_.has_changes());
  EXPECT_EQ(table_.learnt(), found_);
}

TEST_F(RipTableTest, DoesNotLearnWhatIsTooFar) {
  hear(left, 15, 0s);
  hear(right, infinity, 0s);
  EXPECT_TRUE(found_.empty());
  EXPECT_EQ(metric(), infinity);
  EXPECT_FALSE(table_.has_changes());
  hear(left, 14, 0s);
  EXPECT_EQ(metric(), 15U);
}

TEST_F(RipTableTest, PrefersTheShorterWayAndBelievesItsNeighbourWhateverItSays) {
  hear(left, 3, 0s);
  hear(right, 3, 1s);
  EXPECT_EQ(found_.size(), 1U) << "no better than the one it has";
  hear(right, 2, 2s);
  EXPECT_EQ(found_.back().next, (NextHop{right.address, 1}));
  hear(right, 7, 3s);
  EXPECT_EQ(metric(), 8U) << "it got worse, but the neighbour must know";
  hear(other_left, 5, 4s);
  EXPECT_EQ(found_.back().next, (NextHop{other_left.address, 0}));
}

TEST_F(RipTableTest, TakesAnEqualWayWhenItsOwnIsHalfOutOfDate) {
  hear(left, 3, 0s);
  hear(right, 3, 89s);
  EXPECT_EQ(found_.size(), 1U);
  hear(right, 3, 90s);
  EXPECT_EQ(found_.back().next.via, right.address);
}

TEST_F(RipTableTest, GivesUpWhatNobodyTellsOfAndForgetsItLater) {
  hear(left, 3, 0s);
  hear(left, 3, 30s);
  table_.forget_changes();
  table_.expire(at(180s));
  EXPECT_EQ(metric(), 4U) << "heard of again";
  EXPECT_EQ(table_.next_expiry(), at(210s));
  table_.expire(at(210s));
  EXPECT_EQ(lost_, 1);
  EXPECT_EQ(metric(), infinity);
  EXPECT_TRUE(table_.has_changes());
  EXPECT_EQ(told(1), std::vector{infinity}) << "neighbours are told that it is gone";
  EXPECT_EQ(table_.next_expiry(), at(330s));
  table_.expire(at(330s));
  EXPECT_TRUE(told(1).empty());
  EXPECT_EQ(table_.next_expiry(), end_of_time);
  EXPECT_EQ(lost_, 1);
}

TEST_F(RipTableTest, GivesUpAtOnceWhatItsNeighbourLost) {
  hear(left, 3, 0s);
  hear(right, infinity, 10s);
  EXPECT_EQ(lost_, 0) << "not the one that datagrams go to";
  hear(left, infinity, 20s);
  EXPECT_EQ(lost_, 1);
  hear(left, infinity, 100s);
  EXPECT_EQ(lost_, 1);
  table_.expire(at(140s));
  EXPECT_TRUE(told(1).empty()) << "120 s after the first time, not the last";
}

TEST_F(RipTableTest, TakesAnotherWayWhileTheOldOneIsBeingForgotten) {
  hear(left, 3, 0s);
  hear(left, infinity, 20s);
  hear(right, 9, 30s);
  EXPECT_EQ(metric(), 10U);
  EXPECT_EQ(table_.reachable(), 1U);
  table_.expire(at(140s));
  EXPECT_EQ(metric(), 10U) << "its own time counts";
}

TEST_F(RipTableTest, TellsANeighbourNothingUsefulOfRoutesThroughItself) {
  hear(left, 3, 0s);
  EXPECT_EQ(told(0), std::vector{infinity});
  EXPECT_EQ(told(1), std::vector{4U});
  EXPECT_TRUE(told(0, SplitHorizon::simple).empty());
  EXPECT_EQ(told(0, SplitHorizon::none), std::vector{4U});
}

TEST_F(RipTableTest, TellsOnlyChangesWhenAsked) {
  hear(left, 3, 0s);
  EXPECT_EQ(told(1, SplitHorizon::poisoned, true), std::vector{4U});
  table_.forget_changes();
  hear(left, 3, 30s);
  EXPECT_FALSE(table_.has_changes());
  EXPECT_TRUE(told(1, SplitHorizon::poisoned, true).empty());
  hear(left, 4, 60s);
  EXPECT_EQ(told(1, SplitHorizon::poisoned, true), std::vector{5U});
}

TEST_F(RipTableTest, KnowsItsOwnPrefixesBetterThanAnybody) {
  table_.add_own({target, 16}, 0);
  hear(right, 1, 0s);
  EXPECT_TRUE(found_.empty());
  EXPECT_EQ(metric(), 1U);
  EXPECT_TRUE(told(0).empty()) << "that network knows";
  EXPECT_EQ(told(1), std::vector{1U});
  table_.expire(at(1000h));
  EXPECT_EQ(metric(), 1U);
}

TEST_F(RipTableTest, LeavesAloneWhatIsSetAside) {
  table_.set_aside({target, 16});
  hear(left, 1, 0s);
  EXPECT_TRUE(found_.empty());
  EXPECT_TRUE(told(1).empty());
  table_.expire(at(1000h));
  hear(left, 1, 1000h);
  EXPECT_TRUE(found_.empty());
}

TEST_F(RipTableTest, GoesAnEqualWayAtOnceWhenTheOneInUseIsLost) {
  enum class Loss { link, said, longer, silent };
  for (const Loss loss : {Loss::link, Loss::said, Loss::longer, Loss::silent}) {
    RipTable table{180s, 120s, *this};
    const auto hears = [&](RipTable::Neighbour from, std::uint32_t metric, Duration when) {
      table.take(entry(metric), from, from.address, at(when));
    };
    found_.clear();
    lost_ = 0;
    hears(left, 3, 0s);
    hears(right, 3, 1s);
    hears(other_left, 4, 2s);  // a longer way, which is not kept
    table.forget_changes();
    if (loss == Loss::link) table.set_link(0, false, at(3s));
    if (loss == Loss::said) hears(left, infinity, 3s);
    if (loss == Loss::longer) hears(left, 7, 3s);
    if (loss == Loss::silent) table.expire(at(180s));
    EXPECT_EQ(lost_, 0);
    ASSERT_EQ(found_.size(), 2U);
    EXPECT_EQ(found_.back(), (Route{target, 16, {right.address, 1}, 4}));
    EXPECT_FALSE(table.has_changes()) << "no metric changed";
    // It lives as long as it would have.
    EXPECT_EQ(table.next_expiry(), at(loss == Loss::silent ? 181s : 180s));
    table.expire(at(181s));
    EXPECT_EQ(lost_, 1);
  }
}

TEST_F(RipTableTest, ForgetsAnEqualWayThatIsNoneAnyMore) {
  for (const std::uint32_t later : {infinity, 4U}) {
    RipTable table{180s, 120s, *this};
    lost_ = 0;
    table.take(entry(3), left, left.address, at(0s));
    table.take(entry(3), right, right.address, at(1s));
    table.take(entry(later), right, right.address, at(2s));
    table.take(entry(infinity), left, left.address, at(3s));
    EXPECT_EQ(lost_, 1);
  }
  // Nor does one count whose network failed, or that was not heard of again.
  for (const bool is_link : {true, false}) {
    RipTable table{180s, 120s, *this};
    lost_ = 0;
    table.take(entry(3), left, left.address, at(0s));
    table.take(entry(3), right, right.address, at(1s));
    if (is_link) table.set_link(1, false, at(2s));
    table.take(entry(3), left, left.address, at(100s));
    table.take(entry(infinity), left, left.address, at(is_link ? 101s : 182s));
    EXPECT_EQ(lost_, 1);
  }
}

TEST_F(RipTableTest, FollowsANeighbourThatNamesAnotherRouter) {
  const Ipv4Address third{10, 0, 0, 9};
  table_.take(entry(3), left, left.address, at(0s));
  table_.take(entry(3), left, third, at(1s));
  EXPECT_EQ(found_.back().next.via, third);
}

}  // namespace
}  // namespace elvis
