// SPDX-License-Identifier: MIT
#include "elvis/protocols/reassembly.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "elvis/util/pool.hpp"
#include "protocols/fragments.hpp"

namespace elvis::test {
namespace {

using namespace std::chrono_literals;

class ReassemblyTest : public testing::Test {
 protected:
  void TearDown() override {
    while (reassembly_.expire(end_of_time)) {
    }
    EXPECT_EQ(reassembly_.fragments(), 0U);
    EXPECT_EQ(reassembly_.memory_bytes(), 0U);
    EXPECT_EQ(pool::live_blocks(), before_);
  }

  FragmentFate fate_of(std::size_t offset, bool more, std::size_t size, std::uint16_t id = 1) {
    return add(reassembly_, fragment(header_with_id(id), offset, more, Message::zeros(size))).fate;
  }

  std::size_t before_ = pool::live_blocks();
  ReassemblyLimits limits_;
  Reassembly reassembly_{limits_};
};

TEST_F(ReassemblyTest, JoinsFragmentsInAnyOrder) {
  Rng rng{{65, 1}};
  for (int round = 0; round < 300; ++round) {
    const std::size_t size = 1 + rng.below(round % 10 == 0 ? 60'000 : 5'000);
    const std::size_t mtu = 68 + rng.below(1'500);
    const Message payload = random_payload(rng, size);
    std::vector<Message> fragments =
        fragments_of(header_with_id(static_cast<std::uint16_t>(round)), payload, mtu);
    if (fragments.size() < 2) continue;
    const std::uint64_t order = rng.below(3);
    if (order == 1) std::ranges::reverse(fragments);
    if (order == 2) std::ranges::shuffle(fragments, rng);
    for (std::size_t i = 0; i < fragments.size(); ++i) {
      FragmentResult result = add(reassembly_, fragments[i]);
      if (i + 1 < fragments.size()) {
        ASSERT_EQ(result.fate, FragmentFate::kept);
        continue;
      }
      ASSERT_EQ(result.fate, FragmentFate::complete);
      ASSERT_EQ(result.datagram.slice(20), payload);
      Ipv4Header expected = header_with_id(static_cast<std::uint16_t>(round));
      expected.total_length = static_cast<std::uint16_t>(20 + size);
      EXPECT_EQ(header_of(result.datagram), expected);
    }
    ASSERT_EQ(reassembly_.datagrams(), 0U);
  }
}

TEST_F(ReassemblyTest, SharesTheBytesOfLargeFragments) {
  Message payload = Message::zeros(2'960);
  const std::uint8_t* const bytes = payload.slice_at(0).data();
  const auto fragments = fragments_of(header_with_id(1), payload, 1'500);
  add(reassembly_, fragments[0]);
  const FragmentResult result = add(reassembly_, fragments[1]);
  ASSERT_EQ(result.fate, FragmentFate::complete);
  EXPECT_EQ(result.datagram.slice_at(1).data(), bytes);
}

TEST_F(ReassemblyTest, CountsAChunkThatManyFragmentsShareOnce) {
  const Message payload = Message::zeros(60'000);
  const auto all = [&](const auto& add_one) {
    for (const Message& large : fragments_of(header_with_id(1), payload, 1'500)) {
      for (const Message& small : fragments_of(header_of(large), large.slice(20), 300)) {
        add_one(small);
      }
    }
  };
  FragmentResult result;
  std::size_t most = 0;
  all([&](const Message& one) {  // some pieces are small and copied
    result = add(reassembly_, one);
    most = std::max(most, reassembly_.memory_bytes());
  });
  EXPECT_EQ(result.fate, FragmentFate::complete);
  EXPECT_GT(most, 60'000U);
  EXPECT_LT(most, 3 * 60'000U);
}

TEST_F(ReassemblyTest, CountsWhatAFragmentKeepsFromBeingFreed) {
  const Message payload = Message::zeros(60'000);
  const auto pieces = fragments_of(header_with_id(1), payload, 1'500);
  add(reassembly_, pieces[1]);
  EXPECT_GT(reassembly_.memory_bytes(), 60'000U);
  const Message huge = Message::zeros(1'000'000).slice(0, 3'000);
  add(reassembly_, fragments_of(header_with_id(2), huge, 1'500)[0]);
  EXPECT_LT(reassembly_.memory_bytes(), 70'000U) << "that one was copied";
}

TEST_F(ReassemblyTest, KeepsApartWhatDiffersInAnyPartOfTheKey) {
  Ipv4Header header = header_with_id(1);
  const auto add_first = [&] {
    return add(reassembly_, fragment(header, 0, true, Message::zeros(8))).fate;
  };
  EXPECT_EQ(add_first(), FragmentFate::kept);
  EXPECT_EQ(add_first(), FragmentFate::duplicate);
  header.identification = 2;
  EXPECT_EQ(add_first(), FragmentFate::kept);
  header.protocol = 6;
  EXPECT_EQ(add_first(), FragmentFate::kept);
  header.source = Ipv4Address{10, 0, 0, 9};
  EXPECT_EQ(add_first(), FragmentFate::kept);
  header.destination = Ipv4Address{10, 0, 0, 9};
  EXPECT_EQ(add_first(), FragmentFate::kept);
  EXPECT_EQ(reassembly_.datagrams(), 5U);
}

TEST_F(ReassemblyTest, IgnoresDuplicates) {
  EXPECT_EQ(fate_of(0, true, 16), FragmentFate::kept);
  EXPECT_EQ(fate_of(16, true, 8), FragmentFate::kept);
  EXPECT_EQ(fate_of(0, true, 16), FragmentFate::duplicate);
  EXPECT_EQ(fate_of(8, true, 16), FragmentFate::duplicate) << "across two that are there";
  EXPECT_EQ(fate_of(40, false, 5), FragmentFate::kept);
  EXPECT_EQ(fate_of(40, false, 5), FragmentFate::duplicate);
  EXPECT_EQ(reassembly_.fragments(), 3U);
  EXPECT_EQ(fate_of(24, true, 16), FragmentFate::complete);
}

TEST_F(ReassemblyTest, GivesUpADatagramWithOverlaps) {
  for (const auto& [offset, size] : {std::pair{16U, 16U}, {0U, 16U}, {0U, 40U}, {24U, 16U}}) {
    EXPECT_EQ(fate_of(8, true, 16), FragmentFate::kept);
    EXPECT_EQ(fate_of(48, true, 8), FragmentFate::kept);
    const FragmentResult result =
        add(reassembly_, fragment(header_with_id(1), offset, true, Message::zeros(size)));
    if (offset == 24) {
      EXPECT_EQ(result.fate, FragmentFate::kept) << "it only touches";
      continue;
    }
    EXPECT_EQ(result.fate, FragmentFate::overlapping);
    EXPECT_EQ(result.discarded, 2U);
    EXPECT_EQ(reassembly_.datagrams(), 0U);
  }
}

TEST_F(ReassemblyTest, GivesUpADatagramWithTwoEnds) {
  EXPECT_EQ(fate_of(16, false, 8), FragmentFate::kept);
  EXPECT_EQ(fate_of(32, false, 8), FragmentFate::overlapping);
  EXPECT_EQ(fate_of(16, false, 8), FragmentFate::kept);
  EXPECT_EQ(fate_of(24, true, 8), FragmentFate::overlapping) << "behind the end";
  EXPECT_EQ(fate_of(32, true, 8), FragmentFate::kept);
  EXPECT_EQ(fate_of(16, false, 8), FragmentFate::overlapping) << "before what is there";
  EXPECT_EQ(fate_of(16, false, 8), FragmentFate::kept);
  EXPECT_EQ(fate_of(16, true, 8), FragmentFate::overlapping) << "more behind the end";
}

TEST_F(ReassemblyTest, RefusesImpossibleLengths) {
  EXPECT_EQ(fate_of(0, true, 0), FragmentFate::bad_length);
  EXPECT_EQ(fate_of(8, false, 0), FragmentFate::bad_length);
  EXPECT_EQ(fate_of(0, true, 12), FragmentFate::bad_length);
  EXPECT_EQ(fate_of(8 * 8'191, false, 8), FragmentFate::too_long);
  EXPECT_EQ(fate_of(65'512, false, 4), FragmentFate::too_long);
  EXPECT_EQ(fate_of(65'512, false, 3), FragmentFate::kept);
  EXPECT_EQ(reassembly_.datagrams(), 1U);
}

TEST_F(ReassemblyTest, RefusesAWholeWhoseFirstHeaderLeavesTooLittleRoom) {
  Ipv4Header header = header_with_id(1);
  EXPECT_EQ(fate_of(65'504, false, 11), FragmentFate::kept);
  EXPECT_EQ(fate_of(40'000, true, 25'504), FragmentFate::kept);
  const std::vector<std::uint8_t> options(40, 1);
  header.options = options;
  const FragmentResult result = add(reassembly_, fragment(header, 0, true, Message::zeros(40'000)));
  EXPECT_EQ(result.fate, FragmentFate::too_long);
  EXPECT_EQ(result.discarded, 2U);
}

TEST_F(ReassemblyTest, TakesTheOptionsOfTheFirstFragment) {
  Ipv4Header header = header_with_id(1);
  EXPECT_EQ(add(reassembly_, fragment(header, 8, false, Message::zeros(3))).fate,
            FragmentFate::kept);
  const std::vector<std::uint8_t> options{7, 3, 4, 0};
  header.options = options;
  const FragmentResult result = add(reassembly_, fragment(header, 0, true, Message::zeros(8)));
  ASSERT_EQ(result.fate, FragmentFate::complete);
  EXPECT_TRUE(std::ranges::equal(header_of(result.datagram).options, options));
  EXPECT_EQ(result.datagram.size(), 24U + 11U);
}

TEST_F(ReassemblyTest, IsVerifiedIfAllPartsAre) {
  for (const bool verified : {false, true}) {
    for (const std::size_t size : {16U, 400U}) {
      Message first = fragment(header_with_id(1), 0, true, Message::zeros(size));
      Message last = fragment(header_with_id(1), size, false, Message::zeros(size));
      first.set_verified(true);
      last.set_verified(verified);
      add(reassembly_, first);
      const FragmentResult result = add(reassembly_, last);
      ASSERT_EQ(result.fate, FragmentFate::complete);
      EXPECT_EQ(result.datagram.is_verified(), verified);
    }
  }
}

TEST_F(ReassemblyTest, LetsGoAfterTheTimeout) {
  const Message first = fragment(header_with_id(1), 0, true, Message::zeros(1'480));
  EXPECT_EQ(reassembly_.next_expiry(), end_of_time);
  add(reassembly_, first, Time{1s});
  add(reassembly_, fragment(header_with_id(2), 8, true, Message::zeros(8)), Time{2s});
  add(reassembly_, fragment(header_with_id(1), 1'480, true, Message::zeros(8)), Time{30s});
  EXPECT_EQ(reassembly_.next_expiry(), Time{61s}) << "later fragments give no more time";
  EXPECT_FALSE(reassembly_.expire(Time{61s} - 1ns));

  const auto expired = reassembly_.expire(Time{61s});
  ASSERT_TRUE(expired);
  EXPECT_EQ(expired->fragments, 2U);
  EXPECT_EQ(expired->quote, first.slice(0, 28)) << "the header and eight bytes";
  EXPECT_FALSE(reassembly_.expire(Time{61s}));
  const auto second = reassembly_.expire(Time{62s});
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->quote.empty()) << "its first fragment never came";
  EXPECT_EQ(reassembly_.next_expiry(), end_of_time);
}

TEST_F(ReassemblyTest, StaysUnderItsCapWithAMillionFirstFragments) {
  Rng rng{{65, 2}};
  const Message payload = random_payload(rng, 4'000);
  const auto good = fragments_of(header_with_id(1), payload, 1'500);
  std::uint64_t kept = 0;
  std::uint64_t evicted = 0;
  std::size_t next_good = 0;
  for (std::uint32_t i = 0; i < 1'000'000; ++i) {
    Ipv4Header header = header_with_id(static_cast<std::uint16_t>(i));
    header.source = Ipv4Address{0x0b000000 + (i >> 16)};
    const FragmentResult result =
        add(reassembly_, fragment(header, 0, true, Message::zeros(8)), Time{Duration{i}});
    ASSERT_EQ(result.fate, FragmentFate::kept);
    ++kept;
    evicted += result.evicted;
    ASSERT_LE(reassembly_.memory_bytes(), limits_.memory_bytes);
    if (i % 1'000 != 0 || i == 0) continue;
    const FragmentResult result_of_good = add(reassembly_, good[next_good], Time{Duration{i}});
    evicted += result_of_good.evicted;
    if (++next_good == good.size()) {
      ASSERT_EQ(result_of_good.fate, FragmentFate::complete);
      ASSERT_EQ(result_of_good.datagram.slice(20), payload);
      next_good = 0;
    }
  }
  EXPECT_LE((pool::live_blocks() - before_) * 64, limits_.memory_bytes);
  EXPECT_EQ(kept + next_good, evicted + reassembly_.fragments());
  EXPECT_EQ(next_good, 0U);
  while (reassembly_.expire(Time{61s})) {
  }
  EXPECT_EQ(reassembly_.datagrams(), 0U);
}

TEST_F(ReassemblyTest, StaysUnderItsCapWithAHundredThousandOverlaps) {
  Rng rng{{65, 3}};
  std::uint64_t alive = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::size_t size = 8 * (1 + rng.below(100));
    const FragmentResult result =
        add(reassembly_, fragment(header_with_id(static_cast<std::uint16_t>(rng.below(4))),
                                  8 * rng.below(4'000), true, Message::zeros(size)));
    alive += result.fate == FragmentFate::kept ? 1 : 0;
    ASSERT_GE(alive, result.discarded + result.evicted);
    alive -= result.discarded + result.evicted;
    ASSERT_EQ(alive, reassembly_.fragments());
    ASSERT_LE(reassembly_.memory_bytes(), limits_.memory_bytes);
  }
}

TEST_F(ReassemblyTest, StaysUnderItsCapWithTheSmallestFragments) {
  // Every second piece of eight bytes, from many senders: nothing can be joined.
  std::uint64_t alive = 0;
  for (std::uint32_t i = 0; i < 300'000; ++i) {
    Ipv4Header header = header_with_id(static_cast<std::uint16_t>(i / 4'000));
    const FragmentResult result =
        add(reassembly_, fragment(header, 16 * (i % 4'000), true, Message::zeros(8)));
    alive += result.fate == FragmentFate::kept ? 1 : 0;
    alive -= result.discarded + result.evicted;
    ASSERT_EQ(alive, reassembly_.fragments());
    ASSERT_LE(reassembly_.memory_bytes(), limits_.memory_bytes);
  }
  // One byte, which only a last fragment may have.
  for (std::uint32_t i = 0; i < 300'000; ++i) {
    const FragmentResult result =
        add(reassembly_, fragment(header_with_id(static_cast<std::uint16_t>(i)),
                                  8 * (1 + i % 8'000), false, Message::zeros(1)));
    ASSERT_LE(reassembly_.memory_bytes(), limits_.memory_bytes);
    ASSERT_NE(result.fate, FragmentFate::complete);
  }
}

TEST_F(ReassemblyTest, JoinsTheLargestDatagramFromTheSmallestFragments) {
  Rng rng{{65, 4}};
  const Message payload = random_payload(rng, 65'515);
  auto fragments = fragments_of(header_with_id(1), payload, least_mtu);
  std::ranges::shuffle(fragments, rng);
  FragmentResult result;
  for (const Message& each : fragments) result = add(reassembly_, each);
  ASSERT_EQ(result.fate, FragmentFate::complete);
  EXPECT_EQ(result.datagram.slice(20), payload);
}

TEST_F(ReassemblyTest, DropsADatagramThatAloneIsTooMuch) {
  limits_.memory_bytes = 10'000;
  EXPECT_EQ(fate_of(0, true, 8, 2), FragmentFate::kept);
  EXPECT_EQ(fate_of(0, true, 4'000), FragmentFate::kept);
  EXPECT_EQ(fate_of(4'000, true, 4'000), FragmentFate::kept);
  const FragmentResult result =
      add(reassembly_, fragment(header_with_id(1), 8'000, true, Message::zeros(4'000)));
  EXPECT_EQ(result.fate, FragmentFate::no_memory);
  EXPECT_EQ(result.discarded, 2U);
  EXPECT_EQ(result.evicted, 1U) << "the older one went first";
  EXPECT_EQ(reassembly_.datagrams(), 0U);
}

TEST_F(ReassemblyTest, DoesNotHoldTheChunksOfSmallFragments) {
  std::vector<Message> large;
  for (std::uint16_t id = 0; id < 100; ++id) {
    Message payload = Message::zeros(60'000);
    payload = payload.slice(0, 8);
    add(reassembly_, fragment(header_with_id(id), 0, true, std::move(payload)));
  }
  EXPECT_LE(reassembly_.memory_bytes(), 100U * 1'024);
  EXPECT_GT(pool::live_blocks(), before_);
}

}  // namespace
}  // namespace elvis::test
