// SPDX-License-Identifier: MIT
// Frames for the tests of all wire formats: whole ones, as they cross a link.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "elvis/wire/arp_packet.hpp"
#include "elvis/wire/ethernet.hpp"
#include "elvis/wire/icmp_message.hpp"
#include "elvis/wire/ipv4_header.hpp"
#include "elvis/wire/message.hpp"
#include "elvis/wire/udp_header.hpp"

namespace elvis::test {

using Bytes = std::vector<std::uint8_t>;

/// A frame and what it is called in test output and in file names.
struct Frame {
  std::string name;
  Bytes bytes;
};

/// Which addresses a frame goes between.
struct Route {
  MacAddress source_mac{0x0200'0000'0001};
  MacAddress destination_mac{0x0200'0000'0002};
};

Bytes payload_of(std::size_t size);

/// `packet` in an Ethernet frame.
Bytes arp_frame(Route route, const ArpPacket& packet);
/// `payload` behind `header`, whose lengths are set here, in an Ethernet frame.
Bytes ipv4_frame(Route route, Ipv4Header header, const Message& payload);
/// `payload` as a UDP datagram, checksums and lengths set as a host does.
Bytes udp_frame(Route route, Ipv4Header header, std::uint16_t source_port,
                std::uint16_t destination_port, std::span<const std::uint8_t> payload);

/// `icmp` in front of `payload`, in a frame like udp_frame's.
Bytes icmp_frame(Route route, Ipv4Header header, const IcmpMessage& icmp, Message payload);

/// Frames that this project's formats and messages built.
std::vector<Frame> our_frames();
/// Frames that libtins built.
std::vector<Frame> libtins_frames();
/// Sixty-three frames: both.
std::vector<Frame> all_frames();

}  // namespace elvis::test
