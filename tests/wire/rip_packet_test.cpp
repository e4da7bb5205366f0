// SPDX-License-Identifier: MIT
#include "elvis/wire/rip_packet.hpp"

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "elvis/util/rng.hpp"

namespace elvis {
namespace {

using Bytes = std::vector<std::uint8_t>;

// A response with the route 10.1.0.0/16, tag 5, by way of 10.9.0.1, at distance 3 (RFC 2453, 4).
const Bytes example{2, 2, 0, 0, 0, 2, 0, 5, 10, 1, 0, 0, 0xff, 0xff, 0, 0, 10, 9, 0, 1, 0, 0, 0, 3};

RipEntry example_entry() {
  return {.tag = 5,
          .address = Ipv4Address{10, 1, 0, 0},
          .mask = 0xffff0000,
          .next_hop = Ipv4Address{10, 9, 0, 1},
          .metric = 3};
}

Bytes emitted(const RipPacket& packet) {
  Bytes bytes(packet.packet_size());
  packet.emit(bytes.data());
  return bytes;
}

RipPacket random_packet(Rng& rng) {
  RipPacket packet;
  packet.command = static_cast<std::uint8_t>(rng());
  const std::size_t count = rng.below(RipPacket::max_entries + 1);
  for (std::size_t i = 0; i < count; ++i) {
    packet.add({.family = static_cast<std::uint16_t>(rng()),
                .tag = static_cast<std::uint16_t>(rng()),
                .address = Ipv4Address{static_cast<std::uint32_t>(rng())},
                .mask = static_cast<std::uint32_t>(rng()),
                .next_hop = Ipv4Address{static_cast<std::uint32_t>(rng())},
                .metric = static_cast<std::uint32_t>(rng())});
  }
  return packet;
}

TEST(RipPacketTest, ReadsItsFields) {
  const auto packet = RipPacket::parse(example.data(), example.size());
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->command, RipPacket::response);
  ASSERT_EQ(packet->entries().size(), 1U);
  EXPECT_EQ(packet->entries()[0], example_entry());
  EXPECT_TRUE(packet->entries()[0].is_valid_route());
  EXPECT_EQ(packet->entries()[0].prefix_length(), 16);
}

TEST(RipPacketTest, WritesItsFields) {
  RipPacket packet;
  packet.add(example_entry());
  EXPECT_EQ(emitted(packet), example);
}

TEST(RipPacketTest, AsksForAWholeTable) {
  const RipPacket packet = RipPacket::whole_table_request();
  EXPECT_EQ(emitted(packet),
            (Bytes{1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16}));
  EXPECT_TRUE(packet.is_whole_table_request());
  RipPacket other = packet;
  other.add(example_entry());
  EXPECT_FALSE(other.is_whole_table_request());
  other = packet;
  other.entries()[0].metric = 1;
  EXPECT_FALSE(other.is_whole_table_request());
  other = packet;
  other.command = RipPacket::response;
  EXPECT_FALSE(other.is_whole_table_request());
}

TEST(RipPacketTest, ReadsWhatItWrites) {
  Rng rng{{61, 1}};
  for (int round = 0; round < 2'000; ++round) {
    const RipPacket packet = random_packet(rng);
    const Bytes bytes = emitted(packet);
    const auto again = RipPacket::parse(bytes.data(), bytes.size());
    ASSERT_TRUE(again);
    ASSERT_EQ(*again, packet);
  }
}

TEST(RipPacketTest, HoldsTwentyFiveEntries) {
  RipPacket packet;
  for (int i = 0; i < 25; ++i) {
    EXPECT_FALSE(packet.is_full());
    packet.add(example_entry());
  }
  EXPECT_TRUE(packet.is_full());
  EXPECT_EQ(packet.packet_size(), RipPacket::max_size);
  EXPECT_DEATH(packet.add(example_entry()), "internal error");
  Bytes bytes = emitted(packet);
  ASSERT_TRUE(RipPacket::parse(bytes.data(), bytes.size()));
  bytes.resize(bytes.size() + RipPacket::entry_bytes);
  EXPECT_EQ(RipPacket::parse(bytes.data(), bytes.size()).error(), FormatError::bad_length);
  packet.clear();
  EXPECT_TRUE(packet.entries().empty());
}

TEST(RipPacketTest, RefusesEveryTruncation) {
  RipPacket packet;
  packet.add(example_entry());
  packet.add(example_entry());
  const Bytes bytes = emitted(packet);
  for (std::size_t available = 0; available < bytes.size(); ++available) {
    const auto read = RipPacket::parse(bytes.data(), available);
    if (available < 4) {
      EXPECT_EQ(read.error(), FormatError::truncated);
    } else if ((available - 4) % 20 != 0) {
      EXPECT_EQ(read.error(), FormatError::bad_length);
    } else {
      ASSERT_TRUE(read);
      EXPECT_EQ(read->entries().size(), (available - 4) / 20);
    }
  }
}

TEST(RipPacketTest, RefusesOtherVersions) {
  for (unsigned version = 0; version < 256; ++version) {
    Bytes bytes = example;
    bytes[1] = static_cast<std::uint8_t>(version);
    EXPECT_EQ(RipPacket::parse(bytes.data(), bytes.size()).has_value(), version == 2);
  }
}

TEST(RipPacketTest, WithstandsEveryFlippedBit) {
  Bytes bytes = example;
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80 >> bit % 8);
    bytes[bit / 8] ^= mask;
    const auto packet = RipPacket::parse(bytes.data(), bytes.size());
    EXPECT_EQ(packet.has_value(), bit / 8 != 1);
    if (packet && bit / 8 >= 4) {
      EXPECT_EQ(emitted(*packet), bytes);
    }
    bytes[bit / 8] ^= mask;
  }
}

