// SPDX-License-Identifier: MIT
#include "elvis/wire/tcp_options.hpp"

#include <algorithm>

#include "elvis/wire/byte_order.hpp"

namespace elvis {

namespace {

enum TcpOptionKind : std::uint8_t {
  end_of_options = 0,
  no_operation = 1,
  maximum_segment_size = 2,
  window_scale_kind = 3,
  sack_permitted_kind = 4,
  sack_kind = 5,
  timestamps_kind = 8,
  fast_open_kind = 34,
  accurate_ecn_0_kind = 172,
  accurate_ecn_1_kind = 174,
  experimental_kind = 254,
};

constexpr std::uint16_t fast_open_identifier = 0xf989;  // of RFC 7413's experiment (RFC 6994)

// Writes options one behind the other.
class TcpOptionWriter {
 public:
  explicit TcpOptionWriter(std::uint8_t* bytes) : begin_{bytes}, at_{bytes} {}

  std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }
  void pad(std::size_t count) {
    for (; count > 0; --count) *at_++ = no_operation;
  }
  // What follows begins so many bytes behind a multiple of 4.
  void align(std::size_t rest) {
    while (size() % 4 != rest) pad(1);
  }
  void mss(std::uint16_t mss) {
    head(maximum_segment_size, 4);
    store16(at_, mss);
    at_ += 2;
  }
  void window_scale(std::uint8_t shift) {
    head(window_scale_kind, 3);
    *at_++ = shift;
  }
  void sack_permitted() { head(sack_permitted_kind, 2); }
  void timestamps(TcpOptions::Timestamps times) {
    head(timestamps_kind, 10);
    store32(at_, times.value);
    store32(at_ + 4, times.echo);
    at_ += 8;
  }
  void sack(std::span<const TcpOptions::Block> blocks) {
    if (size() + 4 + 8 > TcpOptions::max_size || blocks.empty()) return;
    const std::size_t room = (TcpOptions::max_size - size() - 4) / 8;
    blocks = blocks.first(std::min(room, blocks.size()));
    align(2);
    head(sack_kind, static_cast<std::uint8_t>(2 + 8 * blocks.size()));
    for (const TcpOptions::Block& block : blocks) {
      store32(at_, block.begin);
      store32(at_ + 4, block.end);
      at_ += 8;
    }
  }
  // What follows aligns itself.
  void accurate_ecn(const TcpOptions::AccurateEcn& option) {
    const std::size_t whole = 2 + 3 * std::size_t{option.count};
    if (size() + (whole + 3) / 4 * 4 > TcpOptions::max_size) return;
    head(option.begins_with_ect1 ? accurate_ecn_1_kind : accurate_ecn_0_kind,
         static_cast<std::uint8_t>(whole));
    for (std::size_t i = 0; i < option.count; ++i) {
      *at_++ = static_cast<std::uint8_t>(option.counters[i] >> 16);
      store16(at_, static_cast<std::uint16_t>(option.counters[i]));
      at_ += 2;
    }
    has_odd_size_ = true;
  }
  // Aligned by what follows, as nothing does.
  void fast_open(const TcpOptions::FastOpen& option, bool is_padded) {
    const std::size_t head_size = option.is_experimental ? 4 : 2;
    const std::size_t whole = (head_size + option.size + 3) / 4 * 4;
    if (size() + whole > TcpOptions::max_size) return;
    head(option.is_experimental ? experimental_kind : fast_open_kind,
         static_cast<std::uint8_t>(head_size + option.size));
    if (option.is_experimental) {
      store16(at_, fast_open_identifier);
      at_ += 2;
    }
    at_ = std::copy_n(option.bytes.begin(), option.size, at_);
    if (is_padded) pad(whole - head_size - option.size);
  }
  // Multiples of 4 bytes; behind the last option stand end-of-list bytes (RFC 9293, 3.2).
  void finish() {
    if (has_odd_size_) align(0);
    while (size() % 4 != 0) *at_++ = end_of_options;
  }

 private:
  void head(std::uint8_t kind, std::uint8_t length) {
    *at_++ = kind;
    *at_++ = length;
  }

