// SPDX-License-Identifier: MIT
#include "elvis/protocols/fragmentation.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "elvis/wire/ipv4_options.hpp"
#include "protocols/fragments.hpp"

namespace elvis::test {
namespace {

Ipv4Options options_of(const Ipv4Header& header) {
  return Ipv4Options{header.options};
}

TEST(FragmenterTest, LeavesWhatFitsAsItIs) {
  Rng rng{{64, 1}};
  const Message payload = random_payload(rng, 1'480);
  const auto fragments = fragments_of(header_with_id(1), payload, 1'500);
  ASSERT_EQ(fragments.size(), 1U);
  EXPECT_EQ(fragments[0].size(), 1'500U);
  const Ipv4Header header = header_of(fragments[0]);
  EXPECT_FALSE(header.more_fragments);
  EXPECT_EQ(header.fragment_offset, 0);
  EXPECT_EQ(fragments[0].slice(20), payload);
}

TEST(FragmenterTest, CutsAtMultiplesOfEight) {
  Rng rng{{64, 2}};
  const Message payload = random_payload(rng, 4'000);
  const auto fragments = fragments_of(header_with_id(7), payload, 1'500);
  ASSERT_EQ(fragments.size(), 3U);
  std::size_t offset = 0;
  for (std::size_t i = 0; i < fragments.size(); ++i) {
    const Ipv4Header header = header_of(fragments[i]);
    EXPECT_LE(fragments[i].size(), 1'500U);
    EXPECT_EQ(header.identification, 7);
    EXPECT_EQ(header.fragment_offset * 8U, offset);
    EXPECT_EQ(header.more_fragments, i + 1 < fragments.size());
    EXPECT_EQ(fragments[i].slice(20), payload.slice(offset, header.payload_size()));
    offset += header.payload_size();
  }
  EXPECT_EQ(offset, payload.size());
}

TEST(FragmenterTest, SharesThePayload) {
  Message payload = Message::zeros(3'000);
  const std::uint8_t* const bytes = payload.slice_at(0).data();
  const auto fragments = fragments_of(header_with_id(1), payload, 1'500);
  EXPECT_EQ(fragments[0].slice_at(1).data(), bytes);
  EXPECT_EQ(fragments[1].slice_at(1).data(), bytes + 1'480);
}

TEST(FragmenterTest, CopiesOnlyTheOptionsThatSaySo) {
  Ipv4Options options;
  ASSERT_TRUE(options.add_record_route(3));
  ASSERT_TRUE(options.add_router_alert());
  Ipv4Header header = header_with_id(1);
  header.options = options.bytes();
  const auto fragments = fragments_of(header, Message::zeros(200), 68);
  ASSERT_GT(fragments.size(), 4U);
  EXPECT_EQ(options_of(header_of(fragments[0])), options);
  for (std::size_t i = 1; i < fragments.size(); ++i) {
    EXPECT_EQ(options_of(header_of(fragments[i])), options.copied());
    EXPECT_EQ(header_of(fragments[i]).header_size(), 24U);
  }
}

TEST(FragmenterTest, KeepsThePlaceOfAFragmentThatItCutsAgain) {
  Rng rng{{64, 3}};
  const Message payload = random_payload(rng, 5'000);
  const ReassemblyLimits limits;
  Reassembly reassembly{limits};
  FragmentResult result;
  for (const Message& large : fragments_of(header_with_id(9), payload, 1'500)) {
    for (const Message& small : fragments_of(header_of(large), large.slice(20), 576)) {
      EXPECT_LE(small.size(), 576U);
      result = add(reassembly, small);
    }
  }
  ASSERT_EQ(result.fate, FragmentFate::complete);
  EXPECT_EQ(result.datagram.slice(20), payload);
}

TEST(FragmenterTest, FitsTheLeastMtuWithTheLongestHeader) {
  Ipv4Header header = header_with_id(1);
  const std::vector<std::uint8_t> options(40, 1);
  header.options = options;
  const auto fragments = fragments_of(header, Message::zeros(100), least_mtu);
  EXPECT_EQ(fragments[0].size(), 68U);
  EXPECT_EQ(header_of(fragments[1]).header_size(), 20U);
}

}  // namespace
}  // namespace elvis::test
