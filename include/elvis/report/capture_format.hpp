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
#include "elvis/wire/message.hpp"

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

/// What a capture says of a frame beside its bytes.
struct CapturedFrame {
  Time time;                       ///< Not before the start of time.
  std::uint32_t interface_id = 0;  ///< The place among the interfaces of the file.
  CaptureDirection direction = CaptureDirection::unknown;
};

/// Appends what a file begins with: the Section Header Block, or the classic file header, which
/// says that the file is of Ethernet frames with times in nanoseconds.
void append_capture_header(std::string& out, CaptureFormat format);
/// Appends an Interface Description Block; nothing to a classic file, which knows no interfaces.
void append_capture_interface(std::string& out, CaptureFormat format,
                              const CaptureInterface& interface);

/// What write_captured_frame() writes for a frame of `bytes` bytes.
constexpr std::size_t captured_frame_size(CaptureFormat format, CaptureDirection direction,
                                          std::size_t bytes) {
  if (format == CaptureFormat::pcap) return 16 + bytes;
  return (direction == CaptureDirection::unknown ? 32 : 44) + (bytes + 3) / 4 * 4;
}
/// Writes an Enhanced Packet Block, or a classic record, to `out`, which has room for it. `frame`
/// has its link header.
void write_captured_frame(std::uint8_t* out, CaptureFormat format, const CapturedFrame& about,
                          const Message& frame);
/// The frame in a block that begins at `block`.
std::span<const std::uint8_t> frame_in_block(const std::uint8_t* block, CaptureFormat format);
/// How long a block that begins at `block` is.
std::size_t size_of_block(const std::uint8_t* block, CaptureFormat format);
/// An Enhanced Packet Block with a line of UTF-8 more in its comment. Comments that grow long say
/// "and more", and then nothing further.
std::string with_comment(std::string_view block, std::string_view line);

/// How many of the first `size` bytes of `blocks`, which begins at a block, are whole blocks: what
/// stays readable when only that much could be written.
std::size_t whole_capture_blocks(std::string_view blocks, std::size_t size, CaptureFormat format,
                                 bool has_header);

}  // namespace elvis
