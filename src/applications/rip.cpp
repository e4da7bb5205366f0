// SPDX-License-Identifier: MIT
// RIP version 2 (RFC 2453): what is said to whom and when. What to believe is RipTable's.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "elvis/applications/routing.hpp"
#include "elvis/graph/world.hpp"
#include "elvis/protocols/ipv4.hpp"
#include "elvis/protocols/rip_table.hpp"
#include "elvis/protocols/route_table.hpp"
#include "elvis/protocols/udp.hpp"
#include "elvis/sim/timer.hpp"
#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/rip_packet.hpp"

namespace elvis {

namespace {

constexpr std::array<std::string_view, 3> split_horizons{"poisoned", "simple", "none"};
constexpr std::size_t longest_password = 16;

// RFC 2453, 4.1: the first entry of an authenticated message has the password in the place of
// address, mask, next hop and metric.
RipEntry authentication_with(const std::string& password) {
  constexpr std::uint16_t simple_password = 2;
  std::array<std::uint8_t, longest_password> bytes{};
  std::copy(password.begin(), password.end(), bytes.begin());
  return {.family = RipEntry::authentication_family,
          .tag = simple_password,
          .address = Ipv4Address{load32(bytes.data())},
          .mask = load32(bytes.data() + 4),
          .next_hop = Ipv4Address{load32(bytes.data() + 8)},
          .metric = load32(bytes.data() + 12)};
}

// ===== RipRouter: the end of UDP's port 520 =====

class RipRouter final : public Protocol, private RipTable::Follower {
 public:
  RipRouter(Application& application, const RipOptions& options);
  ~RipRouter() override;

  /// Takes port 520 and asks all neighbours for their tables. Errors: no_protocol, address_in_use.
  Result<> start();
  /// Tells all neighbours the whole table.
  void update();
  /// How long it is until the next update, drawn anew.
  Duration until_next_update();
  void demux(Message&& payload, Arrival& arrival) override;

 private:
  struct Alarm : Timer {
    Alarm(RipRouter& owner, Expire expire) : Timer{expire}, router{owner} {}
    RipRouter& router;
  };

  Udp* udp() const { return static_cast<Udp*>(machine().find(ProtocolId::udp)); }
  Ipv4& ipv4() const { return static_cast<Ipv4&>(*machine().find(ProtocolId::ipv4)); }
  bool is_neighbour(const Arrival& arrival) const;
  std::optional<std::span<const RipEntry>> authenticated(const RipPacket& packet) const;
  void take_response(std::span<const RipEntry> entries, const Arrival& arrival);
  void answer(const RipPacket& request, std::span<const RipEntry> entries, const Arrival& arrival);
  void tell(bool only_changes);
  void send_entries(std::span<const RipEntry> entries, std::uint8_t command, Session& to);
  void look_after();
  void look_at_links();
  void tell_changes();
  void note_change();
  void found(const Route& route) override;
  void lost(Ipv4Address destination, int prefix_length) override;

