// SPDX-License-Identifier: MIT
#include "elvis/report/capture_format.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "elvis/wire/byte_order.hpp"

namespace elvis {

namespace {

// draft-ietf-opsawg-pcapng, 4: the types of blocks; 3.5 and 4: the codes of their options.
constexpr std::uint32_t section_header_block = 0x0a0d0d0a;
constexpr std::uint32_t interface_description_block = 1;
constexpr std::uint32_t enhanced_packet_block = 6;
constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;
constexpr std::uint16_t link_type_ethernet = 1;

constexpr std::uint16_t opt_endofopt = 0;
constexpr std::uint16_t opt_comment = 1;
constexpr std::uint16_t shb_userappl = 4;
constexpr std::uint16_t if_name = 2;
constexpr std::uint16_t if_description = 3;
constexpr std::uint16_t if_macaddr = 6;
constexpr std::uint16_t if_speed = 8;
constexpr std::uint16_t if_tsresol = 9;
constexpr std::uint16_t epb_flags = 2;

// draft-ietf-opsawg-pcap, 4: the magic number of files with nanoseconds.
constexpr std::uint32_t pcap_nanosecond_magic = 0xa1b23c4d;
constexpr std::size_t pcap_header_size = 24;
constexpr std::size_t pcap_record_header_size = 16;

// An option's length has 16 bits.
constexpr std::size_t longest_option = 65'535;

void put8(std::string& out, std::uint8_t value) {
  out.push_back(static_cast<char>(value));
}
template <typename T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) put8(out, static_cast<std::uint8_t>(value >> 8 * i));
}
void put16(std::string& out, std::uint16_t value) {
  put(out, value);
}
void put32(std::string& out, std::uint32_t value) {
  put(out, value);
}

std::uint32_t get32(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i > 0; --i) {
    value = value << 8 | static_cast<std::uint8_t>(bytes[at + i - 1]);
  }
  return value;
}

constexpr std::size_t padding_of(std::size_t size) {
  return (4 - size % 4) % 4;
}

void put_option(std::string& out, std::uint16_t code, std::string_view value) {
  value = value.substr(0, longest_option);
  put16(out, code);
  put16(out, static_cast<std::uint16_t>(value.size()));
  out.append(value);
  out.append(padding_of(value.size()), '\0');
}

void put_end_of_options(std::string& out) {
  put16(out, opt_endofopt);
  put16(out, 0);
}

// Begins a block whose length end_block() fills in; returns where it begins.
std::size_t begin_block(std::string& out, std::uint32_t type) {
  const std::size_t at = out.size();
  put32(out, type);
  put32(out, 0);
  return at;
}

void end_block(std::string& out, std::size_t at) {
  const auto length = static_cast<std::uint32_t>(out.size() + 4 - at);
  for (std::size_t i = 0; i < 4; ++i) out[at + 4 + i] = static_cast<char>(length >> 8 * i);
  put32(out, length);
}

// draft-ietf-opsawg-pcapng, 4.3.1, epb_flags: bits 0-1 the direction, bits 2-4 how the frame is
// addressed: 1 unicast, 2 multicast, 3 broadcast.
std::uint32_t flags_of(const CapturedFrame& frame) {
  const auto direction = static_cast<std::uint32_t>(frame.direction);
  if (frame.bytes.size() < 6) return direction;
  const auto destination = frame.bytes.first(6);
  const bool is_group = (destination[0] & 1) != 0;
  const bool is_broadcast = std::all_of(destination.begin(), destination.end(),
                                        [](std::uint8_t byte) { return byte == 0xff; });
  return direction | (is_broadcast ? 3U : is_group ? 2U : 1U) << 2;
}

// Where the numbers of a block are gathered: most packets have all of theirs in one piece.
template <std::size_t n>
class Numbers {
 public:
  void put(std::uint32_t value) {
    for (int i = 0; i < 4; ++i) bytes_[size_++] = static_cast<char>(value >> 8 * i);
  }
  void skip(std::size_t bytes) { size_ += bytes; }
  std::string_view bytes() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, n> bytes_{};
  std::size_t size_ = 0;
};

