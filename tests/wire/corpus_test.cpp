// SPDX-License-Identifier: MIT
// The seeds of the fuzz targets are the frames of these tests, layer by layer, and the like.
// ELVIS_UPDATE_GOLDEN=1 writes those that are missing or differ.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "elvis/util/rng.hpp"
#include "elvis/wire/rip_packet.hpp"
#include "wire/frames.hpp"

namespace elvis::test {
namespace {

const std::filesystem::path corpus = std::filesystem::path{ELVIS_TEST_DATA} / "../fuzz/corpus";

bool wants_update() {
  const char* const update = std::getenv("ELVIS_UPDATE_GOLDEN");
  return update != nullptr && std::string{update} == "1";
}

/// Expects `bytes` in the file `name` of the target's seeds.
void expect_seed(const std::string& target, const std::string& name,
                 std::span<const std::uint8_t> bytes) {
  const std::filesystem::path path = corpus / target / name;
  if (wants_update()) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path, std::ios::binary}.write(reinterpret_cast<const char*>(bytes.data()),
                                                static_cast<std::streamsize>(bytes.size()));
  }
  std::ifstream file{path, std::ios::binary};
  const std::string stored{std::istreambuf_iterator<char>{file}, {}};
  EXPECT_TRUE(file) << "make " << path << " with ELVIS_UPDATE_GOLDEN=1";
  EXPECT_EQ(stored, (std::string{bytes.begin(), bytes.end()})) << path;
}

TEST(CorpusTest, SeedsTheFormatsWithFrames) {
  for (const Frame& frame : all_frames()) {
    const std::span<const std::uint8_t> bytes{frame.bytes};
    expect_seed("ethernet", frame.name, bytes);
    const auto link = EthernetHeader::parse(bytes.data(), bytes.size());
    ASSERT_TRUE(link);
    const auto packet = bytes.subspan(EthernetHeader::size);
    if (link->type == static_cast<std::uint16_t>(EtherType::arp)) {
      expect_seed("arp_packet", frame.name, packet);
      continue;
    }
    expect_seed("ipv4_header", frame.name, packet);
    const auto ip = Ipv4Header::parse(packet.data(), packet.size());
    ASSERT_TRUE(ip);
    if (!ip->options.empty()) {
      expect_seed("ipv4_options", frame.name, ip->options);
    }
    if (ip->fragment_offset != 0) continue;
    const auto datagram = packet.subspan(ip->header_size(), ip->payload_size());
    if (ip->protocol == static_cast<std::uint8_t>(IpProtocol::icmp)) {
      expect_seed("icmp_message", frame.name, datagram);
    }
    if (ip->protocol != static_cast<std::uint8_t>(IpProtocol::udp)) continue;
    expect_seed("udp_header", frame.name, datagram);
    if (frame.name.starts_with("elvis-rip")) {
      expect_seed("rip_packet", frame.name, datagram.subspan(UdpHeader::size));
    }
  }
}

TEST(CorpusTest, SeedsArpWithManyPackets) {
  Rng rng{{30, 1}};
  for (int i = 0; i < 20; ++i) {
    const ArpPacket packet{.operation = static_cast<std::uint16_t>(i % 5),
                           .sender_mac = MacAddress{rng()},
                           .sender_address = Ipv4Address{static_cast<std::uint32_t>(rng())},
                           .target_mac = MacAddress{rng()},
                           .target_address = Ipv4Address{static_cast<std::uint32_t>(rng())}};
    const Bytes frame = arp_frame({}, packet);
    expect_seed("arp_packet", "random-" + std::to_string(i),
                std::span{frame}.subspan(EthernetHeader::size));
  }
}

TEST(CorpusTest, SeedsOptionsWithTimestampsOfEachMode) {
  const Bytes addresses{68, 20, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const Bytes prespecified{68, 20, 5, 3, 10, 0, 0, 1, 0, 0, 0, 0, 10, 0, 0, 2, 0, 0, 0, 0};
  const Bytes overflow{68, 4, 5, 0xd0};
  const Bytes many{1, 131, 3, 4, 7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0, 0};
  expect_seed("ipv4_options", "addresses", addresses);
  expect_seed("ipv4_options", "prespecified", prespecified);
  expect_seed("ipv4_options", "overflow", overflow);
  expect_seed("ipv4_options", "many", many);
}

TEST(CorpusTest, SeedsRipWithManyPackets) {
  Rng rng{{30, 3}};
  for (std::uint8_t i = 0; i < 12; ++i) {
    RipPacket packet;
    packet.command = static_cast<std::uint8_t>(1 + i % 2);
    for (int count = 0; count < i % 4; ++count) {
      packet.add({.tag = i,
                  .address = Ipv4Address{static_cast<std::uint32_t>(rng()) & 0xffffff00},
                  .mask = 0xffffff00,
                  .metric = static_cast<std::uint32_t>(rng.below(18))});
    }
    Bytes bytes(packet.packet_size());
    packet.emit(bytes.data());
    expect_seed("rip_packet", "random-" + std::to_string(i), bytes);
  }
}

TEST(CorpusTest, SeedsMessagesWithOperations) {
  Rng rng{{30, 2}};
  for (int i = 0; i < 32; ++i) {
    Bytes operations(8 + rng.below(120));
    for (std::uint8_t& byte : operations) byte = static_cast<std::uint8_t>(rng() % 64);
    expect_seed("message", "operations-" + std::to_string(i), operations);
  }
}

TEST(CorpusTest, SeedsTheCanaryWithHarmlessWords) {
  const Bytes nothing;
  const Bytes begin{'E', 'L', 'V'};
  const Bytes other{'E', 'L', 'V', 'I', 'S', '?'};
  expect_seed("canary", "empty", nothing);
  expect_seed("canary", "begin", begin);
  expect_seed("canary", "other", other);
}

}  // namespace
}  // namespace elvis::test
