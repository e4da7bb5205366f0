// SPDX-License-Identifier: MIT
#include "elvis/protocols/tcp/accurate_ecn.hpp"

#include <algorithm>

namespace elvis {

namespace {

constexpr std::uint32_t first_count = 5;   // of marked segments (RFC 9768, 3.2.1)
constexpr std::uint32_t counter_mask = 7;  // of three flags
constexpr std::uint32_t field_mask = 0xff'ffff;

// RFC 9768, 3.2.1: so that a counter that was cleared on the way shows.
constexpr std::uint32_t first_bytes(std::size_t ecn) {
  return ecn == 3 ? 0 : 1;
}

// How the remote end says that something arrived (RFC 9768, 3.1.2, table 3).
std::uint8_t arrival_in(std::uint8_t number) {
  switch (number) {
    case 3:
      return 1;
    case 4:
      return 2;
    case 6:
      return 3;
    default:
      return 0;
  }
}

}  // namespace

std::uint8_t TcpAccurateEcn::number_in(std::uint16_t flags) {
  return static_cast<std::uint8_t>(((flags & TcpHeader::ae) != 0 ? 4 : 0) |
                                   ((flags & TcpHeader::cwr) != 0 ? 2 : 0) |
                                   ((flags & TcpHeader::ece) != 0 ? 1 : 0));
}

std::uint16_t TcpAccurateEcn::flags_of(std::uint8_t number) {
  return static_cast<std::uint16_t>(((number & 4) != 0 ? TcpHeader::ae : 0) |
                                    ((number & 2) != 0 ? TcpHeader::cwr : 0) |
                                    ((number & 1) != 0 ? TcpHeader::ece : 0));
}

std::uint16_t TcpAccurateEcn::reflection_of(std::uint8_t ecn) {
  return flags_of(static_cast<std::uint8_t>(ecn == 3 ? 6 : ecn + 2));
}

// ===== TcpAccurateEcn: what arrives =====

bool TcpAccurateEcn::arrived(std::uint8_t ecn, std::size_t bytes) {
  if (ecn == 0) return false;
  if (ecn == 3) {
    ++received_marks_;
    if (untold_marks_ < 15) ++untold_marks_;
  }
  if (bytes != 0) {
    received_bytes_[ecn - 1U] += static_cast<std::uint32_t>(bytes);
    const TcpOptions::AccurateEcn order;
    needed_ = std::max(needed_, static_cast<std::uint8_t>(order.place_of(ecn) + 1));
  }
  constexpr std::uint8_t most_untold = 3;
  return untold_marks_ >= most_untold;
}

std::uint16_t TcpAccurateEcn::counter_flags() {
  untold_marks_ = 0;
  return flags_of(static_cast<std::uint8_t>((received_marks_ + first_count) & counter_mask));
}

void TcpAccurateEcn::fill(TcpOptions& options, bool is_syn) {
  const std::uint8_t needed = is_syn ? 0 : needed_;
  const std::size_t others = is_syn
                                 ? 4 +
                                       (options.timestamps       ? 12
                                        : options.sack_permitted ? 4
                                                                 : 0) +
                                       (options.window_scale ? 4 : 0) + (options.fast_open ? 20 : 0)
                                 : (options.timestamps ? 12 : 0);
  std::uint8_t blocks = options.block_count;
  for (;; --blocks) {
    const std::size_t used = others + (blocks == 0 ? 0 : 4 + 8 * std::size_t{blocks});
    for (std::uint8_t count = 3;; --count) {
      // The NOPs in front of SACK blocks may be two of its bytes.
      const std::size_t size = 2 + 3 * std::size_t{count};
      const std::size_t rest = size % 4;
      const std::size_t whole = rest <= (blocks != 0 ? 2U : 0U) ? size - rest : size - rest + 4;
      if (used + whole <= TcpOptions::max_size) {
        TcpOptions::AccurateEcn option;
        option.count = count;
        for (std::uint8_t ecn = 1; ecn <= 3; ++ecn) {
          const std::uint32_t bytes = is_syn ? 0 : received_bytes_[ecn - 1U];
          option.counters[option.place_of(ecn)] = (bytes + first_bytes(ecn)) & field_mask;
        }
        for (std::size_t i = count; i < 3; ++i) option.counters[i] = 0;
        options.accurate_ecn = option;
        options.block_count = blocks;
        needed_ = 0;
        return;
      }
      if (count == needed) break;
    }
    // One block less, if there is something to tell.
    if (needed == 0 || blocks <= 2) return;
  }
}

// ===== TcpAccurateEcn: what the remote end tells =====

void TcpAccurateEcn::see_option(const TcpSegment& segment) {
  if (segment.options.accurate_ecn) has_seen_option = true;
}

// RFC 9768, 3.2.2.3 and 3.2.2.4: our SYNs are sent without ECT, and must not arrive otherwise.
void TcpAccurateEcn::take_answer(const TcpSegment& answer, bool checks_path) {
  syn_arrived_as = answer.ecn;
  reflects_next = true;
  see_option(answer);
  const bool is_changed = arrival_in(number_in(answer.flags)) != 0;
  if (is_changed && checks_path) {
    hides_capability = true;
  } else if (answer.met_congestion()) {
    ++received_marks_;
  }
}

void TcpAccurateEcn::take_third(const TcpSegment& segment, bool checks_path) {
  see_option(segment);
  const std::uint8_t number = number_in(segment.flags);
  if (number == 0) {  // somebody on the way clears it
    hides_capability = checks_path;
    return;
  }
  const bool tells_of_syn = number == 2 || number == 3 || number == 4 || number == 6;
  if (!segment.payload.empty() || !tells_of_syn) return;
  const std::uint8_t arrived_as = arrival_in(number);
  if (arrived_as != 0 && checks_path) {
    hides_capability = true;
  } else if (arrived_as == 3) {
    ++delivered_marks_;
  }
}

// The byte counters. Returns whether they tell of all marks since the last acknowledgement.
bool TcpAccurateEcn::take_option(const TcpSegment& segment, const Progress& progress) {
  if (!segment.options.accurate_ecn) {
    if (!has_seen_option || estimate_ == 0) return false;
    delivered_bytes_[estimate_ - 1U] += static_cast<std::uint32_t>(progress.bytes);
    return true;
  }
  see_option(segment);
  const TcpOptions::AccurateEcn& option = *segment.options.accurate_ecn;
  bool is_sure = estimate_ != 0;
  bool is_ambiguous = false;
  std::uint8_t changed = 0;
  for (std::uint8_t place = 0; place < option.count; ++place) {
    std::uint8_t ecn = 1;
    while (option.place_of(ecn) != place) ++ecn;
    std::uint32_t& count = delivered_bytes_[ecn - 1U];
    // 24 bits that wrap around.
    const std::uint32_t ahead = (option.counters[place] - first_bytes(ecn) - count) << 8;
    const std::int32_t delta = static_cast<std::int32_t>(ahead) >> 8;
    count += static_cast<std::uint32_t>(delta);
    if (delta < 0) is_ambiguous = true;
    if (delta == 0 || ecn == estimate_) continue;
    if (changed != 0) is_ambiguous = true;
    if (changed == 0) changed = ecn;
  }
  if (changed != 0) estimate_ = changed;
  if (is_ambiguous) {
    estimate_ = 0;
    is_sure = false;
  }
  return is_sure;
}

// RFC 9768, 3.2.2.5.2 and appendix A.2: the counter in the header may have wrapped around if many
// segments are acknowledged at once; bytes that did not change tell that it has not.
std::uint32_t TcpAccurateEcn::told(const TcpSegment& segment, const Progress& progress) {
  if (!progress.is_news) return 0;
  const std::uint32_t ce_before = delivered_bytes_[2];
  const bool is_sure = take_option(segment, progress);
  constexpr std::uint32_t precision = 64;
  if (progress.segments != 0) {
    mean_segments_ = mean_segments_ == 0
                         ? progress.segments * precision
                         : (mean_segments_ * 63 + progress.segments * precision) / 64;
  }
  const std::uint32_t counter = number_in(segment.flags) - first_count;
  const std::uint32_t delta = (counter - delivered_marks_) & counter_mask;
  std::uint32_t marks = delta;
  if (progress.segments > counter_mask) {
    // The most that it can mean.
    const std::uint32_t most = progress.segments - ((progress.segments - delta) & counter_mask);
    marks = most;
    if (is_sure) {
      const std::uint32_t marked_bytes = delivered_bytes_[2] - ce_before;
      if (marked_bytes == 0 || marked_bytes < most * progress.mss / 2) marks = delta;
      if (marked_bytes > std::uint64_t{delta} * progress.mss) marks = most;
    } else if (mean_segments_ > counter_mask * precision) {
      marks = delta;
    }
  }
  delivered_marks_ += marks;
  return marks;
}

}  // namespace elvis