  Application& application_;
  const RipOptions& options_;
  RipTable table_;
  Rng luck_;
  bool is_silent_;
  bool is_listening_ = false;
  Time last_change_ = start_of_time;
  std::vector<SessionRef> groups_;  // to the routers of each tap; null where it has no address
  std::vector<bool> is_up_;         // the network of each tap
  Alarm expiry_;
  Alarm links_;    // armed for the next time that a network fails or comes back
  Alarm damping_;  // armed while no further update of changes may be sent
};

RipRouter::RipRouter(Application& application, const RipOptions& options)
    : Protocol{application.machine(), ProtocolId::none},
      application_{application},
      options_{options},
      table_{options.timeout, options.garbage_collection, *this},
      luck_{application.machine().rng("rip")},
      is_silent_{!ipv4().is_router()},
      expiry_{*this,
              [](Timer& self) {
                RipRouter& router = static_cast<Alarm&>(self).router;
                router.table_.expire(router.machine().now());
                router.look_after();
              }},
      links_{*this, [](Timer& self) { static_cast<Alarm&>(self).router.look_at_links(); }},
      damping_{*this, [](Timer& self) { static_cast<Alarm&>(self).router.tell_changes(); }} {}

RipRouter::~RipRouter() {
  if (!is_listening_) return;
  udp()->unlisten({Ipv4Address{}, RipPacket::port});
  for (std::uint32_t i = 0; i < groups_.size(); ++i) {
    ipv4().leave(RipPacket::group, machine().taps()[i]);
  }
  for (const Route& route : table_.learnt())
    ipv4().remove_route(route.destination, route.prefix_length);
}

Result<> RipRouter::start() {
  if (udp() == nullptr) return Errc::no_protocol;
  const Result<> listening = udp()->listen(*this, {Ipv4Address{}, RipPacket::port});
  if (!listening) return listening;
  is_listening_ = true;

  const std::span<Tap> taps = machine().taps();
  for (std::uint32_t i = 0; i < taps.size(); ++i) {
    for (const Ipv4Prefix& prefix : machine().world().prefixes_of(taps[i].network())) {
      table_.add_own(prefix, i);
    }
    SessionRef& group = groups_.emplace_back();
    ipv4().join(RipPacket::group, taps[i]);
    if (taps[i].address().is_unspecified()) continue;
    const Result<SessionRef> opened =
        udp()->open(*this, {.local = {taps[i].address(), RipPacket::port},
                            .remote = {RipPacket::group, RipPacket::port}});
    if (!opened) return opened.error();
    group = *opened;
  }
  if (const RouteTable* const routes = ipv4().routes()) {
    for (const Route& route : routes->routes()) {
      if (route.next.via.is_unspecified()) continue;
      const Ipv4Prefix prefix{route.destination, route.prefix_length};
      options_.redistribute ? table_.add_own(prefix, RipTable::no_tap) : table_.set_aside(prefix);
    }
  }
  is_up_.assign(taps.size(), false);
  for (std::uint32_t i = 0; i < taps.size(); ++i) table_.set_link(i, false, machine().now());
  look_at_links();
  return {};
}

// RFC 2453, 3.8: the period varies, so that routers do not come to speak all at once.
Duration RipRouter::until_next_update() {
  const auto width = static_cast<std::uint64_t>(options_.jitter.count());
  const auto drawn = static_cast<Duration::rep>(luck_.below(2 * width + 1));
  return options_.update - options_.jitter + Duration{drawn};
}

// ===== RipRouter: what it hears =====

void RipRouter::demux(Message&& payload, Arrival& arrival) {
  std::array<std::uint8_t, RipPacket::max_size + 1> bytes;
  const std::size_t size = payload.copy_to(bytes);
  const auto packet = RipPacket::parse(bytes.data(), size);
  if (!packet || !is_neighbour(arrival)) return application_.count_other_message();
  const auto entries = authenticated(*packet);
  if (!entries) return application_.count_other_message();
  if (packet->command == RipPacket::request) return answer(*packet, *entries, arrival);
  // RFC 2453, 3.9.2: whoever speaks for a router does so from its port.
  if (packet->command != RipPacket::response || arrival.source_port != RipPacket::port) {
    return application_.count_other_message();
  }
  application_.count_message(size);
  take_response(*entries, arrival);
}

// Whether the packet comes from another machine of a network of this one's. What was under way when
// the network failed comes too late.
bool RipRouter::is_neighbour(const Arrival& arrival) const {
  if (arrival.tap == nullptr || ipv4().is_local(arrival.source)) return false;
  const std::span<Tap> taps = machine().taps();
  if (!is_up_[static_cast<std::size_t>(arrival.tap - taps.data())]) return false;
  const Network& network = arrival.tap->network();
  if (network.tap_with(arrival.source) != nullptr) return true;
  const auto prefixes = machine().world().prefixes_of(network);
  return std::ranges::any_of(
      prefixes, [&](const Ipv4Prefix& prefix) { return prefix.holds(arrival.source); });
}

// The entries behind the authentication, if there is the right one: RFC 2453, 5.2: who has a
// password hears only those who have it too, who has none only those who have none.
std::optional<std::span<const RipEntry>> RipRouter::authenticated(const RipPacket& packet) const {
  const std::span<const RipEntry> entries = packet.entries();
  const bool is_locked =
      !entries.empty() && entries.front().family == RipEntry::authentication_family;
  if (is_locked == options_.password.empty()) return std::nullopt;
  if (!is_locked) return entries;
  if (!(entries.front() == authentication_with(options_.password))) return std::nullopt;
  return entries.subspan(1);
}

void RipRouter::take_response(std::span<const RipEntry> entries, const Arrival& arrival) {
  const auto tap = static_cast<std::uint32_t>(arrival.tap - machine().taps().data());
  const RipTable::Neighbour neighbour{arrival.source, tap};
  for (RipEntry entry : entries) {
    if (entry.mask == 0) entry.mask = entry.natural_mask();  // RFC 2453, 4.3: it has none
    if (!entry.is_valid_route()) continue;
    // RFC 2453, 4.4: a next hop that is not on this network is treated as none.
    const bool has_via = !entry.next_hop.is_unspecified() && !ipv4().is_local(entry.next_hop) &&
                         arrival.tap->network().tap_with(entry.next_hop) != nullptr;
    table_.take(entry, neighbour, has_via ? entry.next_hop : arrival.source, machine().now());
  }
  look_after();
}

// RFC 2453, 3.9.1. A host that only listens says nothing.
void RipRouter::answer(const RipPacket& request, std::span<const RipEntry> entries,
                       const Arrival& arrival) {
  if (is_silent_ || entries.empty()) return;
  const Result<SessionRef> back =
      udp()->open(*this, {.local = {arrival.tap->address(), RipPacket::port},
                          .remote = {arrival.source, arrival.source_port}});
  if (!back) return;
  const bool is_for_all = entries.size() == 1 && entries.front().family == 0 &&
                          entries.front().metric == RipEntry::infinity;
  if (request.is_whole_table_request() || is_for_all) {
    const auto tap = static_cast<std::uint32_t>(arrival.tap - machine().taps().data());
    const auto horizon = static_cast<RipTable::SplitHorizon>(options_.split_horizon);
    return send_entries(table_.told_at(tap, horizon, false), RipPacket::response, **back);
  }
  std::vector<RipEntry> answers{entries.begin(), entries.end()};
  for (RipEntry& entry : answers) {
    const std::uint32_t mask = entry.mask == 0 ? entry.natural_mask() : entry.mask;
    entry.metric = table_.metric_of(entry.address, mask);
  }
  send_entries(answers, RipPacket::response, **back);
}

// ===== RipRouter: what it says =====

void RipRouter::update() {
  if (is_silent_) return;
  tell(false);
  table_.forget_changes();
}

void RipRouter::tell(bool only_changes) {
  const auto horizon = static_cast<RipTable::SplitHorizon>(options_.split_horizon);
  for (std::uint32_t tap = 0; tap < groups_.size(); ++tap) {
    if (groups_[tap] == nullptr || !is_up_[tap]) continue;
    const std::vector<RipEntry> told = table_.told_at(tap, horizon, only_changes);
    if (!told.empty()) send_entries(told, RipPacket::response, *groups_[tap]);
  }
}

// RFC 2453, 3.9.1: whoever is attached anew asks. What a network will be like is known beforehand,
// and so is the time of the next change.
void RipRouter::look_at_links() {
  const Time now = machine().now();
  const RipPacket request = RipPacket::whole_table_request();
  Time next = end_of_time;
  for (std::uint32_t tap = 0; tap < is_up_.size(); ++tap) {
    const LinkProperties& link = machine().taps()[tap].network().properties();
    for (const LinkChange& change : link.changes) {
      if (change.from > now) next = std::min(next, change.from);
    }
    const bool is_up = link.at(now).is_up;
    if (is_up_[tap] == is_up) continue;
    is_up_[tap] = is_up;
    table_.set_link(tap, is_up, now);
    note_change();
    if (is_up && groups_[tap] != nullptr) {
      send_entries(request.entries(), RipPacket::request, *groups_[tap]);
    }
  }
  if (next != end_of_time) links_.arm(machine(), next);
  look_after();
}

// In as many packets as it takes.
void RipRouter::send_entries(std::span<const RipEntry> entries, std::uint8_t command, Session& to) {
  while (!entries.empty()) {
    RipPacket packet;
    packet.command = command;
    if (!options_.password.empty()) packet.add(authentication_with(options_.password));
    while (!entries.empty() && !packet.is_full()) {
      packet.add(entries.front());
      entries = entries.subspan(1);
    }
    Message message;
    packet.emit(message.prepend(packet.packet_size()));
    // That a neighbour cannot be told now is nothing to stop for: the next update comes.
    (void)to.send(std::move(message));
  }
}

// What follows when the table may have changed, or time has passed.
void RipRouter::look_after() {
  const Time next = table_.next_expiry();
  if (next == end_of_time) {
    expiry_.cancel();
  } else if (!expiry_.is_armed() || next < expiry_.deadline()) {
    expiry_.arm(machine(), std::max(next, machine().now()));
  }
  if (!damping_.is_armed()) tell_changes();
}

// RFC 2453, 3.10.1: a change is told at once, and the next ones after 1 to 5 seconds.
void RipRouter::tell_changes() {
  if (!table_.has_changes()) return;
  if (!is_silent_) tell(true);
  table_.forget_changes();
  const Duration width = options_.damping_to - options_.damping_from;
  const auto drawn =
      static_cast<Duration::rep>(luck_.below(static_cast<std::uint64_t>(width.count()) + 1));
  damping_.arm(machine(), add_saturated(machine().now(), options_.damping_from + Duration{drawn}));
}

// ===== RipRouter: what IPv4 is told =====

void RipRouter::found(const Route& route) {
  ipv4().add_route(route);
  note_change();
}

void RipRouter::lost(Ipv4Address destination, int prefix_length) {
  ipv4().remove_route(destination, prefix_length);
  note_change();
}

void RipRouter::note_change() {
  last_change_ = machine().now();
  const auto ms = (last_change_ - start_of_time).count() / 1'000'000;
  application_.set_detail(fmt::format("reaches {} prefixes, since {}.{:03} s", table_.reachable(),
                                      ms / 1'000, ms % 1'000));
}

}  // namespace

void RipOptions::visit(OptionVisitor& visitor) {
  visitor.option({.name = "update", .summary = "time between two updates of the whole table"},
                 update);
  visitor.option({.name = "jitter", .summary = "by how much that varies, longer or shorter"},
                 jitter);
  visitor.option({.name = "timeout", .summary = "after which a route that nobody tells of is gone"},
                 timeout);
  visitor.option(
      {.name = "garbage_collection", .summary = "for how long neighbours are told that it is gone"},
      garbage_collection);
  visitor.option({.name = "damping_from", .summary = "least time between two updates of changes"},
                 damping_from);
  visitor.option({.name = "damping_to", .summary = "greatest time between two updates of changes"},
                 damping_to);
  visitor.choice(
      {.name = "split_horizon", .summary = "what a neighbour is told of routes through itself"},
      split_horizons, split_horizon);
  visitor.option(
      {.name = "redistribute", .summary = "whether it tells of the machine's `[Routes]`"},
      redistribute);
  visitor.option({.name = "password", .summary = "what all routers have to know, up to 16 bytes"},
                 password);
}

std::string_view RipOptions::fault() const {
  if (update <= jitter) return "`update` has to be longer than `jitter`";
  if (timeout <= Duration{}) return "`timeout` has to be longer than 0";
  if (damping_from <= Duration{} || damping_to < damping_from) {
    return "`damping_from` has to be longer than 0, and not longer than `damping_to`";
  }
  if (password.size() > longest_password) return "`password` has at most 16 bytes";
  return {};
}

Task<Result<>> rip(Application& self, const RipOptions& options) {
  if (const std::string_view fault = options.fault(); !fault.empty()) {
    self.set_detail(std::string{fault});
    co_return Errc::invalid_argument;
  }
  RipRouter router{self, options};
  if (const Result<> started = router.start(); !started) co_return started.error();
  for (;;) {
    co_await self.sleep_for(router.until_next_update());
    router.update();
  }
}

}  // namespace elvis
