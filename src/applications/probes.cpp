// SPDX-License-Identifier: MIT
#include "elvis/applications/probes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "elvis/graph/world.hpp"
#include "elvis/sockets/probe_socket.hpp"

namespace elvis {

namespace {

// "1.250", in milliseconds.
std::string milliseconds(std::uint64_t nanoseconds) {
  const std::uint64_t us = (nanoseconds + 500) / 1'000;
  return fmt::format("{}.{:03}", us / 1'000, us % 1'000);
}

__extension__ using Wide = unsigned __int128;

std::uint64_t square_root(Wide square) {
  Wide root = 0;
  for (Wide bit = Wide{1} << 62; bit != 0; bit >>= 1) {
    if ((root | bit) * (root | bit) <= square) root |= bit;
  }
  return static_cast<std::uint64_t>(root);
}

// ===== Round trips, as the well-known program sums them up =====

class RoundTrips {
 public:
  void sent() { ++sent_; }
  void failed() { ++failed_; }
  // Also one that answers again counts for the times.
  void received(Duration time, bool is_first) {
    const auto taken = static_cast<std::uint64_t>(time.count());
    least_ = received_ + repeated_ == 0 ? taken : std::min(least_, taken);
    most_ = std::max(most_, taken);
    sum_ += taken;
    squares_ += Wide{taken} * taken;
    ++(is_first ? received_ : repeated_);
  }
  std::uint64_t received() const { return received_; }

  // The last two lines of ping, of the iputils, in one.
  std::string text(Duration took) const {
    std::string text = fmt::format("{} packets transmitted, {} received", sent_, received_);
    if (repeated_ != 0) fmt::format_to(std::back_inserter(text), ", +{} duplicates", repeated_);
    if (failed_ != 0) fmt::format_to(std::back_inserter(text), ", +{} errors", failed_);
    const auto lost = static_cast<double>(sent_ - std::min(received_, sent_));
    fmt::format_to(std::back_inserter(text), ", {:g}% packet loss, time {}ms",
                   sent_ == 0 ? 0 : lost * 100 / static_cast<double>(sent_),
                   std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
    const std::uint64_t timed = received_ + repeated_;
    if (timed == 0) return text;
    const auto mean = static_cast<std::uint64_t>(sum_ / timed);
    const Wide of_squares = squares_ / timed;
    const Wide variance = of_squares - std::min(of_squares, Wide{mean} * mean);
    fmt::format_to(std::back_inserter(text), "; rtt min/avg/max/mdev = {}/{}/{}/{} ms",
                   milliseconds(least_), milliseconds(mean), milliseconds(most_),
                   milliseconds(square_root(variance)));
    return text;
  }

 private:
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t repeated_ = 0;
  std::uint64_t least_ = 0;
  std::uint64_t most_ = 0;
  Wide sum_ = 0;
  Wide squares_ = 0;
};

// When requests that are not answered yet were sent, by sequence number, which wraps around.
class Waiting {
 public:
  void sent(std::uint16_t sequence, Time now) {
    while (is_in_the_way(times_[sequence % times_.size()])) grow();
    times_[sequence % times_.size()] = {now, sequence, true};
  }
  // When the request was sent that a reply answers, if that is still known, and whether none came
  // before.
  struct Answered {
    Time sent;
    bool is_first;
  };
  std::optional<Answered> answered(std::uint16_t sequence) {
    Slot& slot = times_[sequence % times_.size()];
    if (!slot.sent || slot.sequence != sequence) return std::nullopt;
    return Answered{*slot.sent, std::exchange(slot.is_open, false)};
  }

