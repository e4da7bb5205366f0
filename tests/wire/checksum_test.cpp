// SPDX-License-Identifier: MIT
#include "elvis/wire/checksum.hpp"

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "elvis/util/rng.hpp"

namespace elvis {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// As RFC 1071 puts it: the 16-bit words one after the other, carries brought round.
std::uint16_t slow_sum(const Bytes& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8 : bytes[i];
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(sum);
}

std::uint16_t folded(const Bytes& bytes) {
  return fold_sum(partial_sum(bytes.data(), bytes.size()));
}

Bytes random_bytes(Rng& rng, std::size_t size) {
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(rng());
  return bytes;
}

TEST(ChecksumTest, SumsTheExampleOfRfc1071) {
  // RFC 1071, section 3, "Numerical Examples": the sum of these words is ddf2.
  EXPECT_EQ(folded({0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}), 0xddf2);
  // There, "breaking the sum into two groups, with the second group starting on a odd boundary":
  // the groups give f201 and f0eb, the second counts swapped.
  EXPECT_EQ(folded({0x00, 0x01, 0xf2}), 0xf201);
  EXPECT_EQ(folded({0x03, 0xf4, 0xf5, 0xf6, 0xf7}), 0xf0eb);
  EXPECT_EQ(fold_sum(0xf201 + std::uint64_t{swap_halves(0xf0eb)}), 0xddf2);
}

TEST(ChecksumTest, MatchesTheHeaderThatWikipediaWorksOut) {
  // Wikipedia, "Internet checksum", "Calculating the IPv4 header checksum": b861.
  const Bytes header{0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                     0x00, 0x00, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};
  EXPECT_EQ(finish_checksum(partial_sum(header.data(), header.size())), 0xb861);
}

TEST(ChecksumTest, SumsEverySizeAtEveryAlignment) {
  Rng rng{{1, 1}};
  for (std::size_t alignment = 0; alignment < 16; ++alignment) {
    for (std::size_t size = 0; size < 300; ++size) {
      const Bytes bytes = random_bytes(rng, size);
      Bytes moved(alignment);
      moved.insert(moved.end(), bytes.begin(), bytes.end());
      ASSERT_EQ(fold_sum(partial_sum(moved.data() + alignment, size)), slow_sum(bytes))
          << size << " bytes at " << alignment;
      Bytes copy(size + 1, 0xee);
      ASSERT_EQ(copy_and_sum(copy.data(), moved.data() + alignment, size),
                partial_sum(bytes.data(), size));
      ASSERT_EQ(copy.back(), 0xee) << "no byte more";
      copy.pop_back();
      ASSERT_EQ(copy, bytes);
    }
  }
}

TEST(ChecksumTest, CarriesThroughBytesThatAreAllOnes) {
  for (std::size_t size = 0; size < 200; ++size) {
    const Bytes ones(size, 0xff);
    ASSERT_EQ(folded(ones), slow_sum(ones)) << size;
  }
  const Bytes many(70'001, 0xff);
  EXPECT_EQ(folded(many), slow_sum(many));
}

TEST(ChecksumTest, AddsUpOverPiecesOfEvenSize) {
  Rng rng{{1, 2}};
  for (int round = 0; round < 1'000; ++round) {
    const Bytes head = random_bytes(rng, 2 * rng.below(50));
    const Bytes tail = random_bytes(rng, rng.below(100));
    Bytes whole = head;
    whole.insert(whole.end(), tail.begin(), tail.end());
    const std::uint64_t sum =
        partial_sum(head.data(), head.size()) + partial_sum(tail.data(), tail.size());
    ASSERT_EQ(fold_sum(sum), slow_sum(whole));
  }
}

TEST(ChecksumTest, IsZeroForZerosOnly) {
  EXPECT_EQ(folded(Bytes(100)), 0);
  EXPECT_EQ(folded({0xff, 0xff}), 0xffff);
  EXPECT_EQ(finish_checksum(0xffff), 0);
  EXPECT_EQ(finish_checksum(0), 0xffff);
}

TEST(ChecksumTest, FoldsTheLargestSum) {
  EXPECT_EQ(fold_sum(~std::uint64_t{0}), 0xffff);
}

TEST(ChecksumTest, SumsThePseudoHeaderAsItLies) {
  // RFC 768: source, destination, zero and protocol, length.
  const Bytes pseudo_header{192, 168, 0, 1, 10, 255, 255, 254, 0, 17, 0x12, 0x34};
  EXPECT_EQ(fold_sum(pseudo_header_sum(Ipv4Address{192, 168, 0, 1}, Ipv4Address{10, 255, 255, 254},
                                       17, 0x1234)),
            slow_sum(pseudo_header));
}

}  // namespace
}  // namespace elvis
