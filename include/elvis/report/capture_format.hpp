// SPDX-License-Identifier: MIT
// The bytes of packet captures: pcapng (draft-ietf-opsawg-pcapng) and classic pcap with
// nanoseconds.
//
// Little endian on every machine, so that the same frames give the same bytes everywhere. Times
// count from 1970-01-01, which is where the simulated time of a run begins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "elvis/util/units.hpp"
#include "elvis/wire/address.hpp"

namespace elvis {

enum class CaptureFormat : std::uint8_t { pcapng, pcap };

/// The format that a file's name asks for: classic if it ends in `.pcap`, else pcapng.
CaptureFormat capture_format_of(std::string_view file_name);

/// Where frames of a capture were seen: a network, or a machine's attachment to one.
struct CaptureInterface {
  std::string name;
  std::string description;
  std::optional<MacAddress> mac;  ///< Of an attachment.
  std::optional<BitRate> speed;   ///< Unlimited if not given.
};

/// Which way a frame went, seen from the machine whose interface it is.
enum class CaptureDirection : std::uint8_t { unknown, inbound, outbound };

/// A frame as a capture has it.
struct CapturedFrame {
  Time time;                       ///< Not before the start of time.
  std::uint32_t interface_id = 0;  ///< The place among the interfaces of the file.
  CaptureDirection direction = CaptureDirection::unknown;
  std::span<const std::uint8_t> bytes = {};  ///< With the link header.
  std::string_view comment = {};             ///< UTF-8, at most `longest_comment` bytes.

  static constexpr std::size_t longest_comment = 400;
};

/// Appends what a file begins with: the Section Header Block, or the classic file header, which
/// says that the file is of Ethernet frames with times in nanoseconds.
void append_capture_header(std::string& out, CaptureFormat format);
/// Appends an Interface Description Block; nothing to a classic file, which knows no interfaces.
void append_capture_interface(std::string& out, CaptureFormat format,
                              const CaptureInterface& interface);

/// What write_captured_frame() writes.
constexpr std::size_t captured_frame_size(CaptureFormat format, const CapturedFrame& frame) {
  const auto padded = [](std::size_t bytes) { return (bytes + 3) & ~std::size_t{3}; };
  if (format == CaptureFormat::pcap) return 16 + frame.bytes.size();
  std::size_t size = 32 + padded(frame.bytes.size());
  if (frame.direction != CaptureDirection::unknown) size += 12;
  if (frame.comment.empty()) [[likely]]
    return size;
  return size + 4 + padded(frame.comment.size()) +
         (frame.direction == CaptureDirection::unknown ? 4 : 0);
}
/// Writes an Enhanced Packet Block, or a classic record, which has no comment, to `out`, which has
/// room for it.
void write_captured_frame(std::uint8_t* out, CaptureFormat format, const CapturedFrame& frame);
/// Adds a line to a frame's comment. One that grows long says "and more", and then nothing further.
void add_comment_line(std::string& comment, std::string_view line);

/// How many of the first `size` bytes of `blocks`, which begins at a block, are whole blocks: what
/// stays readable when only that much could be written.
std::size_t whole_capture_blocks(std::string_view blocks, std::size_t size, CaptureFormat format,
                                 bool has_header);

}  // namespace elvis