TEST(RipEntryTest, BelievesRoutesOnly) {
  const auto is_valid = [](auto change) {
    RipEntry entry = example_entry();
    change(entry);
    return entry.is_valid_route();
  };
  EXPECT_TRUE(is_valid([](RipEntry&) {}));
  EXPECT_TRUE(is_valid([](RipEntry& entry) { entry.metric = 16; }));
  EXPECT_FALSE(is_valid([](RipEntry& entry) { entry.metric = 0; }));
  EXPECT_FALSE(is_valid([](RipEntry& entry) { entry.metric = 17; }));
  EXPECT_FALSE(is_valid([](RipEntry& entry) { entry.family = 0; }));
  EXPECT_FALSE(is_valid([](RipEntry& entry) { entry.family = RipEntry::authentication_family; }));
  EXPECT_FALSE(is_valid([](RipEntry& entry) { entry.mask = 0xff00ff00; }));
  EXPECT_FALSE(is_valid([](RipEntry& entry) { entry.mask = 0xff000000; })) << "bits outside it";
  EXPECT_FALSE(is_valid([](RipEntry& entry) { entry.address = Ipv4Address{127, 1, 0, 0}; }));
  EXPECT_FALSE(is_valid([](RipEntry& entry) { entry.address = Ipv4Address{0, 1, 0, 0}; }));
  EXPECT_FALSE(is_valid([](RipEntry& entry) { entry.address = Ipv4Address{224, 1, 0, 0}; }));
  EXPECT_FALSE(is_valid([](RipEntry& entry) { entry.address = Ipv4Address{240, 1, 0, 0}; }));
  EXPECT_FALSE(is_valid([](RipEntry& entry) { entry.address = Ipv4Address{}; }));
  EXPECT_TRUE(is_valid([](RipEntry& entry) {
    entry.address = Ipv4Address{};
    entry.mask = 0;
  })) << "the default route";
  EXPECT_TRUE(is_valid([](RipEntry& entry) { entry.mask = 0xffffffff; })) << "a host";
}

}  // namespace
}  // namespace elvis
