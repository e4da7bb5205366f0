// SPDX-License-Identifier: MIT
#include "elvis/wire/tcp_header.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "elvis/wire/tcp_options.hpp"

namespace elvis {
namespace {

using Bytes = std::vector<std::uint8_t>;

// A SYN as Linux sends it.
const Bytes syn{0xc0, 0x01, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04, 0x00, 0x00, 0x00, 0x00, 0xa0, 0x02,
                0xff, 0xff, 0x12, 0x34, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4, 0x04, 0x02, 0x08, 0x0a,
                0x00, 0x00, 0x00, 0x64, 0x00, 0x00, 0x00, 0x00, 0x01, 0x03, 0x03, 0x07};

TEST(TcpHeaderTest, ReadsEveryField) {
  const auto header = TcpHeader::parse(syn.data(), syn.size());
  ASSERT_TRUE(header);
  EXPECT_EQ(header->source_port, 0xc001);
  EXPECT_EQ(header->destination_port, 80);
  EXPECT_EQ(header->sequence, 0x0102'0304U);
  EXPECT_EQ(header->acknowledgement, 0U);
  EXPECT_EQ(header->flags, TcpHeader::syn);
  EXPECT_EQ(header->window, 0xffff);
  EXPECT_EQ(header->checksum, 0x1234);
  EXPECT_EQ(header->header_size(), 40U);
  Bytes written(40);
  header->emit(written.data());
  EXPECT_EQ(written, syn);
}

TEST(TcpHeaderTest, RefusesLengthsThatCannotBe) {
  EXPECT_EQ(TcpHeader::parse(syn.data(), 19).error(), FormatError::truncated);
  EXPECT_EQ(TcpHeader::parse(syn.data(), 39).error(), FormatError::truncated);
  Bytes bytes = syn;
  bytes[12] = 0x40;
  EXPECT_EQ(TcpHeader::parse(bytes.data(), bytes.size()).error(), FormatError::bad_length);
}

TEST(TcpHeaderTest, KeepsReservedBits) {
  Bytes bytes = syn;
  bytes[12] = 0xaf;
  const auto header = TcpHeader::parse(bytes.data(), bytes.size());
  ASSERT_TRUE(header);
  EXPECT_EQ(header->flags & TcpHeader::reserved, 0xf00);
  Bytes written(40);
  header->emit(written.data());
  EXPECT_EQ(written, bytes);
}

// ===== Options =====

TcpOptions all_options() {
  TcpOptions options;
  options.mss = 1460;
  options.sack_permitted = true;
  options.window_scale = 7;
  options.timestamps = {.value = 100, .echo = 0};
  return options;
}

Bytes emitted(const TcpOptions& options, TcpLayout layout) {
  Bytes bytes(TcpOptions::max_size);
  bytes.resize(options.emit(bytes.data(), layout));
  return bytes;
}

TEST(TcpOptionsTest, ReadsThoseOfASyn) {
  const TcpOptions options = TcpOptions::parse(std::span{syn}.subspan(20));
  EXPECT_EQ(options, all_options());
  EXPECT_FALSE(options.is_malformed);
}

TEST(TcpOptionsTest, WritesThemAsLinuxDoes) {
  EXPECT_EQ(emitted(all_options(), TcpLayout::like_linux), Bytes(syn.begin() + 20, syn.end()));
}

TEST(TcpOptionsTest, WritesThemAsFreeBsdDoes) {
  const Bytes expected{2, 4, 0x05, 0xb4, 1, 3, 3, 7, 4, 2, 8, 10, 0, 0, 0, 100, 0, 0, 0, 0};
  EXPECT_EQ(emitted(all_options(), TcpLayout::like_freebsd), expected);
}

TEST(TcpOptionsTest, ReadsAgainWhatItWroteInEveryLayout) {
  for (const TcpLayout layout : {TcpLayout::rfc, TcpLayout::like_linux, TcpLayout::like_freebsd}) {
    const Bytes bytes = emitted(all_options(), layout);
    EXPECT_EQ(bytes.size() % 4, 0U);
    EXPECT_EQ(TcpOptions::parse(bytes), all_options());
  }
}

TEST(TcpOptionsTest, WritesACookieInBothForms) {
  TcpOptions options;
  options.fast_open = TcpOptions::FastOpen{.size = 4, .bytes = {1, 2, 3, 4}};
  const Bytes usual{34, 6, 1, 2, 3, 4, 1, 1};
  EXPECT_EQ(emitted(options, TcpLayout::rfc), usual);
  EXPECT_EQ(TcpOptions::parse(usual), options);
  options.fast_open->is_experimental = true;
  const Bytes experimental{254, 8, 0xf9, 0x89, 1, 2, 3, 4};
  EXPECT_EQ(emitted(options, TcpLayout::rfc), experimental);
  EXPECT_EQ(TcpOptions::parse(experimental), options);
}

TEST(TcpOptionsTest, TakesACookieThatCannotBeForAQuestion) {
  EXPECT_EQ(TcpOptions::parse(Bytes{34, 4, 1, 2}).fast_open->size, 0) << "too short";
  Bytes long_one(20, 7);
  long_one[0] = 34;
  long_one[1] = 20;
  EXPECT_EQ(TcpOptions::parse(long_one).fast_open->size, 0) << "too long";
  EXPECT_FALSE(TcpOptions::parse(Bytes{34, 7, 1, 2, 3, 4, 5, 0}).fast_open) << "odd";
  EXPECT_FALSE(TcpOptions::parse(Bytes{254, 4, 0xf9, 0x88}).fast_open) << "another experiment";
}

TEST(TcpOptionsTest, LeavesOutACookieThatFindsNoRoom) {
  TcpOptions options = all_options();
  options.fast_open = TcpOptions::FastOpen{.is_experimental = true, .size = 16, .bytes = {}};
  EXPECT_EQ(emitted(options, TcpLayout::like_linux).size(), 40U);
  const TcpOptions read = TcpOptions::parse(emitted(options, TcpLayout::rfc));
  EXPECT_FALSE(read.fast_open);
  EXPECT_EQ(read, all_options());
}

// RFC 9768, 3.2.3: counters of 24 bits in either order.
TEST(TcpOptionsTest, WritesCountersOfMarks) {
  TcpOptions options;
  options.accurate_ecn =
      TcpOptions::AccurateEcn{.begins_with_ect1 = true, .count = 2, .counters = {1, 0x020304, 0}};
  const Bytes expected{174, 8, 0, 0, 1, 2, 3, 4};
  EXPECT_EQ(emitted(options, TcpLayout::like_linux), expected);
  EXPECT_EQ(TcpOptions::parse(expected), options);
  options.accurate_ecn->begins_with_ect1 = false;
  options.accurate_ecn->count = 3;
  const Bytes whole{172, 11, 0, 0, 1, 2, 3, 4, 0, 0, 0, 1};
  EXPECT_EQ(emitted(options, TcpLayout::like_linux), whole);
  EXPECT_EQ(TcpOptions::parse(whole), options);
}

TEST(TcpOptionsTest, LeavesOutBlocksThatFindNoRoom) {
  TcpOptions options;
  options.timestamps = {.value = 1, .echo = 2};
  options.block_count = 4;
  options.blocks = {{{10, 20}, {30, 40}, {50, 60}, {70, 80}}};
  const Bytes bytes = emitted(options, TcpLayout::rfc);
  EXPECT_EQ(bytes.size(), 40U);
  const TcpOptions read = TcpOptions::parse(bytes);
  ASSERT_EQ(read.block_count, 3);
  EXPECT_EQ(read.blocks[2], (TcpOptions::Block{50, 60}));
}

TEST(TcpOptionsTest, PassesOverWhatItDoesNotKnow) {
  const Bytes bytes{253, 4, 1, 2, 1, 2, 4, 0x05, 0xb4, 0, 99, 99};
  const TcpOptions options = TcpOptions::parse(bytes);
  EXPECT_EQ(options.mss, 1460);
  EXPECT_FALSE(options.is_malformed);
}

TEST(TcpOptionsTest, StopsAtALengthThatCannotBe) {
  for (const Bytes& bytes : {Bytes{2, 4, 5, 0xb4, 3, 0, 0, 0}, Bytes{2, 4, 5, 0xb4, 3, 1, 0, 0},
                             Bytes{2, 4, 5, 0xb4, 3, 99, 0, 0}, Bytes{2, 4, 5, 0xb4, 1, 1, 1, 3}}) {
    const TcpOptions options = TcpOptions::parse(bytes);
    EXPECT_TRUE(options.is_malformed);
    EXPECT_EQ(options.mss, 1460);
    EXPECT_FALSE(options.window_scale);
  }
}

}  // namespace
}  // namespace elvis