  std::uint8_t* begin_;
  std::uint8_t* at_;
  bool has_odd_size_ = false;  // so NOPs fill up the end, too
};

// RFC 7413, 4.1.1: 4 to 16 bytes, an even number. One that cannot be is as good as none.
void read_fast_open(TcpOptions& options, std::span<const std::uint8_t> cookie, bool experimental) {
  if (cookie.size() % 2 != 0) return;
  TcpOptions::FastOpen option;
  option.is_experimental = experimental;
  if (cookie.size() >= TcpOptions::FastOpen::least && cookie.size() <= TcpOptions::FastOpen::most) {
    option.size = static_cast<std::uint8_t>(cookie.size());
    std::copy(cookie.begin(), cookie.end(), option.bytes.begin());
  }
  options.fast_open = option;
}

void read_accurate_ecn(TcpOptions& options, std::span<const std::uint8_t> value,
                       bool begins_with_1) {
  TcpOptions::AccurateEcn option;
  option.begins_with_ect1 = begins_with_1;
  // RFC 9768, 3.2.3: bytes beyond whole counters mean nothing.
  for (; value.size() >= 3 && option.count < 3; value = value.subspan(3)) {
    option.counters[option.count++] = std::uint32_t{value[0]} << 16 | load16(value.data() + 1);
  }
  options.accurate_ecn = option;
}

void read_option(TcpOptions& options, std::uint8_t kind, std::span<const std::uint8_t> value) {
  switch (kind) {
    case maximum_segment_size:
      if (value.size() == 2) options.mss = load16(value.data());
      break;
    case window_scale_kind:
      if (value.size() == 1) options.window_scale = value[0];
      break;
    case sack_permitted_kind:
      if (value.empty()) options.sack_permitted = true;
      break;
    case timestamps_kind:
      if (value.size() == 8) options.timestamps = {load32(value.data()), load32(value.data() + 4)};
      break;
    case sack_kind:
      if (value.size() % 8 != 0) break;
      options.block_count = 0;
      for (std::size_t at = 0; at < value.size() && options.block_count < TcpOptions::max_blocks;
           at += 8) {
        options.blocks[options.block_count++] = {load32(value.data() + at),
                                                 load32(value.data() + at + 4)};
      }
      break;
    case fast_open_kind:
      read_fast_open(options, value, false);
      break;
    case accurate_ecn_0_kind:
    case accurate_ecn_1_kind:
      read_accurate_ecn(options, value, kind == accurate_ecn_1_kind);
      break;
    case experimental_kind:
      if (value.size() >= 2 && load16(value.data()) == fast_open_identifier) {
        read_fast_open(options, value.subspan(2), true);
      }
      break;
    default:  // RFC 9293, 3.1: what is not known is passed over
      break;
  }
}

}  // namespace

TcpOptions TcpOptions::parse(std::span<const std::uint8_t> bytes) {
  TcpOptions options;
  while (!bytes.empty() && bytes[0] != end_of_options) {
    if (bytes[0] == no_operation) {
      bytes = bytes.subspan(1);
      continue;
    }
    // RFC 9293, 3.1 (MUST-7): an illegal length must not confuse the receiver.
    if (bytes.size() < 2 || bytes[1] < 2 || bytes[1] > bytes.size()) {
      options.is_malformed = true;
      break;
    }
    const std::size_t size = bytes[1];
    read_option(options, bytes[0], bytes.subspan(2, size - 2));
    bytes = bytes.subspan(size);
  }
  return options;
}

std::size_t TcpOptions::emit(std::uint8_t* bytes, TcpLayout layout) const {
  TcpOptionWriter writer{bytes};
  if (mss != 0) writer.mss(mss);
  if (layout == TcpLayout::like_freebsd && window_scale) {
    writer.pad(1);
    writer.window_scale(*window_scale);
  }
  bool may_send_sack_permitted = sack_permitted;
  if (timestamps) {
    // SACK-permitted takes the two bytes that would align the timestamps.
    const bool joins = sack_permitted && layout != TcpLayout::rfc;
    if (joins) {
      writer.sack_permitted();
      may_send_sack_permitted = false;
    } else {
      writer.pad(2);
    }
    writer.timestamps(*timestamps);
  }
  if (accurate_ecn) writer.accurate_ecn(*accurate_ecn);
  if (may_send_sack_permitted) {
    if (layout != TcpLayout::like_freebsd) writer.align(2);  // else what is left over is EOL
    writer.sack_permitted();
  }
  if (layout != TcpLayout::like_freebsd && window_scale) {
    writer.align(1);
    writer.window_scale(*window_scale);
  }
  if (fast_open) {
    if (accurate_ecn) writer.align(0);
    writer.fast_open(*fast_open, layout != TcpLayout::like_freebsd);
  }
  writer.sack(sack());
  writer.finish();
  return writer.size();
}

bool operator==(const TcpOptions& left, const TcpOptions& right) {
  return left.mss == right.mss && left.sack_permitted == right.sack_permitted &&
         left.window_scale == right.window_scale && left.timestamps == right.timestamps &&
         left.fast_open == right.fast_open && left.accurate_ecn == right.accurate_ecn &&
         std::equal(left.sack().begin(), left.sack().end(), right.sack().begin(),
                    right.sack().end());
}

}  // namespace elvis
