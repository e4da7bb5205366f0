// SPDX-License-Identifier: MIT
#include "flow.hpp"

#include <algorithm>

namespace elvis::packetdrill {

bool Flow::sends(const Packet& live) const {
  if (live.kind == Packet::Kind::icmp) return live.destination == remote_.address;
  return live.kind == kind_ && live.destination == remote_.address &&
         live.destination_port == remote_.port &&
         (local_.port == 0 || live.source_port == local_.port);
}

Packet Flow::to_live(const Packet& script) {
  Packet live = script;
  live.source = remote_.address;
  live.destination = local_.address;
  if (live.source_port == 0) live.source_port = remote_.port;
  if (live.destination_port == 0) live.destination_port = local_.port;
  if (live.kind == Packet::Kind::icmp) {
    if (!live.quote) {
      live.quote = Quote{kind_ == Packet::Kind::udp ? Quote::Kind::udp : Quote::Kind::tcp, 0, 0};
    }
    live.quote->sequence += live_local_initial_;
    return live;
  }
  if (live.kind != Packet::Kind::tcp) return live;
  const bool is_syn = live.has(Packet::syn);
  // A flow may begin with any segment: one that meets a listener, or nobody at all.
  if (!has_remote_initial_) remote_initial_ = script.sequence;
  has_remote_initial_ = true;
  if (is_syn) {
    last_syn_ = script.sequence;
    if (!is_acknowledged_) remote_initial_ = script.sequence;
  } else {
    live.sequence += remote_initial_;
  }
  const std::uint32_t offset =
      is_syn ? live_local_initial_ - script_local_initial_ : live_local_initial_;
  if (live.has(Packet::ack_flag)) live.acknowledgment += offset;
  for (TcpOption& option : live.options) {
    for (auto& [left, right] : option.blocks) {
      left += offset;
      right += offset;
    }
    if (option.kind != TcpOption::Kind::timestamp || !live.has(Packet::ack_flag)) continue;
    const auto known = live_timestamps_.find(option.echo);
    if (known != live_timestamps_.end()) {
      option.echo = known->second;
    } else if (has_timestamps_) {
      option.echo += live_timestamp_ - script_timestamp_;
    }
  }
  return live;
}

void Flow::learn(const Packet& live, const Packet& expected) {
  if (live.kind != Packet::Kind::tcp) return;
  if (live.has(Packet::syn) && (!has_local_initial_ || live.sequence != live_local_initial_)) {
    // The first connection of these ends, or the next one.
    if (has_local_initial_ && live.has(Packet::ack_flag)) remote_initial_ = last_syn_;
    has_local_initial_ = true;
    live_local_initial_ = live.sequence;
    script_local_initial_ = expected.kind == Packet::Kind::tcp ? expected.sequence : 0;
  }
  if (live.has(Packet::ack_flag) && !live.has(Packet::rst)) is_acknowledged_ = true;
  const TcpOption* const wanted = expected.option(TcpOption::Kind::timestamp);
  const TcpOption* const seen = live.option(TcpOption::Kind::timestamp);
  if (wanted == nullptr || seen == nullptr || wanted->has_any_value) return;
  live_timestamps_[wanted->value] = seen->value;
  if (has_timestamps_) return;
  has_timestamps_ = true;
  script_timestamp_ = wanted->value;
  live_timestamp_ = seen->value;
}

Packet Flow::to_script(const Packet& live) const {
  Packet script = live;
  if (live.kind != Packet::Kind::tcp) return script;
  const bool is_syn = live.has(Packet::syn);
  script.sequence -= is_syn ? live_local_initial_ - script_local_initial_ : live_local_initial_;
  const std::uint32_t offset = is_syn ? 0 : remote_initial_;
  if (live.has(Packet::ack_flag)) {
    script.acknowledgment -= offset;
  } else {
    script.acknowledgment = 0;
  }
  for (TcpOption& option : script.options) {
    for (auto& [left, right] : option.blocks) {
      left -= offset;
      right -= offset;
    }
    if (option.kind == TcpOption::Kind::timestamp && has_timestamps_) {
      option.value += script_timestamp_ - live_timestamp_;
    }
  }
  return script;
}

// ===== What the application wrote =====

void Flow::wrote(std::string_view bytes, std::size_t size, bool has_end) {
  if (!bytes.empty()) literals_[written_] = std::string{bytes.substr(0, size)};
  written_ += size;
  if (has_end) ends_.push_back(written_);
}

void Flow::unwrote(std::size_t size) {
  const bool had_end = !ends_.empty() && ends_.back() == written_;
  if (had_end) ends_.pop_back();
  written_ -= size;
  if (had_end && (ends_.empty() || ends_.back() != written_)) ends_.push_back(written_);
}

bool Flow::carries(std::uint64_t position, const std::vector<std::uint8_t>& bytes) const {
  if (literals_.empty()) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const std::uint64_t place = position + at;
    auto literal = literals_.upper_bound(place);
    char wanted = 0;
    if (literal != literals_.begin()) {
      --literal;
      if (place - literal->first < literal->second.size()) {
        wanted = literal->second[place - literal->first];
      }
    }
    if (bytes[at] != static_cast<std::uint8_t>(wanted)) return false;
  }
  return true;
}

bool Flow::is_end_of_write(std::uint64_t position) const {
  return std::find(ends_.begin(), ends_.end(), position) != ends_.end();
}

std::uint64_t Flow::position_of(const Packet& script) const {
  // Streams of scripts are shorter than 4 GiB, so that the wire's 32 bits say it.
  return script.has(Packet::syn) ? 0 : script.sequence - 1U;
}

}  // namespace elvis::packetdrill
