// SPDX-License-Identifier: MIT
#include "elvis/protocols/tcp/receiver.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace elvis {

TcpReceiver::~TcpReceiver() = default;

void TcpReceiver::count_memory(std::unique_ptr<TcpReceiveMemory> memory) {
  rare_ = std::make_unique<Rare>();
  rare_->memory = std::move(memory);
}

void TcpReceiver::begin(std::uint32_t initial, std::size_t buffer, std::uint32_t mss,
                        std::uint64_t quick_acks, bool takes_all) {
  initial_ = initial;
  next_ = 1;
  buffer_ = static_cast<std::uint32_t>(buffer);
  mss_ = mss;
  // A SYN's window is not scaled. (FreeBSD takes what does not fit into its field, too.)
  right_edge_ = next_ + (takes_all ? buffer_ : std::min(buffer_, 65'535U));
  if (TcpReceiveMemory* const counted = memory()) right_edge_ = next_ + counted->offered();
  quick_acks_ = static_cast<std::uint16_t>(std::min<std::uint64_t>(quick_acks, 65'535));
}

// ===== TcpReceiver: what arrives =====

void TcpReceiver::take_next(Message&& bytes, const TcpSettings& settings, Time now) {
  next_ += bytes.size();
  count_for_ack(bytes.size(), settings, now);
  ready_.append(std::move(bytes));
}

void TcpReceiver::take(std::uint64_t position, Message bytes, bool has_fin,
                       const TcpSettings& settings, Time now) {
  TcpReceiveMemory* const counted = memory();
  const std::size_t arrived = bytes.size();
  if (counted != nullptr && !has_memory_for(position, arrived, has_fin)) {
    wants_ack_ = true;
    return;
  }
  if (has_fin && fin_ == 0) fin_ = position + bytes.size();
  std::uint64_t end = position + bytes.size();
  if (fin_ != 0 && end > fin_) {  // nothing follows a FIN
    if (position >= fin_) return acknowledge_now();
    bytes.truncate(fin_ - position);
    end = fin_;
  }
  if (position < next_) {
    // Something comes again (RFC 9293, 3.10.7.4: the rest is trimmed).
    const std::uint64_t known = std::min(end, next_);
    if (known > position) note_duplicate(position, known);
    bytes.remove_front(known - position);
    position = next_;
    wants_ack_ = true;
  }
  if (end > right_edge_ && position < end && counted == nullptr) {
    bytes.truncate(right_edge_ > position ? right_edge_ - position : 0);
    if (fin_ == end) fin_ = 0;  // it stands beyond the window
    end = position + bytes.size();
    wants_ack_ = true;
  }
  if (bytes.empty() && position > next_) {
    wants_ack_ = true;
  } else if (position > next_) {
    if (gaps_ == nullptr) gaps_ = std::make_unique<TcpReassembly>();
    ++out_of_order_;
    const std::size_t size = bytes.size();
    largest_ = std::max(largest_, static_cast<std::uint32_t>(size));
    if (gaps_->holds(position, end)) note_duplicate(position, end);
    if (counted != nullptr && !gaps_->holds(position, end)) {
      counted->take_behind_gap(end, arrived, next_);
    }
    gaps_->add(position, std::move(bytes));
    wants_ack_ = true;  // RFC 5681, 4.2: at once, so that the remote end learns of the gap
  } else if (!bytes.empty()) {
    const std::size_t size = bytes.size();
    next_ += size;
    ready_.append(std::move(bytes));
    if (counted != nullptr) {
      counted->take(next_, arrived);
      right_edge_ = std::max(right_edge_, next_);
    }
    if (has_gaps()) {
      wants_ack_ = true;  // RFC 5681, 4.2: also when it fills one
      // RFC 2883, 4.2: it may bring again what had come.
      const TcpReassembly::Range first = gaps_->first();
      if (first.begin < next_) note_duplicate(first.begin, std::min(first.end, next_));
      Message joined = gaps_->take(next_);
      next_ += joined.size();
      ready_.append(std::move(joined));
      if (gaps_->empty()) gaps_.reset();
      if (counted != nullptr) {
        counted->fill(next_);
        right_edge_ = std::max(right_edge_, next_);
      }
    }
    count_for_ack(size, settings, now);
  }
  if (fin_ != 0 && next_ == fin_) {
    ++next_;
    right_edge_ = std::max(right_edge_, next_);
    wants_ack_ = true;
    // Linux forgets with the FIN what else it had to tell.
    if (settings.option_layout() == TcpLayout::like_linux) duplicate_length_ = 0;
  } else if (fin_ != 0 && has_fin) {
    wants_ack_ = true;
  }
}

void TcpReceiver::hold(Message text) {
  text.truncate(std::min<std::size_t>(text.size(), window()));
  if (text.empty()) return;
  if (gaps_ == nullptr) gaps_ = std::make_unique<TcpReassembly>();
  gaps_->add(next_, std::move(text));
}

bool TcpReceiver::take_held(const TcpSettings& settings, Time now) {
  if (!has_gaps()) [[likely]]
    return false;
  Message held = gaps_->take(next_);
  if (gaps_->empty()) gaps_.reset();
  const bool was_held = !held.empty();
  if (was_held) take(next_, std::move(held), false, settings, now);
  return was_held;
}

// RFC 9293, 3.8.6.3: an acknowledgement for every second full segment, or when its time is up.
void TcpReceiver::count_for_ack(std::size_t bytes, const TcpSettings& settings, Time now) {
  const auto size = static_cast<std::uint32_t>(bytes);
  largest_ = std::max(largest_, size);
  last_data_at_ = ticks(now);
  unacknowledged_ += size;
  if (rare_ != nullptr && rare_->memory != nullptr) [[unlikely]] {
    if (wants_ack_by_memory()) wants_ack_ = true;
  } else if (unacknowledged_ >= 2 * mss_ || size > mss_ ||  // (which are several, put together)
             (unacknowledged_ >= 2 * std::min(largest_, mss_) && unacknowledged_ > size)) {
    wants_ack_ = true;
  }
  if (wants_ack_ || !settings.delayed_ack) {
    wants_ack_ = true;
  } else if (quick_acks_ > 0 && !is_interactive) {
    --quick_acks_;
    wants_ack_ = true;
  } else if (ack_deadline_ == end_of_time) {
    ack_deadline_ = add_saturated(now, settings.ack_delay);
  }
}

void TcpReceiver::put_off_fin(Time now, const TcpSettings& settings) {
  const TcpReceiveMemory* const counted = memory();
  if (largest_ == 0 || counted == nullptr) return;
  if (next_ - counted->told_at() > counted->segment() || counted->window(next_) == 0) return;
  wants_ack_ = false;
  ack_deadline_ = std::min(ack_deadline_, add_saturated(now, settings.ack_delay));
}

// ===== TcpReceiver: where memory counts =====

// As Linux has it: what reaches beyond the window is taken if nothing waits, as it has come anyway.
bool TcpReceiver::is_acceptable_by_memory(std::int64_t position, std::uint32_t length,
                                          bool has_fin) const {
  const std::int64_t end = position + length;
  const auto next = static_cast<std::int64_t>(next_);
  const auto limit = static_cast<std::int64_t>(std::max(right_edge_, next_));
  if (length != 0 ? end <= next : position < static_cast<std::int64_t>(memory()->told_at())) {
    return false;
  }
  if (end - (has_fin ? 1 : 0) <= limit) return true;
  return position <= limit && memory()->is_empty();
}

// Whether a segment can be taken that was acceptable. If not, it is acknowledged.
bool TcpReceiver::has_memory_for(std::uint64_t position, std::size_t size, bool has_fin) {
  TcpReceiveMemory& counted = *memory();
  const std::uint64_t window = counted.window(next_);
  const std::uint64_t end = position + size + (has_fin ? 1 : 0);
  if (end <= next_) return true;
  if (position >= next_ + window && (position != next_ || size != 0 || !has_fin)) return false;
  if (position < next_ && window == 0) {
    note_duplicate(position, next_);
    return false;
  }
  if (size == 0 || counted.has_room(size)) return true;
  if (position > next_) return false;
  counted.close_window();
  wants_ack_ = true;
  return counted.is_empty();
}

// More than a segment came, and the window goes on. (Else reading it lets it be acknowledged.)
bool TcpReceiver::wants_ack_by_memory() {
  TcpReceiveMemory& counted = *memory();
  if (counted.takes_calm()) quick_acks_ = 0;
  if (counted.takes_hurry()) quick_acks_ |= 1;
  const bool goes_on = next_ - counted.told_at() > counted.segment() && counted.would_keep_window();
  if (counted.takes_calm()) quick_acks_ = 0;
  return goes_on;
}

bool TcpReceiver::wants_ack_of_read() const {
  TcpReceiveMemory& counted = *memory();
  if (next_ == 0 || has_finished()) return false;
  const bool waits = ack_deadline_ != end_of_time;
  return (waits && next_ - counted.told_at() > counted.segment()) ||
         counted.is_worth_telling(next_);
}

void TcpReceiver::note_duplicate(std::uint64_t begin, std::uint64_t end) {
  is_interactive = false;
  duplicate_begin_ = begin;
  duplicate_length_ = static_cast<std::uint32_t>(end - begin);
}

// ===== TcpReceiver: what is read, and the window =====

Message TcpReceiver::read_counted(std::size_t max) {
  Message taken = ready_.take(max);
  rare_->read_in_round += static_cast<std::uint32_t>(taken.size());
  if (rare_->memory != nullptr) {
    rare_->memory->read(next_ - ready_.size() - (has_finished() ? 1 : 0));
  }
  return taken;
}

// A sender without losses may double its window in a round trip: twice what was read in the last
// one lets it. A reader that is slower than the path reads less than the window, which then stays.
void TcpReceiver::tune(Time now, Duration round_trip) {
  if (rare_ == nullptr) rare_ = std::make_unique<Rare>();
  if (now - rare_->round_began < round_trip) return;
  const std::uint64_t wanted = std::uint64_t{2} * rare_->read_in_round;
  const auto most = std::min<std::uint64_t>(wanted, auto_tune_limit);
  buffer_ = std::max(buffer_, static_cast<std::uint32_t>(most));
  rare_->read_in_round = 0;
  rare_->round_began = now;
}

std::uint16_t TcpReceiver::advertise(unsigned scale, bool tells_all, bool rounds_down) {
  if (TcpReceiveMemory* const counted = memory()) [[unlikely]] {
    const std::uint64_t window = counted->advertise(next_);
    right_edge_ = std::max(right_edge_, next_ + counted->window(next_));
    return static_cast<std::uint16_t>(window >> scale);
  }
  const std::uint64_t free = buffer_ > ready_.size() ? buffer_ - ready_.size() : 0;
  constexpr std::uint64_t largest = 65'535;
  const std::uint64_t edge = next_ + (tells_all ? free : std::min(free, largest << scale));
  // RFC 9293, 3.8.6.2.2: the edge moves by a segment or half the buffer at least.
  const std::uint64_t least = std::min(buffer_ / 2, mss_);
  if (edge > right_edge_ && (edge >= right_edge_ + least || free == buffer_)) right_edge_ = edge;
  const std::uint64_t window = right_edge_ - next_;
  if (rounds_down) return static_cast<std::uint16_t>(std::min(largest, window >> scale));
  // Rounded up, so that the edge does not move back (RFC 7323, 2.4).
  return static_cast<std::uint16_t>(
      std::min(largest, (window + (std::uint64_t{1} << scale) - 1) >> scale));
}

std::uint16_t TcpReceiver::advertise_in_syn() {
  const std::uint64_t free = buffer_ > ready_.size() ? buffer_ - ready_.size() : 0;
  constexpr std::uint64_t largest = 65'535;
  if (memory() != nullptr) {
    return static_cast<std::uint16_t>(std::min<std::uint64_t>(largest, memory()->offered()));
  }
  right_edge_ = std::max(right_edge_, next_ + std::min(free, largest));
  return static_cast<std::uint16_t>(std::min(largest, right_edge_ - next_));
}

bool TcpReceiver::is_window_news(unsigned scale) const {
  if (memory() != nullptr) return wants_ack_of_read();
  const std::uint64_t before = right_edge_ - next_;
  if (before >= std::max(small_window, std::uint64_t{2} * mss_)) return false;
  const std::uint64_t free = buffer_ > ready_.size() ? buffer_ - ready_.size() : 0;
  // Room that the header's field cannot tell of is no news.
  constexpr std::uint64_t largest = 65'535;
  const std::uint64_t edge = next_ + std::min(free, largest << scale);
  if (next_ == 0 || has_finished() || edge <= right_edge_) return false;
  return edge - right_edge_ >= std::min(buffer_ / 2, mss_) && free >= 2 * before;
}

void TcpReceiver::report_sack(TcpOptions& options) {
  // Timestamps leave room for three blocks (RFC 2018, 3).
  const std::size_t most = options.timestamps ? 3 : TcpOptions::max_blocks;
  const auto wire = [this](std::uint64_t position) {
    return tcp_position::to_wire(position, initial_);
  };
  std::size_t count = 0;
  TcpReassembly::Range around{0, 0};
  if (duplicate_length_ != 0) {
    const std::uint64_t end = duplicate_begin_ + duplicate_length_;
    options.blocks[count++] = {wire(duplicate_begin_), wire(end)};
    duplicate_length_ = 0;
    // RFC 2883, 4: of a larger block, the whole follows.
    if (gaps_ != nullptr) around = gaps_->around(duplicate_begin_);
    if (around.begin != around.end) {
      options.blocks[count++] = {wire(around.begin), wire(around.end)};
    }
  }
  if (gaps_ != nullptr) {
    std::array<TcpReassembly::Range, TcpOptions::max_blocks> ranges;
    const std::size_t found = gaps_->recent(ranges);
    for (std::size_t i = 0; i < found && count < most; ++i) {
      if (ranges[i] == around) continue;
      options.blocks[count++] = {wire(ranges[i].begin), wire(ranges[i].end)};
    }
  }
  options.block_count = static_cast<std::uint8_t>(count);
}

}  // namespace elvis
