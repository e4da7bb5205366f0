// SPDX-License-Identifier: MIT
#include "elvis/report/capture_format.hpp"

#include <array>
#include <bit>
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
  return -size & 3;
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

// Whole numbers as they lie in a file: one, or two that follow each other.
void store_little(std::uint8_t* at, std::uint32_t value) {
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap32(value);
  std::memcpy(at, &value, sizeof value);
}
void store_little(std::uint8_t* at, std::uint32_t first, std::uint32_t second) {
  std::uint64_t both = std::uint64_t{second} << 32 | first;
  if constexpr (std::endian::native == std::endian::big) both = __builtin_bswap64(both);
  std::memcpy(at, &both, sizeof both);
}

// draft-ietf-opsawg-pcapng, 4.3.1, epb_flags: bits 0-1 the direction, bits 2-4 how the frame is
// addressed: 1 unicast, 2 multicast, 3 broadcast.
std::uint32_t flags_of(CaptureDirection of, const std::uint8_t* frame, std::size_t size) {
  const auto direction = static_cast<std::uint32_t>(of);
  if (size < 6) return direction;
  const bool is_group = (frame[0] & 1) != 0;
  const bool is_broadcast = load48(frame) == 0xffff'ffff'ffff;
  return direction | (is_broadcast ? 3U : is_group ? 2U : 1U) << 2;
}

// draft-ietf-opsawg-pcapng, 4.3: type, length, interface, time high and low, kept and whole size.
constexpr std::size_t packet_block_head = 28;

constexpr std::uint32_t option_head(std::uint16_t code, std::size_t size) {
  return code | static_cast<std::uint32_t>(size) << 16;
}

// Bytes padded to a multiple of four; four or more follow, which are written over what this leaves
// behind the padding.
std::uint8_t* write_padded(std::uint8_t* out, const void* bytes, std::size_t size) {
  if (size != 0) std::memcpy(out, bytes, size);
  store_little(out + size, 0);
  return out + size + padding_of(size);
}

[[gnu::noinline]] std::uint8_t* write_comment(std::uint8_t* out, std::string_view comment) {
  store_little(out, option_head(opt_comment, comment.size()));
  return write_padded(out + 4, comment.data(), comment.size());
}

void write_packet_block(std::uint8_t* out, const CapturedFrame& frame) {
  const auto nanoseconds = static_cast<std::uint64_t>((frame.time - start_of_time).count());
  const auto size = static_cast<std::uint32_t>(frame.bytes.size());
  store_little(out + 8, frame.interface_id, static_cast<std::uint32_t>(nanoseconds >> 32));
  store_little(out + 16, static_cast<std::uint32_t>(nanoseconds), size);
  store_little(out + 24, size);
  std::uint8_t* tail = write_padded(out + packet_block_head, frame.bytes.data(), size);
  const bool has_comment = !frame.comment.empty();
  const bool has_flags = frame.direction != CaptureDirection::unknown;
  if (has_comment) [[unlikely]]
    tail = write_comment(tail, frame.comment);
  if (has_flags) {
    store_little(tail, option_head(epb_flags, 4),
                 flags_of(frame.direction, frame.bytes.data(), size));
    tail += 8;
  }
  if (has_flags || has_comment) {
    store_little(tail, option_head(opt_endofopt, 0));
    tail += 4;
  }
  const auto length = static_cast<std::uint32_t>(tail + 4 - out);
  store_little(tail, length);
  store_little(out, enhanced_packet_block, length);
}

void write_pcap_record(std::uint8_t* out, const CapturedFrame& frame) {
  constexpr std::uint64_t second = 1'000'000'000;
  const auto nanoseconds = static_cast<std::uint64_t>((frame.time - start_of_time).count());
  const auto size = static_cast<std::uint32_t>(frame.bytes.size());
  store_little(out, static_cast<std::uint32_t>(nanoseconds / second),
               static_cast<std::uint32_t>(nanoseconds % second));
  store_little(out + 8, size, size);
  if (size != 0) std::memcpy(out + pcap_record_header_size, frame.bytes.data(), size);
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

void write_captured_frame(std::uint8_t* out, CaptureFormat format, const CapturedFrame& frame) {
  if (format == CaptureFormat::pcap) {
    write_pcap_record(out, frame);
  } else {
    write_packet_block(out, frame);
  }
}

// A broadcast may be lost a million times.
void add_comment_line(std::string& comment, std::string_view line) {
  constexpr std::string_view end = "\nand more";
  constexpr std::size_t most = CapturedFrame::longest_comment - end.size();
  if (comment.size() > most) return;
  if (!comment.empty()) comment += '\n';
  if (comment.size() + line.size() <= most) {
    comment += line;
    return;
  }
  if (comment.empty()) comment = line.substr(0, most);
  if (comment.back() == '\n') comment.pop_back();
  comment += end;
  comment.resize(CapturedFrame::longest_comment, ' ');
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
