// SPDX-License-Identifier: MIT
#include "../../src/builder/address_ranges.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace elvis {
namespace {

using ndl::AddressRange;

constexpr std::uint32_t ten = 0x0a00'0000;

TEST(AddressRangesTest, JoinsWhatTouchesOrOverlaps) {
  std::vector<AddressRange> ranges{{7, 9}, {1, 2}, {3, 3}, {8, 12}, {20, 30}, {22, 25}};
  join_ranges(ranges);
  EXPECT_EQ(ranges, (std::vector<AddressRange>{{1, 3}, {7, 12}, {20, 30}}));
}

TEST(AddressRangesTest, JoinsUpToTheLastAddress) {
  std::vector<AddressRange> ranges{{0xffff'fffe, 0xffff'ffff}, {0, 0xffff'fffd}};
  join_ranges(ranges);
  EXPECT_EQ(ranges, (std::vector<AddressRange>{{0, 0xffff'ffff}}));
}

TEST(AddressRangesTest, KnowsWhatIsInside) {
  const std::vector<AddressRange> ranges{{1, 3}, {7, 12}};
  for (const std::uint32_t inside : {1U, 3U, 7U, 12U}) EXPECT_TRUE(contains(ranges, inside));
  for (const std::uint32_t outside : {0U, 4U, 6U, 13U}) EXPECT_FALSE(contains(ranges, outside));
  EXPECT_FALSE(contains({}, 1));
}

TEST(AddressRangesTest, KnowsWhatNoMachineMayHave) {
  EXPECT_TRUE(is_unusable({0, 0}));
  EXPECT_TRUE(is_unusable({0x7f00'0001, 0x7f00'0009}));
  EXPECT_TRUE(is_unusable({0xe000'0001, 0xe000'0001}));
  EXPECT_TRUE(is_unusable({0xf000'0001, 0xf000'0001}));
  EXPECT_TRUE(is_unusable({0xe000'0000, 0xffff'ffff}));
  EXPECT_TRUE(is_unusable({0xffff'ffff, 0xffff'ffff}));
  EXPECT_FALSE(is_unusable({ten + 1, ten + 9}));
  EXPECT_FALSE(is_unusable({0x7f00'0001, 0x8000'0000})) << "a part of it is usable";
}

TEST(FreeAddressesTest, GivesTheFirstRangeFirst) {
  FreeAddresses free{{{ten + 9, ten + 9}, {ten + 1, ten + 2}}, {}};
  EXPECT_EQ(free.take(5), (AddressRange{ten + 9, ten + 9}));
  EXPECT_EQ(free.take(5), (AddressRange{ten + 1, ten + 2}));
  EXPECT_EQ(free.take(5), std::nullopt);
  EXPECT_EQ(free.take(5), std::nullopt) << "and stays used up";
}

TEST(FreeAddressesTest, GivesNoMoreThanAskedFor) {
  FreeAddresses free{{{ten + 1, ten + 9}}, {}};
  EXPECT_EQ(free.take(1), (AddressRange{ten + 1, ten + 1}));
  EXPECT_EQ(free.take(2), (AddressRange{ten + 2, ten + 3}));
  EXPECT_EQ(free.take(100), (AddressRange{ten + 4, ten + 9}));
}

TEST(FreeAddressesTest, LeavesOutWhatIsTaken) {
  FreeAddresses free{{{ten + 1, ten + 9}},
                     {{ten + 5, ten + 5}, {ten + 1, ten + 2}, {ten + 9, ten + 20}}};
  EXPECT_EQ(free.take(100), (AddressRange{ten + 3, ten + 4}));
  EXPECT_EQ(free.take(100), (AddressRange{ten + 6, ten + 8}));
  EXPECT_EQ(free.take(100), std::nullopt);
}

TEST(FreeAddressesTest, LeavesOutWhatIsUnusable) {
  FreeAddresses free{{{0, 0xffff'ffff}}, {}};
  EXPECT_EQ(free.take(1), (AddressRange{0x0100'0000, 0x0100'0000}));
  EXPECT_EQ(free.take(0xffff'ffff), (AddressRange{0x0100'0001, 0x7eff'ffff}));
  EXPECT_EQ(free.take(0xffff'ffff), (AddressRange{0x8000'0000, 0xdfff'ffff}));
  EXPECT_EQ(free.take(1), std::nullopt);
}

TEST(FreeAddressesTest, HasNoneWithoutRanges) {
  FreeAddresses free;
  EXPECT_EQ(free.take(1), std::nullopt);
}

}  // namespace
}  // namespace elvis
