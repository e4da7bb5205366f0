// SPDX-License-Identifier: MIT
// Damaged frames: every prefix and every flipped bit of sixty real frames through all parsers.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>

#include <gtest/gtest.h>

#include "elvis/wire/icmp_message.hpp"
#include "elvis/wire/ipv4_options.hpp"
#include "elvis/wire/rip_packet.hpp"
#include "wire/frames.hpp"

namespace elvis::test {
namespace {

/// A copy that ends where the heap block ends, so that a sanitizer sees a byte read behind it.
class Exact {
 public:
  Exact(const std::uint8_t* bytes, std::size_t size)
      : bytes_{std::make_unique_for_overwrite<std::uint8_t[]>(size)}, size_{size} {
    if (size != 0) std::memcpy(bytes_.get(), bytes, size);
  }
  const std::uint8_t* data() const { return bytes_.get(); }
  std::size_t size() const { return size_; }

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t size_;
};

/// How many of what was parsed.
struct Counts {
  int parsed = 0;
  int refused = 0;
};

/// What parses is written and read again to the same header, and written again to the same bytes.
template <typename Header>
void check_stable(const Header& header, std::size_t size, std::size_t available) {
  std::array<std::uint8_t, RipPacket::max_size> once{};
  header.emit(once.data());
  const auto again = Header::parse(once.data(), available);
  ASSERT_TRUE(again);
  ASSERT_EQ(*again, header);
  std::array<std::uint8_t, RipPacket::max_size> twice{};
  again->emit(twice.data());
  ASSERT_TRUE(std::equal(once.begin(), once.begin() + static_cast<long>(size), twice.begin()));
}

template <typename Header>
void parse(const std::uint8_t* bytes, std::size_t available, Counts& counts) {
  const Exact exact{bytes, available};
  const auto header = Header::parse(exact.data(), exact.size());
  ++(header ? counts.parsed : counts.refused);
  if (!header) return;
  if constexpr (requires { header->header_size(); }) {
    check_stable(*header, header->header_size(), available);
  } else if constexpr (requires { header->packet_size(); }) {
    check_stable(*header, header->packet_size(), available);
  } else {
    check_stable(*header, Header::size, available);
  }
}

/// Each parser on the bytes as they stand at each layer, whatever the layer below says.
void parse_all(const Bytes& frame, Counts& counts) {
  const auto from = [&](std::size_t offset) { return std::min(offset, frame.size()); };
  const std::size_t packet = from(EthernetHeader::size);
  const std::size_t datagram = from(EthernetHeader::size + Ipv4Header::min_size);
  parse<EthernetHeader>(frame.data(), frame.size(), counts);
  parse<ArpPacket>(frame.data() + packet, frame.size() - packet, counts);
  parse<Ipv4Header>(frame.data() + packet, frame.size() - packet, counts);
  parse<UdpHeader>(frame.data() + datagram, frame.size() - datagram, counts);
  parse<IcmpMessage>(frame.data() + datagram, frame.size() - datagram, counts);
  const std::size_t payload = from(EthernetHeader::size + Ipv4Header::min_size + UdpHeader::size);
  parse<RipPacket>(frame.data() + payload, frame.size() - payload, counts);
  const Exact quoted{frame.data() + payload, frame.size() - payload};
  (void)QuotedDatagram::parse(quoted.data(), quoted.size());
  const std::size_t options = std::min(frame.size() - datagram, Ipv4Options::max_size);
  (void)Ipv4Options{{frame.data() + datagram, options}}.find_fault();
}

TEST(FlipsTest, HasSixtyThreeFrames) {
  EXPECT_EQ(all_frames().size(), 63U);
}

TEST(FlipsTest, ParsesEveryPrefix) {
  Counts counts;
  for (const Frame& frame : all_frames()) {
    for (std::size_t size = 0; size <= frame.bytes.size(); ++size) {
      parse_all(Bytes(frame.bytes.begin(), frame.bytes.begin() + static_cast<long>(size)), counts);
    }
    ASSERT_FALSE(HasFatalFailure()) << frame.name;
  }
  EXPECT_GT(counts.parsed, 5'000);
  EXPECT_GT(counts.refused, 5'000);
}

TEST(FlipsTest, ParsesEveryFlippedBit) {
  Counts counts;
  for (const Frame& frame : all_frames()) {
    Bytes bytes = frame.bytes;
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      const auto mask = static_cast<std::uint8_t>(0x80 >> bit % 8);
      bytes[bit / 8] ^= mask;
      parse_all(bytes, counts);
      bytes[bit / 8] ^= mask;
    }
    ASSERT_FALSE(HasFatalFailure()) << frame.name;
  }
  EXPECT_GT(counts.parsed, 50'000);
  EXPECT_GT(counts.refused, 50'000);
}

}  // namespace
}  // namespace elvis::test
