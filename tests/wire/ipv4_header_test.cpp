// SPDX-License-Identifier: MIT
#include "elvis/wire/ipv4_header.hpp"

#include <array>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "elvis/util/assert.hpp"
#include "elvis/util/rng.hpp"
#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/checksum.hpp"

namespace elvis {
namespace {

using Bytes = std::vector<std::uint8_t>;

// The header that Wikipedia's "Internet checksum" works out: UDP from 192.168.0.1 to 192.168.0.199.
const Bytes example{0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                    0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};

Ipv4Header example_header() {
  Ipv4Header header;
  header.total_length = 115;
  header.dont_fragment = true;
  header.protocol = static_cast<std::uint8_t>(IpProtocol::udp);
  header.source = Ipv4Address{192, 168, 0, 1};
  header.destination = Ipv4Address{192, 168, 0, 199};
  return header;
}

Bytes emitted(const Ipv4Header& header) {
  Bytes bytes(header.header_size());
  header.emit(bytes.data());
  return bytes;
}

/// Sets the checksum right after a change by hand.
void repair(Bytes& bytes) {
  store16(bytes.data() + 10, 0);
  store16(bytes.data() + 10, finish_checksum(partial_sum(bytes.data(), bytes.size())));
}

FormatError error_of(const Bytes& bytes, std::size_t available) {
  const auto header = Ipv4Header::parse(bytes.data(), available);
  EXPECT_FALSE(header);
  return header ? FormatError{-1} : header.error();
}

// Its options lie in `options`.
Ipv4Header random_header(Rng& rng, Bytes& options) {
  Ipv4Header header;
  header.type_of_service = static_cast<std::uint8_t>(rng());
  header.identification = static_cast<std::uint16_t>(rng());
  header.is_reserved_flag_set = rng.below(2) != 0;
  header.dont_fragment = rng.below(2) != 0;
  header.more_fragments = rng.below(2) != 0;
  header.fragment_offset = static_cast<std::uint16_t>(rng.below(8'192));
  header.time_to_live = static_cast<std::uint8_t>(rng());
  header.protocol = static_cast<std::uint8_t>(rng());
  header.source = Ipv4Address{static_cast<std::uint32_t>(rng())};
  header.destination = Ipv4Address{static_cast<std::uint32_t>(rng())};
  options.resize(4 * rng.below(11));
  for (std::uint8_t& octet : options) octet = static_cast<std::uint8_t>(rng());
  header.options = options;
  header.total_length =
      static_cast<std::uint16_t>(header.header_size() + rng.below(65'536 - header.header_size()));
  return header;
}

TEST(Ipv4HeaderTest, ReadsThePublishedExample) {
  const auto header = Ipv4Header::parse(example.data(), 115);
  ASSERT_TRUE(header);
  EXPECT_EQ(*header, example_header());
  EXPECT_EQ(header->header_size(), 20U);
  EXPECT_EQ(header->payload_size(), 95U);
}

TEST(Ipv4HeaderTest, WritesThePublishedExample) {
  EXPECT_EQ(emitted(example_header()), example);
}

TEST(Ipv4HeaderTest, ReadsWhatItWrites) {
  Rng rng{{6, 1}};
  for (int round = 0; round < 5'000; ++round) {
    Bytes options;
    const Ipv4Header header = random_header(rng, options);
    const Bytes bytes = emitted(header);
    ASSERT_EQ(fold_sum(partial_sum(bytes.data(), bytes.size())), 0xffff);
    const auto again = Ipv4Header::parse(bytes.data(), header.total_length);
    ASSERT_TRUE(again);
    ASSERT_EQ(*again, header);
  }
}

TEST(Ipv4HeaderTest, PutsEachFlagInItsBit) {
  const auto flags_of = [](Ipv4Header header) { return load16(emitted(header).data() + 6); };
  Ipv4Header header;
  EXPECT_EQ(flags_of(header), 0x0000);
  header.fragment_offset = 0x1fff;
  EXPECT_EQ(flags_of(header), 0x1fff);
  header.more_fragments = true;
  EXPECT_EQ(flags_of(header), 0x3fff);
  header.dont_fragment = true;
  EXPECT_EQ(flags_of(header), 0x7fff);
  header.is_reserved_flag_set = true;
  EXPECT_EQ(flags_of(header), 0xffff);
}

TEST(Ipv4HeaderTest, RefusesEveryTruncation) {
  for (std::size_t available = 0; available < 115; ++available) {
    EXPECT_EQ(error_of(example, available), FormatError::truncated) << available;
  }
}

TEST(Ipv4HeaderTest, RefusesEveryTruncationOfOptions) {
  Ipv4Header header = example_header();
  const Bytes options(40);
  header.options = options;
  header.total_length = 60;
  const Bytes bytes = emitted(header);
  for (std::size_t available = 0; available < 60; ++available) {
    EXPECT_EQ(
        error_of(Bytes(bytes.begin(), bytes.begin() + static_cast<long>(available)), available),
        FormatError::truncated)
        << available;
  }
}

TEST(Ipv4HeaderTest, AllowsPaddingOfTheLink) {
  EXPECT_TRUE(Ipv4Header::parse(example.data(), 1'500));
}

TEST(Ipv4HeaderTest, RefusesOtherVersions) {
  for (unsigned version = 0; version < 16; ++version) {
    if (version == 4) continue;
    Bytes bytes = example;
    bytes[0] = static_cast<std::uint8_t>(version << 4 | 5);
    repair(bytes);
    EXPECT_EQ(error_of(bytes, 115), FormatError::bad_version);
  }
}

TEST(Ipv4HeaderTest, RefusesHeadersShorterThanTheMinimum) {
  for (std::uint8_t words = 0; words < 5; ++words) {
    Bytes bytes = example;
    bytes[0] = static_cast<std::uint8_t>(0x40 | words);
    repair(bytes);
    EXPECT_EQ(error_of(bytes, 115), FormatError::bad_length);
  }
}

TEST(Ipv4HeaderTest, RefusesATotalLengthShorterThanTheHeader) {
  for (std::uint8_t length = 0; length < 20; ++length) {
    Bytes bytes = example;
    bytes[3] = length;
    repair(bytes);
    EXPECT_EQ(error_of(bytes, 115), FormatError::bad_length);
  }
}

TEST(Ipv4HeaderTest, FindsEveryFlippedBit) {
  for (std::size_t bit = 0; bit < 8 * example.size(); ++bit) {
    Bytes bytes = example;
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ 0x80U >> bit % 8);
    bytes.resize(Ipv4Header::max_size);  // a longer header may be read
    EXPECT_FALSE(Ipv4Header::parse(bytes.data(), 115)) << bit;
  }
}

TEST(Ipv4HeaderTest, JudgesTheChecksumBeforeItBelievesTheTotalLength) {
  Bytes bytes = example;
  bytes[2] = 0xff;
  EXPECT_EQ(error_of(bytes, 115), FormatError::bad_checksum);
}

TEST(Ipv4HeaderTest, AssertsFieldsThatFit) {
  std::array<std::uint8_t, Ipv4Header::max_size> bytes{};
  Ipv4Header header;
  const Bytes options(44);
  header.options = options;
  EXPECT_DEATH(header.emit(bytes.data()), "internal error");
  header.options = header.options.first(3);
  EXPECT_DEATH(header.emit(bytes.data()), "internal error");
  header.options = {};
  header.fragment_offset = 8'192;
  EXPECT_DEATH(header.emit(bytes.data()), "internal error");
}

}  // namespace
}  // namespace elvis
