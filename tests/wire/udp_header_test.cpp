// SPDX-License-Identifier: MIT
#include "elvis/wire/udp_header.hpp"

#include <array>
#include <cstdint>

#include <gtest/gtest.h>

#include "elvis/util/rng.hpp"
#include "elvis/wire/checksum.hpp"

namespace elvis {
namespace {

constexpr std::array<std::uint8_t, 8> example{0x04, 0xd2, 0xbe, 0xef, 0x00, 0x0e, 0xab, 0xcd};
constexpr UdpHeader header{
    .source_port = 1234, .destination_port = 0xbeef, .length = 14, .checksum = 0xabcd};

TEST(UdpHeaderTest, ReadsItsFields) {
  const auto read = UdpHeader::parse(example.data(), 14);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, header);
}

TEST(UdpHeaderTest, WritesItsFields) {
  std::array<std::uint8_t, 8> bytes{};
  header.emit(bytes.data());
  EXPECT_EQ(bytes, example);
}

TEST(UdpHeaderTest, ReadsWhatItWrites) {
  Rng rng{{5, 1}};
  for (int round = 0; round < 1'000; ++round) {
    const UdpHeader written{.source_port = static_cast<std::uint16_t>(rng()),
                            .destination_port = static_cast<std::uint16_t>(rng()),
                            .length = static_cast<std::uint16_t>(8 + rng.below(65'528)),
                            .checksum = static_cast<std::uint16_t>(rng())};
    std::array<std::uint8_t, 8> bytes{};
    written.emit(bytes.data());
    const auto read = UdpHeader::parse(bytes.data(), 65'535);
    ASSERT_TRUE(read);
    ASSERT_EQ(*read, written);
  }
}

TEST(UdpHeaderTest, SumsItsBytes) {
  EXPECT_EQ(fold_sum(header.partial_sum()), fold_sum(partial_sum(example.data(), 8)));
}

TEST(UdpHeaderTest, RefusesEveryTruncation) {
  for (std::size_t available = 0; available < header.length; ++available) {
    const auto read = UdpHeader::parse(example.data(), available);
    ASSERT_FALSE(read) << available;
    EXPECT_EQ(read.error(), FormatError::truncated);
  }
}

TEST(UdpHeaderTest, AllowsPaddingBehindItsLength) {
  EXPECT_TRUE(UdpHeader::parse(example.data(), 46));
}

TEST(UdpHeaderTest, RefusesALengthShorterThanItself) {
  for (std::uint8_t length = 0; length < UdpHeader::size; ++length) {
    auto bytes = example;
    bytes[5] = length;
    const auto read = UdpHeader::parse(bytes.data(), bytes.size());
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error(), FormatError::bad_length);
  }
}

TEST(UdpHeaderTest, AllowsAnEmptyPayload) {
  auto bytes = example;
  bytes[5] = 8;
  const auto read = UdpHeader::parse(bytes.data(), bytes.size());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->length, 8);
}

}  // namespace
}  // namespace elvis
