// SPDX-License-Identifier: MIT
#include "elvis/wire/arp_packet.hpp"

#include <array>
#include <cstdint>

#include <gtest/gtest.h>

#include "elvis/util/rng.hpp"

namespace elvis {
namespace {

using Bytes = std::array<std::uint8_t, ArpPacket::size>;

// 02:00:00:00:00:01 at 10.0.0.1 answers 02:00:00:00:00:02 at 10.0.0.2.
constexpr Bytes example{0x00, 0x01, 0x08, 0x00, 6,  4, 0x00, 0x02, 0x02, 0x00,
                        0x00, 0x00, 0x00, 0x01, 10, 0, 0,    1,    0x02, 0x00,
                        0x00, 0x00, 0x00, 0x02, 10, 0, 0,    2};

constexpr ArpPacket reply{.operation = ArpPacket::reply,
                          .sender_mac = MacAddress{0x0200'0000'0001},
                          .sender_address = Ipv4Address{10, 0, 0, 1},
                          .target_mac = MacAddress{0x0200'0000'0002},
                          .target_address = Ipv4Address{10, 0, 0, 2}};

FormatError error_with(std::size_t position, std::uint8_t value) {
  Bytes bytes = example;
  bytes[position] = value;
  const auto packet = ArpPacket::parse(bytes.data(), bytes.size());
  EXPECT_FALSE(packet);
  return packet.error();
}

TEST(ArpPacketTest, ReadsItsFields) {
  const auto packet = ArpPacket::parse(example.data(), example.size());
  ASSERT_TRUE(packet);
  EXPECT_EQ(*packet, reply);
}

TEST(ArpPacketTest, WritesItsFields) {
  Bytes bytes{};
  reply.emit(bytes.data());
  EXPECT_EQ(bytes, example);
}

TEST(ArpPacketTest, ReadsWhatItWrites) {
  Rng rng{{4, 1}};
  for (int round = 0; round < 1'000; ++round) {
    const ArpPacket packet{.operation = static_cast<std::uint16_t>(rng()),
                           .sender_mac = MacAddress{rng()},
                           .sender_address = Ipv4Address{static_cast<std::uint32_t>(rng())},
                           .target_mac = MacAddress{rng()},
                           .target_address = Ipv4Address{static_cast<std::uint32_t>(rng())}};
    Bytes bytes{};
    packet.emit(bytes.data());
    const auto again = ArpPacket::parse(bytes.data(), bytes.size());
    ASSERT_TRUE(again);
    ASSERT_EQ(*again, packet);
  }
}

TEST(ArpPacketTest, RefusesOtherHardware) {
  EXPECT_EQ(error_with(0, 1), FormatError::bad_version);
  EXPECT_EQ(error_with(1, 6), FormatError::bad_version);
}

TEST(ArpPacketTest, RefusesOtherProtocols) {
  EXPECT_EQ(error_with(2, 0x86), FormatError::bad_version);
  EXPECT_EQ(error_with(3, 0xdd), FormatError::bad_version);
}

TEST(ArpPacketTest, RefusesOtherAddressSizes) {
  EXPECT_EQ(error_with(4, 8), FormatError::bad_length);
  EXPECT_EQ(error_with(5, 16), FormatError::bad_length);
}

TEST(ArpPacketTest, RefusesEveryTruncation) {
  for (std::size_t available = 0; available < ArpPacket::size; ++available) {
    const auto packet = ArpPacket::parse(example.data(), available);
    ASSERT_FALSE(packet);
    EXPECT_EQ(packet.error(), FormatError::truncated);
  }
}

TEST(ArpPacketTest, LeavesThePaddingOfTheFrameAlone) {
  std::array<std::uint8_t, 46> padded{};
  reply.emit(padded.data());
  const auto packet = ArpPacket::parse(padded.data(), padded.size());
  ASSERT_TRUE(packet);
  EXPECT_EQ(*packet, reply);
}

}  // namespace
}  // namespace elvis