 private:
  static constexpr std::size_t least = 4;
  static constexpr std::size_t usual = 1'024;  // so many are remembered also when they are answered
  static constexpr std::size_t most = 65'536;  // then sequence numbers begin again
  struct Slot {
    std::optional<Time> sent;
    std::uint16_t sequence = 0;
    bool is_open = false;
  };
  bool is_in_the_way(const Slot& slot) const {
    return slot.sent && times_.size() < (slot.is_open ? most : usual);
  }
  void grow() {
    std::vector<Slot> before(times_.size() * 2);
    before.swap(times_);
    for (const Slot& slot : before) {
      if (slot.sent) times_[slot.sequence % times_.size()] = slot;
    }
  }
  std::vector<Slot> times_{least};
};

// The name of the machine that has `address`, or the address. Addresses never change in a run.
std::string name_of(const World& world, Ipv4Address address) {
  for (std::size_t i = 0; i < world.network_count(); ++i) {
    if (const Tap* const tap = world.network(i).tap_with(address)) {
      return fmt::format("{} ({})", tap->machine().name(), address.to_string());
    }
  }
  return address.to_string();
}

// ===== What machines on the way add to a request and its reply =====

Ipv4Options options_of(const PingOptions& options) {
  constexpr std::size_t most_addresses = 9;
  constexpr std::size_t most_pairs = 4;
  Ipv4Options asked;
  if (options.record_route) (void)asked.add_record_route(most_addresses);
  if (options.timestamps == PingOptions::times) {
    (void)asked.add_timestamp(TimestampMode::times, most_addresses);
  } else if (options.timestamps == PingOptions::addresses_and_times) {
    (void)asked.add_timestamp(TimestampMode::addresses_and_times, most_pairs);
  }
  return asked;
}

// "; RR: near (10.0.0.1) far (10.0.1.2)" or "; TS: near (10.0.0.1) 12 far (10.0.1.2) 14", with the
// milliseconds since midnight.
std::string text_of(const World& world, const Ipv4Options& reply) {
  std::string text;
  std::array<Ipv4Address, 9> route;
  const std::size_t addresses = reply.recorded_route(route);
  if (addresses != 0) text += "; RR:";
  for (std::size_t i = 0; i < addresses; ++i) text += ' ' + name_of(world, route[i]);
  std::array<Ipv4Options::Stamp, 9> stamps;
  const std::size_t times = reply.recorded_stamps(stamps);
  if (times != 0) text += "; TS:";
  for (std::size_t i = 0; i < times; ++i) {
    if (!stamps[i].address.is_unspecified()) text += ' ' + name_of(world, stamps[i].address);
    text += fmt::format(" {}", stamps[i].time);
  }
  return text;
}

}  // namespace

Task<Result<>> ping(Application& self, const PingOptions& options) {
  ProbeSocket socket{self.machine()};
  self.expect_messages(options.count);
  if (options.start > Duration{}) co_await self.sleep_for(options.start);
  const Time began = self.now();
  RoundTrips trips;
  Waiting waiting;
  const Ipv4Options asked = options_of(options);
  Ipv4Options last;  // of the last reply
  for (std::uint64_t i = 0; i < options.count; ++i) {
    const auto sequence = static_cast<std::uint16_t>(i + 1);
    waiting.sent(sequence, self.now());
    trips.sent();
    const Result<> sent =
        socket.send_echo(options.to.address, sequence, Message::zeros(options.size), 64,
                         options.dont_fragment, asked);
    if (!sent && sent.error() == Errc::no_protocol) co_return sent.error();
    if (!sent) trips.failed();
    const bool is_last = i + 1 == options.count;
    const Time until = add_saturated(self.now(), is_last ? options.timeout : options.interval);
    while (!is_last || trips.received() < options.count) {
      const std::optional<ProbeAnswer> answer = co_await socket.receive_until(until);
      if (!answer) break;
      if (answer->error) {
        trips.failed();
      } else if (const auto answered = waiting.answered(answer->sequence)) {
        trips.received(self.now() - answered->sent, answered->is_first);
        last = answer->options;
        if (answered->is_first) self.count_message(options.size);
      }
    }
    if (!is_last && options.interval <= Duration{}) co_await self.sleep_for(Duration{});
  }
  self.set_detail(trips.text(self.now() - began) + text_of(self.machine().world(), last));
  if (trips.received() == 0) co_return Errc::timed_out;
  co_return Result<>{};
}

namespace {

// The next number of a probe; none is 0, which is no port.
std::uint16_t after(std::uint16_t number) {
  return number == 0xffff ? std::uint16_t{1} : static_cast<std::uint16_t>(number + 1);
}

// What the probes of one distance met.
struct HopAnswers {
  std::string text;
  Ipv4Address last;
  bool is_end = false;
  bool has_arrived = false;
};

// Why a probe went no further, as the well-known program shows it.
std::string mark_of(Unreachable reason) {
  switch (reason) {
    case Unreachable::network:
      return " !N";
    case Unreachable::host:
      return " !H";
    case Unreachable::protocol:
      return " !P";
    case Unreachable::fragmentation_needed:
      return " !F";
    case Unreachable::source_route_failed:
      return " !S";
    case Unreachable::prohibited:
      return " !X";
    default:
      return fmt::format(" !<{}>", static_cast<unsigned>(reason));
  }
}

// Takes `answer` down; whether it came from the destination decides if this is the end.
void note(HopAnswers& hop, const World& world, const ProbeAnswer& answer, Duration taken) {
  if (answer.from != hop.last) {
    hop.text += ' ' + name_of(world, answer.from);
    hop.last = answer.from;
  }
  hop.text += ' ' + milliseconds(static_cast<std::uint64_t>(taken.count())) + " ms";
  if (!answer.error) {
    hop.is_end = hop.has_arrived = true;
    return;
  }
  const auto type = static_cast<IcmpType>(answer.error->icmp_type);
  if (type != IcmpType::destination_unreachable) return;
  hop.is_end = true;
  const auto reason = static_cast<Unreachable>(answer.error->icmp_code);
  // Only the destination says that it does not speak UDP.
  hop.has_arrived |= reason == Unreachable::port || reason == Unreachable::protocol;
  if (reason != Unreachable::port) hop.text += mark_of(reason);
}

}  // namespace

Task<Result<>> traceroute(Application& self, const TracerouteOptions& options) {
  ProbeSocket socket{self.machine()};
  if (options.start > Duration{}) co_await self.sleep_for(options.start);
  const bool is_udp = options.protocol == TracerouteOptions::udp;
  std::uint16_t number = is_udp ? options.port : std::uint16_t{1};
  std::string text;
  HopAnswers hop;
  for (std::uint64_t distance = 1; distance <= options.max_hops && !hop.is_end; ++distance) {
    hop = {};
    for (std::uint64_t i = 0; i < options.queries; ++i, number = after(number)) {
      const Time sent_at = self.now();
      const auto time_to_live = static_cast<std::uint8_t>(distance);
      const Result<> sent =
          is_udp ? socket.send_udp({options.to.address, number}, Message::zeros(32), time_to_live)
                 : socket.send_echo(options.to.address, number, Message::zeros(32), time_to_live);
      if (!sent) co_return sent.error();
      const Time until = add_saturated(sent_at, options.timeout);
      std::optional<ProbeAnswer> answer = co_await socket.receive_until(until);
      while (answer && answer->sequence != number) answer = co_await socket.receive_until(until);
      if (!answer) {
        hop.text += " *";
        continue;
      }
      self.count_message(32);
      note(hop, self.machine().world(), *answer, self.now() - sent_at);
    }
    text += fmt::format("{}{}{}", distance == 1 ? "" : "; ", distance, hop.text);
    self.set_detail(text);
  }
  if (!hop.has_arrived) co_return Errc::host_unreachable;
  co_return Result<>{};
}

}  // namespace elvis
