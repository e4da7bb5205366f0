// SPDX-License-Identifier: MIT
#include "elvis/builder/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "support.hpp"

namespace elvis {
namespace {

using test::on_lan;
using test::Scenario;
using testing::HasSubstr;

constexpr std::uint64_t gigabyte = 1'000'000'000;

PlanOptions with_memory(std::uint64_t bytes, std::string_view is = "free") {
  PlanOptions options;
  options.memory = MemoryLimit{bytes, is};
  return options;
}

std::string counted(const std::string& count, const std::string& arguments = "port='9'") {
  return on_lan("",
                test::machine("a", "            [Application name='capture' " + arguments + "]\n",
                              "count='" + count + "'"));
}

TEST(PlanTest, CountsWhatWillBeBuilt) {
  const Scenario scenario{
      on_lan("", test::machine("a",
                               "            [Application name='capture' port='1']\n"
                               "            [Application name='capture' port='2']\n",
                               "count='3'") +
                     test::machine("b", ""))};
  ASSERT_TRUE(scenario.has_plan()) << scenario.complaints();
  EXPECT_EQ(scenario.plan().machines, 4U);
  EXPECT_EQ(scenario.plan().taps, 4U);
  EXPECT_EQ(scenario.plan().applications, 6U);
  EXPECT_THAT(describe(scenario.plan()),
              HasSubstr("4 machines, 1 network, 4 taps, 6 applications\n"));
}

TEST(PlanTest, ThereIsNoneIfSomethingIsWrong) {
  EXPECT_FALSE(Scenario{counted("3", "port='0'")}.has_plan());
  EXPECT_FALSE(Scenario{"[Networks]\n    [Network]\n[Machines]\n"}.has_plan())
      << "nor if the front end found it";
}

TEST(PlanTest, AWarningIsNoErrorUnlessStrict) {
  using Mode = ndl::Diagnostics::Mode;
  const std::string text = counted("1", "port='9' prot='9'");
  const Scenario tolerant{text, {}, {}, Mode::tolerant};
  EXPECT_TRUE(tolerant.has_plan());
  EXPECT_THAT(tolerant.complaints(), HasSubstr("warning: nothing reads the argument `prot`"));
  EXPECT_FALSE((Scenario{text, {}, {}, Mode::strict}.has_plan()));
}

TEST(PlanTest, AnEmptyScenarioIsAPlan) {
  const Scenario scenario{"[Networks]\n[Machines]\n"};
  ASSERT_TRUE(scenario.has_plan()) << scenario.complaints();
  EXPECT_THAT(describe(scenario.plan()),
              HasSubstr("0 machines, 0 networks, 0 taps, 0 applications"));
  EXPECT_EQ(scenario.build()->run({}).events, 0U);
}

TEST(PlanTest, DescribesOnlySoManyRanges) {
  std::string machines;
  for (int i = 0; i < 5; ++i) machines += test::machine("m" + std::to_string(i), "");
  const Scenario scenario{on_lan("", machines)};
  EXPECT_THAT(describe(scenario.plan(), 3), HasSubstr("`m2`"));
  EXPECT_THAT(describe(scenario.plan(), 3), testing::Not(HasSubstr("`m3`")));
  EXPECT_THAT(describe(scenario.plan(), 3), HasSubstr("    and 2 more ranges\n"));
  EXPECT_THAT(describe(scenario.plan(), 4), HasSubstr("    and 1 more range\n"));
}

// ===== Memory =====

TEST(PlanTest, NeedsMemoryInProportion) {
  const std::uint64_t some = Scenario{counted("10000")}.plan().memory_bytes;
  const std::uint64_t million = Scenario{counted("1000000")}.plan().memory_bytes;
  EXPECT_GT(million, 50 * some);
  EXPECT_LT(million, 100 * some);
}

TEST(PlanTest, RefusesWhatDoesNotFit) {
  const Scenario scenario{counted("2000000000"), with_memory(23 * gigabyte)};
  EXPECT_FALSE(scenario.has_plan());
  EXPECT_THAT(scenario.complaints(), HasSubstr("sim.ndl:4:30: error: the scenario needs about 1."));
  EXPECT_THAT(scenario.complaints(), HasSubstr(" TB, 23 GB free\n"));
}

TEST(PlanTest, SaysWhoseLimitItIs) {
  const Scenario scenario{counted("1000000"), with_memory(gigabyte / 10, "allowed")};
  EXPECT_THAT(scenario.complaints(), HasSubstr(" MB, 100 MB allowed\n"));
}

TEST(PlanTest, TakesWhatFits) {
  EXPECT_TRUE((Scenario{counted("1000000"), with_memory(23 * gigabyte)}.has_plan()));
}

TEST(PlanTest, AnswersHostileCountsAtOnce) {
  const auto start = std::chrono::steady_clock::now();
  for (const std::string count : {"2147483647", "4294967295", "4294967296", "9223372036854775808",
                                  "18446744073709551616", "99999999999999999999999"}) {
    for (const std::string arguments :
         {"port='9'", "port='${index % 9 + 1}'", "port='9' ip='10.0.0.${index + 1}'"}) {
      const Scenario scenario{counted(count, arguments), with_memory(23 * gigabyte)};
      EXPECT_FALSE(scenario.has_plan());
      EXPECT_THAT(scenario.complaints(), HasSubstr("sim.ndl:4:30: error: "));
    }
  }
  // The sum of these wraps around 2^32.
  const std::string large = test::machine("a", "", "count='4294967295'");
  const Scenario scenario{on_lan("", large + test::machine("b", "", "count='2'")),
                          with_memory(23 * gigabyte)};
  EXPECT_FALSE(scenario.has_plan());
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  EXPECT_LT(taken.count(), 10.0);
}

TEST(PlanTest, RefusesMoreMachinesThanANetworkHasAddressesFor) {
  const Scenario scenario{counted("16777217", "port='${index % 9 + 1}'")};
  EXPECT_THAT(scenario.complaints(),
              HasSubstr("sim.ndl:2:18: error: 16777217 machines are attached to network `lan`; at "
                        "most 16777216 are possible\n"));
}

TEST(PlanTest, HugePoolsStayRanges) {
  const Scenario scenario{on_lan(
      "        [IP subnet='0.0.0.0/0']\n",
      test::machine("a", "            [Application name='capture' port='9' ip='9.9.9.9']\n") +
          test::machine("b", "", "count='3'"))};
  ASSERT_TRUE(scenario.has_plan()) << scenario.complaints();
  const auto world = scenario.build();
  EXPECT_EQ(test::address_of(*world, "a"), "9.9.9.9");
  EXPECT_EQ(test::address_of(*world, "b-0"), "1.0.0.0");
}

TEST(FormatBytesTest, WritesThemAsPeopleDo) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(999), "999 B");
  EXPECT_EQ(format_bytes(1000), "1 kB");
  EXPECT_EQ(format_bytes(1550), "1.6 kB");
  EXPECT_EQ(format_bytes(23'400'000'000), "23 GB");
  EXPECT_EQ(format_bytes(999'600), "1 MB");
  EXPECT_EQ(format_bytes(1'600'000'000'000), "1.6 TB");
  EXPECT_EQ(format_bytes(~std::uint64_t{0}), "18 EB");
}

}  // namespace
}  // namespace elvis
