// SPDX-License-Identifier: MIT
// The counters of RFC 9768; tests/packetdrill/scripts/accurate_ecn has whole conversations.
#include "elvis/protocols/tcp/accurate_ecn.hpp"

#include <gtest/gtest.h>

namespace elvis {
namespace {

constexpr std::uint8_t ect1 = 1;
constexpr std::uint8_t ect0 = 2;
constexpr std::uint8_t ce = 3;

TcpSegment with_counter(std::uint8_t number) {
  TcpSegment segment;
  segment.flags = static_cast<std::uint16_t>(TcpHeader::ack | TcpAccurateEcn::flags_of(number));
  return segment;
}

TcpAccurateEcn::Progress after(std::uint32_t segments) {
  return {.segments = segments, .bytes = segments * 1'000, .mss = 1'000, .is_news = true};
}

TEST(TcpAccurateEcnTest, FlagsAndNumbersAreTheSame) {
  for (std::uint8_t number = 0; number < 8; ++number) {
    EXPECT_EQ(TcpAccurateEcn::number_in(TcpAccurateEcn::flags_of(number)), number);
  }
  EXPECT_EQ(TcpAccurateEcn::flags_of(4), TcpHeader::ae);
}

// RFC 9768, 3.1.2, table 3.
TEST(TcpAccurateEcnTest, TellsHowASynArrived) {
  EXPECT_EQ(TcpAccurateEcn::number_in(TcpAccurateEcn::reflection_of(0)), 0b010);
  EXPECT_EQ(TcpAccurateEcn::number_in(TcpAccurateEcn::reflection_of(ect1)), 0b011);
  EXPECT_EQ(TcpAccurateEcn::number_in(TcpAccurateEcn::reflection_of(ect0)), 0b100);
  EXPECT_EQ(TcpAccurateEcn::number_in(TcpAccurateEcn::reflection_of(ce)), 0b110);
}

TEST(TcpAccurateEcnTest, CountsFromFiveModuloEight) {
  TcpAccurateEcn ecn;
  EXPECT_EQ(TcpAccurateEcn::number_in(ecn.counter_flags()), 5);
  for (int i = 0; i < 4; ++i) ecn.arrived(ce, 100);
  EXPECT_EQ(TcpAccurateEcn::number_in(ecn.counter_flags()), 1);
  EXPECT_EQ(ecn.received_marks(), 4U);
  EXPECT_EQ(ecn.received_bytes(ce), 400U);
}

TEST(TcpAccurateEcnTest, WantsTheThirdMarkToldAtOnce) {
  TcpAccurateEcn ecn;
  EXPECT_FALSE(ecn.arrived(ce, 0));
  EXPECT_FALSE(ecn.arrived(ce, 0));
  EXPECT_TRUE(ecn.arrived(ce, 0));
  (void)ecn.counter_flags();
  EXPECT_FALSE(ecn.arrived(ce, 0));
}

TEST(TcpAccurateEcnTest, ReadsTheCounterAsFarAsItCannotHaveWrappedAround) {
  TcpAccurateEcn ecn;
  EXPECT_EQ(ecn.told(with_counter(7), after(3)), 2U);
  EXPECT_EQ(ecn.told(with_counter(7), after(3)), 0U);
  EXPECT_EQ(ecn.told(with_counter(0), after(2)), 1U);
  EXPECT_EQ(ecn.delivered_marks(), 3U);
}

TEST(TcpAccurateEcnTest, TakesTheWorstOfWhatALongStepCanMean) {
  TcpAccurateEcn ecn;
  EXPECT_EQ(ecn.told(with_counter(5), after(1)), 0U);
  EXPECT_EQ(ecn.told(with_counter(6), after(12)), 9U);
}

TEST(TcpAccurateEcnTest, BytesThatWereNotMarkedSayThatTheCounterDidNotWrapAround) {
  TcpAccurateEcn ecn;
  TcpSegment segment = with_counter(5);
  segment.options.accurate_ecn =
      TcpOptions::AccurateEcn{.begins_with_ect1 = false, .count = 3, .counters = {1'001, 0, 1}};
  EXPECT_EQ(ecn.told(segment, after(1)), 0U);
  segment.options.accurate_ecn->counters[0] = 13'001;
  EXPECT_EQ(ecn.told(segment, after(12)), 0U);
  EXPECT_EQ(ecn.delivered_bytes(ect0), 13'000U);
}

TEST(TcpAccurateEcnTest, DoesNotListenToOldNews) {
  TcpAccurateEcn ecn;
  TcpAccurateEcn::Progress none = after(0);
  none.is_news = false;
  EXPECT_EQ(ecn.told(with_counter(7), none), 0U);
}

// RFC 9768, 3.2.3.3: blocks give way as far as there is something new to tell.
TEST(TcpAccurateEcnTest, FitsItsOptionBesideOthers) {
  TcpOptions options;
  options.timestamps = {.value = 1, .echo = 2};
  options.block_count = 3;
  TcpAccurateEcn ecn;
  ecn.fill(options, false);
  ASSERT_TRUE(options.accurate_ecn);
  EXPECT_EQ(options.accurate_ecn->count, 0) << "it stands where two NOPs would";
  ecn.arrived(ect0, 10);
  options.accurate_ecn.reset();
  ecn.fill(options, false);
  EXPECT_FALSE(options.accurate_ecn) << "all three do not fit";
  EXPECT_EQ(options.block_count, 3);
  ecn = {};
  ecn.arrived(ce, 10);
  ecn.fill(options, false);
  ASSERT_TRUE(options.accurate_ecn);
  EXPECT_EQ(options.accurate_ecn->count, 2);
  EXPECT_EQ(options.block_count, 2);
  std::array<std::uint8_t, TcpOptions::max_size> bytes;
  EXPECT_LE(options.emit(bytes.data(), TcpLayout::like_linux), bytes.size());
  EXPECT_TRUE(TcpOptions::parse(bytes).accurate_ecn);
}

}  // namespace
}  // namespace elvis
