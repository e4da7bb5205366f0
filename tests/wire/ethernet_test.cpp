// SPDX-License-Identifier: MIT
#include "elvis/wire/ethernet.hpp"

#include <array>
#include <cstdint>

#include <gtest/gtest.h>

#include "elvis/util/rng.hpp"

namespace elvis {
namespace {

constexpr std::array<std::uint8_t, 14> example{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02,
                                               0x00, 0x00, 0x00, 0x00, 0x2a, 0x08, 0x06};

TEST(EthernetHeaderTest, ReadsItsFields) {
  const auto header = EthernetHeader::parse(example.data(), example.size());
  ASSERT_TRUE(header);
  EXPECT_EQ(header->destination, MacAddress::broadcast());
  EXPECT_EQ(header->source, MacAddress{0x0200'0000'002a});
  EXPECT_EQ(header->type, static_cast<std::uint16_t>(EtherType::arp));
}

TEST(EthernetHeaderTest, WritesItsFields) {
  std::array<std::uint8_t, 14> bytes{};
  const EthernetHeader header{.destination = MacAddress::broadcast(),
                              .source = MacAddress{0x0200'0000'002a},
                              .type = 0x0806};
  header.emit(bytes.data());
  EXPECT_EQ(bytes, example);
}

TEST(EthernetHeaderTest, ReadsWhatItWrites) {
  Rng rng{{3, 1}};
  for (int round = 0; round < 1'000; ++round) {
    const EthernetHeader header{.destination = MacAddress{rng()},
                                .source = MacAddress{rng()},
                                .type = static_cast<std::uint16_t>(rng())};
    std::array<std::uint8_t, 14> bytes{};
    header.emit(bytes.data());
    const auto again = EthernetHeader::parse(bytes.data(), bytes.size());
    ASSERT_TRUE(again);
    ASSERT_EQ(*again, header);
  }
}

TEST(EthernetHeaderTest, RefusesEveryTruncation) {
  for (std::size_t available = 0; available < EthernetHeader::size; ++available) {
    const auto header = EthernetHeader::parse(example.data(), available);
    ASSERT_FALSE(header);
    EXPECT_EQ(header.error(), FormatError::truncated);
  }
}

}  // namespace
}  // namespace elvis
