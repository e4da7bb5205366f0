// SPDX-License-Identifier: MIT
// The part of the runner that waits for packets of the stack under test and judges them.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "codec.hpp"
#include "runner.hpp"

namespace elvis::packetdrill {

namespace {

constexpr Duration one_way{1};
constexpr Duration long_enough = std::chrono::hours{1};

}  // namespace

// The oldest packet that a line about `flow` with such a packet can mean.
std::optional<Runner::Seen> Runner::take_sighting(Flow& flow, const Packet& expected) {
  std::deque<Sighting>& sightings = remote_->sightings();
  for (auto sighting = sightings.begin(); sighting != sightings.end(); ++sighting) {
    Seen seen{sighting->at - one_way, sighting->datagram, decode(sighting->datagram)};
    const Packet& live = seen.decoded.packet;
    const bool is_icmp = live.kind == Packet::Kind::icmp;
    if (is_icmp != (expected.kind == Packet::Kind::icmp) || !flow.sends(live)) continue;
    // A flow whose port is not known yet is none of those whose ports are.
    if (!is_icmp && flow.local().port == 0 &&
        flows_.find(live.kind, {live.source, live.source_port}, flow.remote()) != nullptr) {
      continue;
    }
    sightings.erase(sighting);
    if (!is_icmp && flow.local().port == 0) flow.set_local({live.source, live.source_port});
    return seen;
  }
  return std::nullopt;
}

Task<std::optional<Runner::Seen>> Runner::next_packet(Flow& flow, const Packet& expected,
                                                      Time deadline) {
  for (;;) {
    std::optional<Seen> seen = take_sighting(flow, expected);
    if (seen || now() > deadline + one_way) co_return seen;
    co_await signal_.until(*host_, deadline + 2 * one_way);
  }
}

// A line of the script may stand for several segments, as those that offload segmentation see it.
Task<> Runner::gather(Flow& flow, const Packet& expected, Seen& seen, Time deadline) {
  Packet& whole = seen.decoded.packet;
  while (whole.payload_bytes > 0 && whole.payload_bytes < expected.payload_bytes) {
    const std::optional<Seen> more = co_await next_packet(flow, expected, deadline);
    if (!more) co_return;
    const Packet& part = more->decoded.packet;
    const bool continues = part.kind == Packet::Kind::tcp && more->decoded.mistake.empty() &&
                           part.sequence == whole.sequence + whole.payload_bytes &&
                           part.payload_bytes > 0 &&
                           whole.payload_bytes + part.payload_bytes <= expected.payload_bytes &&
                           !whole.has(Packet::fin | Packet::syn | Packet::rst);
    if (!continues) {
      // It is what the next line may be about.
      remote_->sightings().push_front({more->at + one_way, more->datagram});
      co_return;
    }
    whole.payload_bytes += part.payload_bytes;
    whole.flags = static_cast<std::uint16_t>((whole.flags & ~Packet::psh) | part.flags);
    whole.acknowledgment = part.acknowledgment;
    whole.window = part.window;
    seen.decoded.payload.insert(seen.decoded.payload.end(), more->decoded.payload.begin(),
                                more->decoded.payload.end());
  }
}

Task<> Runner::play_outbound(const Event& event, const PacketEvent& packet, Moment moment) {
  const Packet& expected = packet.packet;
  Flow* flow = flows_.of_outbound(expected);
  if (flow == nullptr) {
    if (expected.kind != Packet::Kind::icmp) {
      fail_as(Verdict::Kind::wrong, event.span,
              "no socket connects or listens that this packet could belong to");
      co_return;
    }
    flow = &flows_.opened(Packet::Kind::icmp, {setup_.local, 0}, {setup_.remote, 0});
  }
  const bool is_any = event.time.kind == EventTime::Kind::any;
  const Time deadline = is_any ? now() + long_enough : moment.to + tolerance_at(moment.from);
  std::optional<Seen> seen = co_await next_packet(*flow, expected, deadline + finest_time);
  if (!seen) {
    fail(event, "this packet does not come", missing_details(event, expected, deadline));
    co_return;
  }
  if (!setup_.has_strict_segments && expected.kind == Packet::Kind::tcp) {
    co_await gather(*flow, expected, *seen, deadline + finest_time);
  }
  check_packet(event, expected, *flow, *seen, moment);
}

void Runner::check_packet(const Event& event, const Packet& expected, Flow& flow, const Seen& seen,
                          Moment moment) {
  if (!seen.decoded.mistake.empty()) {
    return fail(event, "the packet that comes has " + seen.decoded.mistake);
  }
  const Packet& live = seen.decoded.packet;
  flow.learn(live, expected);
  const Packet actual = flow.to_script(live);
  const std::uint64_t position = flow.position_of(actual);
  CompareOptions options;
  options.order = setup_.has_exact_options ? OptionOrder::exact : OptionOrder::free;
  options.timestamp_tick = setup_.timestamp_tick;
  // A clock goes wrong from the beginning on.
  const Duration off = (moment.from - begin_) * std::int64_t{setup_.tolerance_permille} / 1000;
  options.tolerance = static_cast<std::uint32_t>(std::min<std::int64_t>(
      std::max(setup_.tolerance, off) / std::chrono::microseconds{1}, 0xffff'ffff));
  // In the middle of what was written a stack may push or not (RFC 9293, 3.9.1.2).
  options.checks_push =
      actual.payload_bytes == 0 || (!actual.has(Packet::syn) && flow.written() != 0 &&
                                    flow.is_end_of_write(position + actual.payload_bytes));
  std::vector<Difference> differences = compare(expected, actual, options);
  const bool carries_stream = live.kind == Packet::Kind::tcp && live.payload_bytes > 0 &&
                              position + live.payload_bytes <= flow.written();
  if (differences.empty() && carries_stream && !flow.carries(position, seen.decoded.payload)) {
    differences.push_back({"payload", "what was written", "something else"});
  }
  if (!differences.empty()) {
    return fail(
        event, "the packet that comes is not the expected one",
        aligned(expected_text(event, moment), expected, time_text(seen.at), actual, differences));
  }
  check_time(event, seen.at, moment, "this packet");
}

// What is told when nothing came: what was expected, and what else there was.
std::string Runner::missing_details(const Event&, const Packet& expected, Time deadline) const {
  std::string text = fmt::format("  expected  > {}\n  seen      nothing by {}\n", to_text(expected),
                                 time_text(deadline));
  const auto& sightings = remote_->sightings();
  constexpr std::size_t most_told = 5;
  for (std::size_t at = 0; at < std::min(sightings.size(), most_told); ++at) {
    const Decoded decoded = decode(sightings[at].datagram);
    Packet other = decoded.packet;
    other.service_check = ServiceCheck::none;
    other.time_to_live.reset();
    text +=
        fmt::format("  besides   {} > {}\n", time_text(sightings[at].at - one_way), to_text(other));
  }
  return text;
}

}  // namespace elvis::packetdrill
