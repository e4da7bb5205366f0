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

struct CapturedFrame {
  Time time;                       ///< Not before the start of time.
  std::uint32_t interface_id = 0;  ///< The place among the interfaces of the file.
  CaptureDirection direction = CaptureDirection::unknown;
  std::span<const std::uint8_t> bytes{};  ///< With the link header.
  std::string_view comment{};             ///< UTF-8; none if empty.
};

/// Appends what a file begins with: the Section Header Block, or the classic file header, which
/// says that the file is of Ethernet frames with times in nanoseconds.
void append_capture_header(std::string& out, CaptureFormat format);
/// Appends an Interface Description Block; nothing to a classic file, which knows no interfaces.
void append_capture_interface(std::string& out, CaptureFormat format,
                              const CaptureInterface& interface);
/// Appends an Enhanced Packet Block, or a classic record, which knows no comment.
void append_captured_frame(std::string& out, CaptureFormat format, const CapturedFrame& frame);

/// How many of the first `size` bytes of `blocks`, which begins at a block, are whole blocks: what
/// stays readable when only that much could be written.
std::size_t whole_capture_blocks(std::string_view blocks, std::size_t size, CaptureFormat format,
                                 bool has_header);

}  // namespace elvis