void append_packet_block(std::string& out, const CapturedFrame& frame) {
  constexpr std::uint32_t fixed_size = 32;  // of a block without packet and options
  const auto nanoseconds = static_cast<std::uint64_t>((frame.time - start_of_time).count());
  const auto size = static_cast<std::uint32_t>(frame.bytes.size());
  const auto padding = static_cast<std::uint32_t>(padding_of(size));
  const std::string_view comment = frame.comment.substr(0, longest_option);
  const auto comment_size = static_cast<std::uint32_t>(comment.size());
  const auto comment_padding = static_cast<std::uint32_t>(padding_of(comment_size));
  const bool has_flags = frame.direction != CaptureDirection::unknown;

  std::uint32_t length = fixed_size + size + padding;
  if (!comment.empty()) length += 4 + comment_size + comment_padding;
  if (has_flags) length += 8;
  if (!comment.empty() || has_flags) length += 4;

  Numbers<28> head;
  head.put(enhanced_packet_block);
  head.put(length);
  head.put(frame.interface_id);
  head.put(static_cast<std::uint32_t>(nanoseconds >> 32));
  head.put(static_cast<std::uint32_t>(nanoseconds));
  head.put(size);
  head.put(size);
  out.append(head.bytes());
  out.append(reinterpret_cast<const char*>(frame.bytes.data()), size);

  if (!comment.empty()) {
    out.append(padding, '\0');
    put_option(out, opt_comment, comment);
  }
  Numbers<20> tail;
  if (comment.empty()) tail.skip(padding);
  if (has_flags) {
    tail.put(std::uint32_t{epb_flags} | std::uint32_t{4} << 16);
    tail.put(flags_of(frame));
  }
  if (!comment.empty() || has_flags) tail.put(opt_endofopt);
  tail.put(length);
  out.append(tail.bytes());
}

void append_pcap_record(std::string& out, const CapturedFrame& frame) {
  constexpr std::uint64_t second = 1'000'000'000;
  const auto nanoseconds = static_cast<std::uint64_t>((frame.time - start_of_time).count());
  const auto size = static_cast<std::uint32_t>(frame.bytes.size());
  Numbers<16> head;
  head.put(static_cast<std::uint32_t>(nanoseconds / second));
  head.put(static_cast<std::uint32_t>(nanoseconds % second));
  head.put(size);
  head.put(size);
  out.append(head.bytes());
  out.append(reinterpret_cast<const char*>(frame.bytes.data()), size);
}

}  // namespace

CaptureFormat capture_format_of(std::string_view file_name) {
  return file_name.ends_with(".pcap") ? CaptureFormat::pcap : CaptureFormat::pcapng;
}

void append_capture_header(std::string& out, CaptureFormat format) {
  if (format == CaptureFormat::pcap) {
    put32(out, pcap_nanosecond_magic);
    put16(out, 2);  // version 2.4
    put16(out, 4);
    put32(out, 0);  // reserved
    put32(out, 0);
    put32(out, 0x7fff'ffff);  // the longest frame that is kept whole
    put32(out, link_type_ethernet);
    return;
  }
  const std::size_t at = begin_block(out, section_header_block);
  put32(out, byte_order_magic);
  put16(out, 1);  // version 1.0
  put16(out, 0);
  put(out, ~std::uint64_t{0});  // the section's length is not said
  put_option(out, shb_userappl, "Elvis");
  put_end_of_options(out);
  end_block(out, at);
}

void append_capture_interface(std::string& out, CaptureFormat format,
                              const CaptureInterface& interface) {
  if (format == CaptureFormat::pcap) return;
  const std::size_t at = begin_block(out, interface_description_block);
  put16(out, link_type_ethernet);
  put16(out, 0);
  put32(out, 0);  // frames are kept whole
  put_option(out, if_name, interface.name);
  put_option(out, if_description, interface.description);
  if (interface.mac) {
    std::array<char, 6> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<char>(interface.mac->value() >> (40 - 8 * i));
    }
    put_option(out, if_macaddr, {bytes.data(), bytes.size()});
  }
  if (interface.speed) {
    put16(out, if_speed);
    put16(out, 8);
    put(out, interface.speed->bits_per_second);
  }
  put_option(out, if_tsresol, "\x09");  // 10^-9 s
  put_end_of_options(out);
  end_block(out, at);
}

void append_captured_frame(std::string& out, CaptureFormat format, const CapturedFrame& frame) {
  if (format == CaptureFormat::pcap) {
    append_pcap_record(out, frame);
  } else {
    append_packet_block(out, frame);
  }
}

std::size_t whole_capture_blocks(std::string_view blocks, std::size_t size, CaptureFormat format,
                                 bool has_header) {
  const bool is_classic = format == CaptureFormat::pcap;
  std::size_t at = 0;
  for (;;) {
    std::size_t length = 0;
    if (is_classic && at == 0 && has_header) {
      length = pcap_header_size;
    } else if (is_classic) {
      if (at + pcap_record_header_size > blocks.size()) return at;
      length = pcap_record_header_size + get32(blocks, at + 8);
    } else {
      if (at + 8 > blocks.size()) return at;
      length = get32(blocks, at + 4);
    }
    if (at + length > size) return at;
    at += length;
  }
}

}  // namespace elvis
