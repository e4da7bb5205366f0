// SPDX-License-Identifier: MIT
#include "elvis/report/capture_format.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace elvis {
namespace {

// The bytes of `out` as hex digits, with a blank after each four bytes.
std::string hex(const std::string& out) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto byte = static_cast<unsigned char>(out[i]);
    if (i != 0 && i % 4 == 0) text += ' ';
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

const std::vector<std::uint8_t> broadcast(5, 0xff);
constexpr Time moment{Duration{0x1'2345'6789}};

std::string block_of(CaptureFormat format, CapturedFrame frame,
                     const std::vector<std::uint8_t>& bytes) {
  frame.bytes = bytes;
  std::string out(captured_frame_size(format, frame), 'X');
  write_captured_frame(reinterpret_cast<std::uint8_t*>(out.data()), format, frame);
  return out;
}

TEST(CaptureFormatTest, ASectionBeginsWithAHeaderBlockInLittleEndian) {
  std::string out;
  append_capture_header(out, CaptureFormat::pcapng);
  EXPECT_EQ(hex(out),
            "0a0d0d0a 2c000000 4d3c2b1a 01000000 ffffffff ffffffff "
            "04000500 456c7669 73000000 00000000 2c000000");
}

TEST(CaptureFormatTest, AnInterfaceHasItsOptionsPaddedToFourBytes) {
  std::string out;
  append_capture_interface(out, CaptureFormat::pcapng,
                           {"a/1", "xy", MacAddress{0x02'0000'0000'2a}, BitRate{1'000'000}});
  EXPECT_EQ(hex(out),
            "01000000 48000000 01000000 00000000 "
            "02000300 612f3100 03000200 78790000 "
            "06000600 02000000 002a0000 "
            "08000800 40420f00 00000000 "
            "09000100 09000000 00000000 48000000");
}

TEST(CaptureFormatTest, AFrameHasItsTimeInTwoHalvesHighFirst) {
  EXPECT_EQ(hex(block_of(CaptureFormat::pcapng, {.time = moment, .interface_id = 3}, broadcast)),
            "06000000 28000000 03000000 01000000 89674523 05000000 05000000 "
            "ffffffff ff000000 28000000");
}

TEST(CaptureFormatTest, ACommentAndAFlagAreOptionsBehindThePaddedFrame) {
  const std::vector<std::uint8_t> bytes(6, 0xff);
  const std::string block =
      block_of(CaptureFormat::pcapng,
               {.time = moment, .direction = CaptureDirection::inbound, .comment = "lost!"}, bytes);
  // The flags: inbound, broadcast.
  EXPECT_EQ(hex(block),
            "06000000 40000000 00000000 01000000 89674523 06000000 06000000 "
            "ffffffff ffff0000 01000500 6c6f7374 21000000 02000400 0d000000 00000000 40000000");
}

TEST(CaptureFormatTest, FlagsTellDirectionAndKindOfAddress) {
  const auto flags = [](CaptureDirection direction, std::uint8_t first) {
    std::vector<std::uint8_t> bytes(8, 0x10);
    bytes[0] = first;
    return static_cast<int>(
        block_of(CaptureFormat::pcapng, {.time = moment, .direction = direction}, bytes)[40]);
  };
  EXPECT_EQ(flags(CaptureDirection::outbound, 0x02), 2 | 1 << 2);
  EXPECT_EQ(flags(CaptureDirection::inbound, 0x01), 1 | 2 << 2);
}

TEST(CaptureFormatTest, TheClassicFormatHasItsNanosecondMagic) {
  std::string out;
  append_capture_header(out, CaptureFormat::pcap);
  append_capture_interface(out, CaptureFormat::pcap, {"a", "b", {}, {}});
  out += block_of(CaptureFormat::pcap, {.time = Time{Duration{2'000'000'007}}}, broadcast);
  EXPECT_EQ(hex(out),
            "4d3cb2a1 02000400 00000000 00000000 ffffff7f 01000000 "
            "02000000 07000000 05000000 05000000 ffffffff ff");
}

TEST(CaptureFormatTest, TheNameOfAFileTellsItsFormat) {
  EXPECT_EQ(capture_format_of("x.pcap"), CaptureFormat::pcap);
  EXPECT_EQ(capture_format_of("x.pcapng"), CaptureFormat::pcapng);
  EXPECT_EQ(capture_format_of("pcap"), CaptureFormat::pcapng);
}

TEST(CaptureFormatTest, WholeBlocksEndWhereABlockEnds) {
  for (const CaptureFormat format : {CaptureFormat::pcapng, CaptureFormat::pcap}) {
    std::string out;
    std::vector<std::size_t> ends{0};
    append_capture_header(out, format);
    ends.push_back(out.size());
    for (int i = 0; i < 3; ++i) {
      out += block_of(format, {.time = moment, .comment = "x"}, broadcast);
      ends.push_back(out.size());
    }
    for (std::size_t size = 0; size <= out.size(); ++size) {
      std::size_t expected = 0;
      for (const std::size_t end : ends) expected = end <= size ? end : expected;
      EXPECT_EQ(whole_capture_blocks(out, size, format, true), expected) << size;
    }
  }
}

TEST(CaptureFormatTest, ACommentNeedsNoFlagToBeEnded) {
  EXPECT_EQ(hex(block_of(CaptureFormat::pcapng, {.time = moment, .comment = "lost"}, broadcast)),
            "06000000 34000000 00000000 01000000 89674523 05000000 05000000 "
            "ffffffff ff000000 01000400 6c6f7374 00000000 34000000");
}

TEST(CaptureFormatTest, LinesOfACommentAreJoinedUntilItIsLong) {
  std::string comment;
  add_comment_line(comment, "one");
  add_comment_line(comment, "two");
  EXPECT_EQ(comment, "one\ntwo");
  for (int i = 0; i < 100; ++i) add_comment_line(comment, "a line more");
  EXPECT_EQ(comment.size(), CapturedFrame::longest_comment);
  EXPECT_EQ(comment.find("\nand more"), comment.rfind("and more") - 1) << "said once";
  std::string endless;
  add_comment_line(endless, std::string(100'000, 'x'));
  EXPECT_EQ(endless.size(), CapturedFrame::longest_comment);
  EXPECT_NE(endless.find("x\nand more"), std::string::npos);
}

}  // namespace
}  // namespace elvis
