// SPDX-License-Identifier: MIT
// Our wire formats against an independent implementation, libtins: what one writes the other reads.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <tins/arp.h>
#include <tins/ethernetII.h>
#include <tins/icmp.h>
#include <tins/ip.h>
#include <tins/rawpdu.h>
#include <tins/udp.h>

#include "elvis/util/rng.hpp"
#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/checksum.hpp"
#include "elvis/wire/ipv4_options.hpp"
#include "wire/frames.hpp"

namespace elvis::test {
namespace {

constexpr int rounds = 3'000;

Tins::HWAddress<6> to_tins(MacAddress mac) {
  return Tins::HWAddress<6>{mac.to_string()};
}
Tins::IPv4Address to_tins(Ipv4Address address) {
  return Tins::IPv4Address{address.to_string()};
}

std::uint8_t random8(Rng& rng) {
  return static_cast<std::uint8_t>(rng());
}
std::uint16_t random16(Rng& rng) {
  return static_cast<std::uint16_t>(rng());
}
Ipv4Address random_address(Rng& rng) {
  return Ipv4Address{static_cast<std::uint32_t>(rng())};
}
Route random_route(Rng& rng) {
  return {MacAddress{rng()}, MacAddress{rng()}};
}

Bytes random_payload(Rng& rng) {
  Bytes payload(rng.below(rng.below(10) == 0 ? 1'400 : 100));
  for (std::uint8_t& byte : payload) byte = random8(rng);
  return payload;
}

/// How many options longer than a byte a header gets. libtins 4.0 reads any number of them, but
/// forgets their length octets when it sizes the header: it writes one at most, and then a zero
/// over the first byte behind the header, which had better be zero (the high half of a low port).
enum class Options { one, many };

/// A list of options as RFC 791 allows it, padded to words by no-operations and perhaps one end of
/// the list: libtins 4.0 refuses two ends.
Bytes random_options(Rng& rng, Options kind) {
  constexpr std::size_t most = Ipv4Header::max_size - Ipv4Header::min_size;
  Bytes options;
  const auto add = [&options](std::uint64_t octet) {
    options.push_back(static_cast<std::uint8_t>(octet));
  };
  const std::uint64_t limit = rng.below(most - 2);
  bool is_allowed = true;
  while (options.size() < limit) {
    const std::size_t option_size = 3 + rng.below(10);
    if (!is_allowed || rng.below(3) == 0 || options.size() + option_size > most) {
      add(Tins::IP::NOOP);
      continue;
    }
    constexpr std::uint8_t types[]{7, 131, 137, 68, 130, 136, 148};
    add(types[rng.below(std::size(types))]);
    add(option_size);
    for (std::size_t i = 2; i < option_size; ++i) add(rng());
    is_allowed = kind == Options::many;
  }
  while (options.size() % 4 != 0) {
    add(options.size() % 4 == 3 ? rng.below(2) : std::uint64_t{Tins::IP::NOOP});
  }
  return options;
}

// Its options lie in `options`.
Ipv4Header random_header(Rng& rng, Options kind, Bytes& options) {
  Ipv4Header header;
  header.type_of_service = random8(rng);
  header.identification = random16(rng);
  header.dont_fragment = rng.below(2) != 0;
  header.is_reserved_flag_set = rng.below(8) == 0;
  header.time_to_live = random8(rng);
  header.source = random_address(rng);
  header.destination = random_address(rng);
  options.clear();
  if (rng.below(2) == 0) options = random_options(rng, kind);
  header.options = options;
  return header;
}

void expect_same(const Tins::EthernetII& theirs, const EthernetHeader& ours) {
  EXPECT_EQ(theirs.dst_addr(), to_tins(ours.destination));
  EXPECT_EQ(theirs.src_addr(), to_tins(ours.source));
  EXPECT_EQ(theirs.payload_type(), ours.type);
}

void expect_same(const Tins::ARP& theirs, const ArpPacket& ours) {
  EXPECT_EQ(theirs.hw_addr_format(), 1);
  EXPECT_EQ(theirs.prot_addr_format(), 0x0800);
  EXPECT_EQ(theirs.hw_addr_length(), 6);
  EXPECT_EQ(theirs.prot_addr_length(), 4);
  EXPECT_EQ(theirs.opcode(), ours.operation);
  EXPECT_EQ(theirs.sender_hw_addr(), to_tins(ours.sender_mac));
  EXPECT_EQ(theirs.sender_ip_addr(), to_tins(ours.sender_address));
  EXPECT_EQ(theirs.target_hw_addr(), to_tins(ours.target_mac));
  EXPECT_EQ(theirs.target_ip_addr(), to_tins(ours.target_address));
}

/// The options as libtins split them, put together again and padded.
Bytes options_of(const Tins::IP& ip) {
  Bytes bytes;
  for (const Tins::IP::option& option : ip.options()) {
    const Tins::IP::option_identifier type = option.option();
    bytes.push_back(static_cast<std::uint8_t>(type.copied << 7 | type.op_class << 5 | type.number));
    if (type.op_class == 0 && type.number <= Tins::IP::NOOP) continue;
    bytes.push_back(static_cast<std::uint8_t>(option.data_size() + 2));
    bytes.insert(bytes.end(), option.data_ptr(), option.data_ptr() + option.data_size());
  }
  bytes.resize((bytes.size() + 3) / 4 * 4);
  return bytes;
}

void expect_same(const Tins::IP& theirs, const Ipv4Header& ours) {
  EXPECT_EQ(theirs.version(), 4);
  EXPECT_EQ(theirs.head_len() * 4U, ours.header_size());
  EXPECT_EQ(theirs.tos(), ours.type_of_service);
  EXPECT_EQ(theirs.tot_len(), ours.total_length);
  EXPECT_EQ(theirs.id(), ours.identification);
  EXPECT_EQ((theirs.flags() & Tins::IP::FLAG_RESERVED) != 0, ours.is_reserved_flag_set);
  EXPECT_EQ((theirs.flags() & Tins::IP::DONT_FRAGMENT) != 0, ours.dont_fragment);
  EXPECT_EQ((theirs.flags() & Tins::IP::MORE_FRAGMENTS) != 0, ours.more_fragments);
  EXPECT_EQ(theirs.fragment_offset(), ours.fragment_offset);
  EXPECT_EQ(theirs.ttl(), ours.time_to_live);
  EXPECT_EQ(theirs.protocol(), ours.protocol);
  EXPECT_EQ(theirs.src_addr(), to_tins(ours.source));
  EXPECT_EQ(theirs.dst_addr(), to_tins(ours.destination));
  EXPECT_EQ(options_of(theirs), Bytes(ours.options.begin(), ours.options.end()));
}

void expect_same(const Tins::UDP& theirs, const UdpHeader& ours) {
  EXPECT_EQ(theirs.sport(), ours.source_port);
  EXPECT_EQ(theirs.dport(), ours.destination_port);
  EXPECT_EQ(theirs.length(), ours.length);
  EXPECT_EQ(theirs.checksum(), ours.checksum);
}

/// libtins 4.0 turns the octets of gateways and timestamps round when it reads and when it writes.
std::uint32_t turned(std::uint32_t word) {
  return __builtin_bswap32(word);
}

void expect_same(const Tins::ICMP& theirs, const IcmpMessage& ours) {
  EXPECT_EQ(theirs.type(), static_cast<Tins::ICMP::Flags>(ours.type));
  EXPECT_EQ(theirs.code(), ours.code);
  EXPECT_EQ(theirs.checksum(), ours.checksum);
  EXPECT_EQ(theirs.id(), ours.identifier());
  EXPECT_EQ(theirs.sequence(), ours.sequence());
  EXPECT_EQ(theirs.mtu(), ours.next_hop_mtu());
  EXPECT_EQ(theirs.gateway(), to_tins(Ipv4Address{turned(ours.rest)}));
  EXPECT_EQ(theirs.pointer(), ours.pointer());
  if (!ours.is_timestamp()) return;
  EXPECT_EQ(theirs.original_timestamp(), turned(ours.times[0]));
  EXPECT_EQ(theirs.receive_timestamp(), turned(ours.times[1]));
  EXPECT_EQ(theirs.transmit_timestamp(), turned(ours.times[2]));
}

/// Parses `frame` with our formats and with libtins, and compares every field, down to the payload.
void expect_same_reading(const Bytes& frame) {
  const Tins::EthernetII theirs{frame.data(), static_cast<std::uint32_t>(frame.size())};
  const auto link = EthernetHeader::parse(frame.data(), frame.size());
  ASSERT_TRUE(link);
  expect_same(theirs, *link);
  const std::uint8_t* const packet = frame.data() + EthernetHeader::size;
  const std::size_t packet_size = frame.size() - EthernetHeader::size;

  if (const auto* const their_arp = theirs.find_pdu<Tins::ARP>()) {
    const auto arp = ArpPacket::parse(packet, packet_size);
    ASSERT_TRUE(arp);
    return expect_same(*their_arp, *arp);
  }
  const auto* const their_ip = theirs.find_pdu<Tins::IP>();
  ASSERT_NE(their_ip, nullptr);
  const auto ip = Ipv4Header::parse(packet, packet_size);
  ASSERT_TRUE(ip) << static_cast<int>(ip.error());
  expect_same(*their_ip, *ip);
  EXPECT_EQ(their_ip->checksum(), load16(packet + 10));

  const std::uint8_t* const datagram = packet + ip->header_size();
  std::size_t header_size = 0;
  if (const auto* const their_udp = theirs.find_pdu<Tins::UDP>()) {
    const auto udp = UdpHeader::parse(datagram, ip->payload_size());
    ASSERT_TRUE(udp);
    expect_same(*their_udp, *udp);
    EXPECT_EQ(udp->length, ip->payload_size());
    // RFC 768: with its checksum, a datagram sums to all ones.
    EXPECT_EQ(fold_sum(pseudo_header_sum(ip->source, ip->destination, ip->protocol, udp->length) +
                       partial_sum(datagram, udp->length)),
              0xffff);
    header_size = UdpHeader::size;
  }
  if (const auto* const their_icmp = theirs.find_pdu<Tins::ICMP>()) {
    const auto icmp = IcmpMessage::parse(Message{std::span{datagram, ip->payload_size()}});
    ASSERT_TRUE(icmp);
    expect_same(*their_icmp, *icmp);
    header_size = icmp->header_size();
  }
  if (const auto* const their_payload = theirs.find_pdu<Tins::RawPDU>()) {
    EXPECT_EQ(their_payload->payload(),
              Bytes(datagram + header_size, datagram + ip->payload_size()));
  }
}

/// What libtins makes of `frame` when it writes it anew, computing all lengths and checksums
/// itself.
Bytes rewritten(const Bytes& frame) {
  return Tins::EthernetII{frame.data(), static_cast<std::uint32_t>(frame.size())}.serialize();
}

/// Whether libtins writes anew, lengths and checksums its own, what is expected.
testing::AssertionResult is_rewritten_to(const Bytes& frame, const Bytes& expected) {
  const Bytes theirs = rewritten(frame);
  if (theirs == expected) return testing::AssertionSuccess();
  return testing::AssertionFailure() << Message{theirs}.hex() << "expected\n"
                                     << Message{expected}.hex();
}

/// libtins pads what it writes to Ethernet's least frame size.
Bytes padded(Bytes frame) {
  frame.resize(std::max<std::size_t>(frame.size(), 60));
  return frame;
}

TEST(LibtinsTest, ReadsTheSameInAllFrames) {
  for (const Frame& frame : all_frames()) {
    SCOPED_TRACE(frame.name);
    expect_same_reading(frame.bytes);
  }
}

TEST(LibtinsTest, WritesOurFramesToTheSameBytes) {
  for (const Frame& frame : our_frames()) {
    if (frame.name == "elvis-udp-0") continue;  // libtins reads the padding as its payload
    EXPECT_TRUE(is_rewritten_to(frame.bytes, padded(frame.bytes))) << frame.name;
  }
}

TEST(LibtinsTest, ReadsOurArpPackets) {
  Rng rng{{20, 1}};
  for (int round = 0; round < rounds; ++round) {
    const ArpPacket packet{.operation = random16(rng),
                           .sender_mac = MacAddress{rng()},
                           .sender_address = random_address(rng),
                           .target_mac = MacAddress{rng()},
                           .target_address = random_address(rng)};
    const Bytes frame = arp_frame(random_route(rng), packet);
    expect_same_reading(frame);
    ASSERT_TRUE(is_rewritten_to(frame, padded(frame)));
  }
}

TEST(LibtinsTest, WritesArpPacketsThatWeRead) {
  Rng rng{{20, 2}};
  for (int round = 0; round < rounds; ++round) {
    const ArpPacket packet{.operation = random16(rng),
                           .sender_mac = MacAddress{rng()},
                           .sender_address = random_address(rng),
                           .target_mac = MacAddress{rng()},
                           .target_address = random_address(rng)};
    Tins::ARP arp{to_tins(packet.target_address), to_tins(packet.sender_address),
                  to_tins(packet.target_mac), to_tins(packet.sender_mac)};
    arp.opcode(static_cast<Tins::ARP::Flags>(packet.operation));
    const Bytes bytes = arp.serialize();
    const auto read = ArpPacket::parse(bytes.data(), bytes.size());
    ASSERT_TRUE(read);
    ASSERT_EQ(*read, packet);
  }
}

TEST(LibtinsTest, ReadsOurUdpDatagrams) {
  Rng rng{{20, 3}};
  Bytes options;
  for (int round = 0; round < rounds; ++round) {
    const Bytes frame = udp_frame(random_route(rng), random_header(rng, Options::many, options),
                                  random16(rng), random16(rng), random_payload(rng));
    expect_same_reading(frame);
    if (HasFailure()) return;
  }
}

TEST(LibtinsTest, ComputesTheChecksumsThatWeCompute) {
  Rng rng{{20, 4}};
  Bytes options;
  for (int round = 0; round < rounds; ++round) {
    const Bytes frame = udp_frame(random_route(rng), random_header(rng, Options::one, options),
                                  random8(rng), random16(rng), random_payload(rng));
    if (frame.size() < 60) continue;  // padding, which libtins takes for payload
    ASSERT_TRUE(is_rewritten_to(frame, frame));
  }
}

TEST(LibtinsTest, WritesUdpDatagramsThatWeRead) {
  Rng rng{{20, 5}};
  for (int round = 0; round < rounds; ++round) {
    Tins::IP ip{to_tins(random_address(rng)), to_tins(random_address(rng))};
    ip.tos(random8(rng));
    ip.id(random16(rng));
    ip.ttl(random8(rng));
    ip.flags(static_cast<Tins::IP::Flags>(rng.below(2) * Tins::IP::DONT_FRAGMENT));
    if (rng.below(2) == 0) {
      // Sizes that libtins 4.0 pads rightly, and by one end of the list at most.
      constexpr std::size_t sizes[]{1, 2, 5, 6, 9, 10, 37};
      Bytes data(sizes[rng.below(std::size(sizes))]);
      for (std::uint8_t& byte : data) byte = random8(rng);
      const auto number = static_cast<Tins::IP::OptionNumber>(2 + rng.below(30));
      ip.add_option(
          {Tins::IP::option_identifier{number, Tins::IP::CONTROL, 1}, data.begin(), data.end()});
    }
    const Bytes payload = random_payload(rng);
    Tins::EthernetII frame =
        Tins::EthernetII{to_tins(MacAddress{rng()}), to_tins(MacAddress{rng()})} / ip /
        Tins::UDP{random16(rng), random8(rng)} / Tins::RawPDU{payload};
    expect_same_reading(frame.serialize());
    if (HasFailure()) return;
  }
}

TEST(LibtinsTest, ReadsOurFragments) {
  Rng rng{{20, 6}};
  Bytes options;
  for (int round = 0; round < rounds; ++round) {
    Ipv4Header header = random_header(rng, Options::one, options);
    header.fragment_offset = static_cast<std::uint16_t>(1 + rng.below(8'191));
    header.more_fragments = rng.below(2) != 0;
    header.protocol = random8(rng);
    Bytes payload = random_payload(rng);
    payload.insert(payload.begin(), 0);
    const Bytes frame = ipv4_frame(random_route(rng), header, Message{payload});
    expect_same_reading(frame);
    if (frame.size() >= 60) {
      ASSERT_TRUE(is_rewritten_to(frame, frame));
    }
    if (HasFailure()) return;
  }
}

TEST(LibtinsTest, ReadsOurIcmpMessages) {
  Rng rng{{20, 7}};
  constexpr IcmpType types[]{IcmpType::echo,          IcmpType::echo_reply,
                             IcmpType::time_exceeded, IcmpType::destination_unreachable,
                             IcmpType::redirect,      IcmpType::parameter_problem,
                             IcmpType::timestamp,     IcmpType::timestamp_reply,
                             IcmpType::source_quench};
  Bytes options;
  for (int round = 0; round < rounds; ++round) {
    IcmpMessage icmp{.type = types[rng.below(std::size(types))],
                     .code = random8(rng),
                     .rest = static_cast<std::uint32_t>(rng())};
    // libtins takes the second octet of an error's second word for a length (RFC 4884).
    if (icmp.is_error() && icmp.type != IcmpType::redirect) icmp.rest &= 0xff00ffff;
    if (icmp.is_timestamp()) {
      for (std::uint32_t& time : icmp.times) time = static_cast<std::uint32_t>(rng());
    }
    const Ipv4Header header = random_header(rng, Options::one, options);
    const Bytes payload = random_payload(rng);
    const Bytes frame = icmp_frame(random_route(rng), header, icmp,
                                   icmp.is_timestamp() ? Message{} : Message{payload});
    expect_same_reading(frame);
    if (!icmp.is_error() && options.empty() && frame.size() >= 60) {
      ASSERT_TRUE(is_rewritten_to(frame, frame));
    }
    if (HasFailure()) return;
  }
}

TEST(LibtinsTest, WritesIcmpMessagesThatWeRead) {
  Rng rng{{20, 8}};
  for (int round = 0; round < rounds; ++round) {
    Tins::ICMP icmp;
    switch (rng.below(9)) {
      case 0:
        icmp.type(Tins::ICMP::ECHO_REQUEST);
        icmp.id(random16(rng));
        icmp.sequence(random16(rng));
        break;
      case 1:
        icmp.set_dest_unreachable();
        icmp.code(static_cast<std::uint8_t>(rng.below(16)));
        icmp.mtu(random16(rng));
        break;
      case 2:
        icmp.set_time_exceeded(rng.below(2) == 0);
        break;
      case 3:
        icmp.set_source_quench();
        break;
      case 4:
        icmp.type(Tins::ICMP::TIMESTAMP_REQUEST);
        icmp.id(random16(rng));
        icmp.original_timestamp(static_cast<std::uint32_t>(rng()));
        break;
      case 5:
        icmp.type(Tins::ICMP::ECHO_REPLY);
        icmp.id(random16(rng));
        icmp.sequence(random16(rng));
        break;
      case 6:
        icmp.type(Tins::ICMP::TIMESTAMP_REPLY);
        icmp.id(random16(rng));
        icmp.original_timestamp(static_cast<std::uint32_t>(rng()));
        icmp.receive_timestamp(static_cast<std::uint32_t>(rng()));
        icmp.transmit_timestamp(static_cast<std::uint32_t>(rng()));
        break;
      case 7:
        icmp.set_redirect(1, to_tins(random_address(rng)));
        break;
      default:
        icmp.set_param_problem(true, random8(rng));
        break;
    }
    Tins::EthernetII frame =
        Tins::EthernetII{to_tins(MacAddress{rng()}), to_tins(MacAddress{rng()})} /
        Tins::IP{to_tins(random_address(rng)), to_tins(random_address(rng))} / icmp;
    expect_same_reading(frame.serialize());
    if (HasFailure()) return;
  }
}

TEST(LibtinsTest, ReadsTheRoutesThatWeRecord) {
  Rng rng{{20, 9}};
  for (int round = 0; round < rounds; ++round) {
    const std::size_t slots = 1 + rng.below(9);
    Ipv4Options options;
    ASSERT_TRUE(options.add_record_route(slots));
    std::vector<Tins::IPv4Address> hops;
    for (std::size_t hop = rng.below(slots + 1); hop > 0; --hop) {
      const Ipv4Address address = random_address(rng);
      hops.push_back(to_tins(address));
      ASSERT_FALSE(options.record({.address = address}));
    }
    Bytes others;
    Ipv4Header header = random_header(rng, Options::one, others);
    header.options = options.bytes();
    const Bytes frame = udp_frame(random_route(rng), header, 1, 2, payload_of(30));
    expect_same_reading(frame);
    const Tins::EthernetII theirs{frame.data(), static_cast<std::uint32_t>(frame.size())};
    const auto route = theirs.rfind_pdu<Tins::IP>().record_route();
    EXPECT_EQ(route.pointer, 4 + 4 * hops.size());
    ASSERT_EQ(route.routes.size(), slots);
    ASSERT_TRUE(std::equal(hops.begin(), hops.end(), route.routes.begin()));
  }
}

TEST(LibtinsTest, ReadsTheTimesAndAlertsThatWeWrite) {
  Rng rng{{20, 10}};
  for (int round = 0; round < rounds; ++round) {
    const bool has_addresses = rng.below(2) == 0;
    const std::size_t slots = 1 + rng.below(has_addresses ? 3 : 6);
    Ipv4Options options;
    ASSERT_TRUE(options.add_router_alert());
    ASSERT_TRUE(options.add_timestamp(
        has_addresses ? TimestampMode::addresses_and_times : TimestampMode::times, slots));
    Bytes expected;  // of what libtins calls the data: all behind the length
    const std::uint64_t hops = rng.below(slots + 3);
    for (std::uint64_t hop = 0; hop < hops; ++hop) {
      const Ipv4Address address = random_address(rng);
      const auto time = static_cast<std::uint32_t>(rng() % 86'400'000);
      ASSERT_FALSE(options.record({.address = address, .time = time}));
      if (hop >= slots) continue;
      std::uint8_t word[4];
      if (has_addresses) {
        store32(word, address.value());
        expected.insert(expected.end(), word, word + 4);
      }
      store32(word, time);
      expected.insert(expected.end(), word, word + 4);
    }
    const std::size_t width = has_addresses ? 8 : 4;
    const std::size_t filled = expected.size() / width;
    const std::uint64_t overflow = hops - filled;
    expected.resize(slots * width);
    expected.insert(expected.begin(), {static_cast<std::uint8_t>(5 + filled * width),
                                       static_cast<std::uint8_t>(overflow << 4 | has_addresses)});
    Bytes others;
    Ipv4Header header = random_header(rng, Options::one, others);
    header.options = options.bytes();
    const Bytes frame = udp_frame(random_route(rng), header, 1, 2, payload_of(30));
    expect_same_reading(frame);
    const Tins::EthernetII theirs{frame.data(), static_cast<std::uint32_t>(frame.size())};
    const auto& ip = theirs.rfind_pdu<Tins::IP>();
    const auto* const times = ip.search_option(68);
    ASSERT_NE(times, nullptr);
    EXPECT_EQ(Bytes(times->data_ptr(), times->data_ptr() + times->data_size()), expected);
    const auto* const alert = ip.search_option(148);
    ASSERT_NE(alert, nullptr);
    EXPECT_EQ(Bytes(alert->data_ptr(), alert->data_ptr() + alert->data_size()), (Bytes{0, 0}));
    if (HasFailure()) return;
  }
}

TEST(LibtinsTest, WritesRoutesThatWeRead) {
  Rng rng{{20, 11}};
  for (int round = 0; round < rounds; ++round) {
    Tins::IP ip{to_tins(random_address(rng)), to_tins(random_address(rng))};
    Tins::IP::generic_route_option_type route;
    std::vector<Ipv4Address> hops;
    const std::size_t slots = 1 + rng.below(9);
    for (std::size_t i = 0; i < slots; ++i) {
      hops.push_back(random_address(rng));
      route.routes.push_back(to_tins(hops.back()));
    }
    const std::size_t filled = rng.below(slots + 1);
    route.pointer = static_cast<std::uint8_t>(4 + 4 * filled);
    const std::uint64_t kind = rng.below(3);
    if (kind == 0) ip.record_route(route);
    if (kind == 1) ip.lsrr(route);
    if (kind == 2) ip.ssrr(route);
    const Bytes frame = (Tins::EthernetII{to_tins(MacAddress{rng()}), to_tins(MacAddress{rng()})} /
                         ip / Tins::UDP{1, 2} / Tins::RawPDU{random_payload(rng)})
                            .serialize();
    expect_same_reading(frame);
    const auto header =
        Ipv4Header::parse(frame.data() + EthernetHeader::size, frame.size() - EthernetHeader::size);
    ASSERT_TRUE(header);
    const Ipv4Options options{header->options};
    EXPECT_FALSE(options.find_fault());
    EXPECT_EQ(options.has_source_route(), kind != 0);
    if (kind == 0) {
      std::array<Ipv4Address, 9> recorded;
      ASSERT_EQ(options.recorded_route(recorded), filled);
      EXPECT_TRUE(std::equal(recorded.begin(), recorded.begin() + filled, hops.begin()));
    }
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace elvis::test
