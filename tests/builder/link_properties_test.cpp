// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "support.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;

LinkProperties link(const std::string& arguments) {
  const test::Scenario scenario{test::on_lan("", "", arguments)};
  EXPECT_EQ(scenario.complaints(), "");
  return scenario.plan().networks[0].properties;
}

TEST(LinkPropertiesTest, HaveTheDocumentedDefaults) {
  const LinkProperties properties = link("");
  EXPECT_EQ(properties.mtu, 1500U);
  EXPECT_EQ(properties.latency, (LatencyModel{1ns, 1ns}));
  EXPECT_FALSE(properties.throughput);
  EXPECT_TRUE(properties.loss.is_none());
  EXPECT_TRUE(properties.corruption.is_zero());
}

TEST(LinkPropertiesTest, AreReadInTheirUnits) {
  const LinkProperties properties = link(
      "mtu='65535' latency='10ms' throughput='125MB/s' medium='shared' loss='1%' "
      "corruption='0.25'");
  EXPECT_EQ(properties.mtu, 65'535U);
  EXPECT_EQ(properties.latency, (LatencyModel{10ms, 10ms}));
  EXPECT_EQ(properties.throughput, BitRate{1'000'000'000});
  EXPECT_EQ(properties.loss, LossModel::bernoulli(Probability::ratio(1, 100)));
  EXPECT_EQ(properties.corruption, Probability::ratio(1, 4));
}

TEST(LinkPropertiesTest, ALatencyMayBeUniform) {
  EXPECT_EQ(link("latency='uniform(5ms, 15ms)'").latency, (LatencyModel{5ms, 15ms}));
  EXPECT_EQ(link("latency=' uniform ( 1us,1us ) '").latency, (LatencyModel{1us, 1us}));
}

TEST(LinkPropertiesTest, AConstantLatencyMaySaySo) {
  EXPECT_EQ(link("latency='constant(10ms)'").latency, (LatencyModel{10ms, 10ms}));
}

TEST(LinkPropertiesTest, AFrameAlwaysTakesTime) {
  EXPECT_EQ(link("latency='0'").latency, (LatencyModel{1ns, 1ns}));
  EXPECT_EQ(link("latency='uniform(0, 3ns)'").latency, (LatencyModel{1ns, 3ns}));
}

TEST(LinkPropertiesTest, MayComeFromATemplate) {
  const test::Scenario scenario{
      "[Template name='slow' latency='1s' loss='10%']\n"
      "[Networks]\n"
      "    [Network id='a' template='slow' loss='20%']\n"
      "[Machines]\n"};
  ASSERT_EQ(scenario.complaints(), "");
  EXPECT_EQ(scenario.plan().networks[0].properties.latency, (LatencyModel{1s, 1s}));
  EXPECT_EQ(scenario.plan().networks[0].properties.loss,
            LossModel::bernoulli(Probability::ratio(1, 5)));
}

TEST(LinkPropertiesTest, AQueueMayMark) {
  using Discipline = QueueProperties::Discipline;
  const QueueProperties step = link("queue='step(1000, 20)'").queue;
  EXPECT_EQ(step.discipline, Discipline::step);
  EXPECT_EQ(step.most_frames, 1'000U);
  EXPECT_EQ(step.step, 20U);
  const QueueProperties by_bytes = link("queue='step(1MB, 30kB)'").queue;
  EXPECT_EQ(by_bytes.most_bytes, 1'000'000U);
  EXPECT_EQ(by_bytes.step, 30'000U);
  for (const char* const text : {"red(100, ecn)", "red(100, 15, 50, 10%, ecn)", "codel(100, ecn)",
                                 "codel(100, 5ms, 100ms, ecn)"}) {
    const QueueProperties queue = link("queue='" + std::string{text} + "'").queue;
    EXPECT_TRUE(queue.marks) << text;
    EXPECT_EQ(queue.most_frames, 100U) << text;
    EXPECT_NE(queue.discipline, Discipline::drop_tail) << text;
  }
  EXPECT_FALSE(link("queue='red(100)'").queue.may_mark());
}

TEST(LinkPropertiesTest, AStepIsAThresholdWithinTheQueue) {
  for (const char* const bad : {"step(100)", "step(100, 100)", "step(100, 1kB)", "step(100, ecn)",
                                "red(100, 15, ecn)", "ecn(100)"}) {
    const test::Scenario scenario{test::on_lan("", "", "queue='" + std::string{bad} + "'")};
    EXPECT_NE(scenario.complaints(), "") << bad;
  }
}

}  // namespace
}  // namespace elvis
