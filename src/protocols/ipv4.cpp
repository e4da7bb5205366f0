// SPDX-License-Identifier: MIT
#include "elvis/protocols/ipv4.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "elvis/graph/world.hpp"
#include "elvis/protocols/arp.hpp"
#include "elvis/protocols/fragmentation.hpp"
#include "elvis/protocols/icmp.hpp"
#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/checksum.hpp"
#include "elvis/wire/ipv4_options.hpp"
#include "ipv4_state.hpp"

namespace elvis {

namespace {

constexpr std::size_t longest_datagram = 65'535;

// The prefix of the tap's network that holds `address`, or null.
const Ipv4Prefix* prefix_with(const Tap& tap, Ipv4Address address) {
  for (const Ipv4Prefix& prefix : tap.machine().world().prefixes_of(tap.network())) {
    if (prefix.holds(address)) return &prefix;
  }
  return nullptr;
}

}  // namespace

void Ipv4Settings::visit(OptionVisitor& visitor) {
  visitor.option(
      {.name = "forwarding", .summary = "whether it sends on what is for others: a router"},
      forwarding);
  visitor.option({.name = "directed_broadcasts",
                  .summary = "whether a router sends on what is for all machines of a network"},
                 directed_broadcasts);
}

// ===== Ipv4: what a machine has =====

Ipv4::Ipv4(Machine& machine, const Ipv4Settings& settings) : Protocol{machine, ProtocolId::ipv4} {
  if (!settings.forwarding) return;
  state().is_router = true;
  state().forwards_broadcasts = settings.directed_broadcasts;
}

Ipv4::~Ipv4() {
  if (state_ == nullptr) return;
  for (const State::Membership& one : state_->memberships) one.tap->leave(group_mac(one.group));
}

// Made when the first thing has to be kept. Connected prefixes are routes like others then, so that
// the longest prefix decides between them.
Ipv4::State& Ipv4::state() {
  if (state_ != nullptr) return *state_;
  state_ = std::make_unique<State>();
  const std::span<Tap> taps = machine().taps();
  for (std::uint32_t i = 0; i < taps.size(); ++i) {
    for (const Ipv4Prefix& prefix : machine().world().prefixes_of(taps[i].network())) {
      state_->routes.insert({prefix.address, prefix.length, {Ipv4Address{}, i}, 0});
    }
  }
  return *state_;
}

Arp* Ipv4::arp() const {
  return static_cast<Arp*>(machine().find(ProtocolId::arp));
}

Icmp* Ipv4::icmp() const {
  return static_cast<Icmp*>(machine().find(ProtocolId::icmp));
}

// The first tap that `is_right` says so of, where that can be so only if an address of the tap's
// network is `address`, or one of its prefixes holds it.
template <typename Predicate>
Tap* Ipv4::find_tap(Ipv4Address address, Predicate is_right) const {
  const std::span<Tap> taps = machine().taps();
  if (taps.size() < least_indexed_taps || state_ == nullptr || address.is_unspecified() ||
      !machine().world().has_indexed_addresses()) {
    const auto found = std::ranges::find_if(taps, is_right);
    return found == taps.end() ? nullptr : &*found;
  }
  if (state_->taps == nullptr) state_->taps = std::make_unique<const TapIndex>(taps);
  return state_->taps->find(taps, address, is_right);
}

bool Ipv4::is_local(Ipv4Address address) const {
  return find_tap(address, [&](const Tap& tap) { return tap.has_address(address); }) != nullptr ||
         address.is_loopback();
}

bool Ipv4::is_for_several(Ipv4Address address) const {
  if (address.is_broadcast() || address.is_multicast()) return true;
  return find_tap(address, [&](const Tap& tap) { return means_all_of(tap, address); }) != nullptr;
}

bool Ipv4::means_all_of(const Tap& tap, Ipv4Address address) {
  const Ipv4Prefix* const prefix = prefix_with(tap, address);
  return prefix != nullptr && prefix->has_broadcast(address) &&
         tap.network().tap_with(address) == nullptr;
}

// ===== Ipv4: routes =====

void Ipv4::add_route(const Route& route) {
  state().routes.replace(route);
  routes_changed();
}

void Ipv4::add_routes(std::span<const Route> routes) {
  if (routes.empty()) return;
  RouteTable& table = state().routes;
  std::vector<Route> all{routes.begin(), routes.end()};
  const std::vector<Route> before = table.routes();  // of several with one prefix the last counts
  all.insert(all.end(), before.begin(), before.end());
  table.assign(all);
  routes_changed();
}

void Ipv4::share_routes(std::shared_ptr<const RouteFinder> finder, std::uint32_t asker) {
  state().routes.share(std::move(finder), asker);
  routes_changed();
}

bool Ipv4::remove_route(Ipv4Address destination, int prefix_length) {
  if (state_ == nullptr || !state_->routes.erase(destination, prefix_length)) return false;
  routes_changed();
  return true;
}

const RouteTable* Ipv4::routes() const {
  return state_ == nullptr ? nullptr : &state_->routes;
}

bool Ipv4::is_router() const {
  return state_ != nullptr && state_->is_router;
}

bool Ipv4::forwards_broadcasts() const {
  return state_ != nullptr && state_->forwards_broadcasts;
}

std::uint64_t Ipv4::forwarded() const {
  return state_ == nullptr ? 0 : state_->forwarded;
}

const Reassembly* Ipv4::reassembly() const {
  return state_ == nullptr || state_->fragments == nullptr ? nullptr
                                                           : &state_->fragments->reassembly;
}

void Ipv4::routes_changed() {
  if (++generation_ == 0) generation_ = 1;
}

// RFC 1122, 3.2.2.2: a redirect counts if it comes from the router that the datagram went to, and
// its gateway is on the same network.
void Ipv4::learn_gateway(Ipv4Address remote, Ipv4Address gateway, Ipv4Address router) {
  if (is_router()) return;  // RFC 1812, 5.2.7.2: routers have routes of their own
  const Result<Way> way = way_to(remote);
  if (!way || way->tap == nullptr || way->next_hop != router || gateway == router) return;
  const Tap* const to = way->tap->network().tap_with(gateway);
  if (to == nullptr || to == way->tap) return;
  const auto tap = static_cast<std::uint32_t>(way->tap - machine().taps().data());
  add_route({remote, 32, {gateway, tap}, 0});
}

// ===== Ipv4: the way out =====

Ipv4::Way Ipv4::way_of(Tap& tap, Ipv4Address next_hop, const Tap* to) const {
  return {&tap, next_hop, arp() != nullptr || to == nullptr ? MacAddress{} : to->mac()};
}

// `local` matters only for what is for several: it leaves by the tap that has this address.
Result<Ipv4::Way> Ipv4::way_to(Ipv4Address remote, Ipv4Address local) {
  if (is_local(remote)) return Way{nullptr, remote, MacAddress{}};
  const std::span<Tap> taps = machine().taps();
  if (taps.empty() || remote.is_unspecified()) return Errc::network_unreachable;
  if (remote.is_broadcast() || remote.is_multicast()) {
    const auto own = std::ranges::find_if(
        taps, [&](const Tap& tap) { return !local.is_unspecified() && tap.has_address(local); });
    Tap& tap = own == taps.end() ? taps.front() : *own;
    return Way{&tap, remote, remote.is_broadcast() ? MacAddress::broadcast() : group_mac(remote)};
  }
  // Machines on one network reach each other whatever their addresses (DESIGN section 7).
  Tap* const tap =
      find_tap(remote, [&](const Tap& one) { return one.network().tap_with(remote) != nullptr; });
  if (tap != nullptr) return way_of(*tap, remote, tap->network().tap_with(remote));
  return way_by_route(remote);
}

// The way to an address that nobody has on the machine's networks.
Result<Ipv4::Way> Ipv4::way_by_route(Ipv4Address remote) {
  const std::span<Tap> taps = machine().taps();
  Arp* const resolver = arp();
  Tap* on_link = nullptr;
  if (state_ != nullptr) {
    if (const auto next = state_->routes.lookup(remote)) {
      Tap& tap = taps[next->tap];
      if (!next->via.is_unspecified()) {
        const Tap* const to = tap.network().tap_with(next->via);
        if (to == nullptr && resolver == nullptr) return Errc::host_unreachable;
        return way_of(tap, next->via, to);
      }
      on_link = &tap;
    }
  } else {
    for (Tap& tap : taps) {
      if (on_link == nullptr && prefix_with(tap, remote) != nullptr) on_link = &tap;
    }
  }
  if (on_link != nullptr) {
    const Ipv4Prefix* const prefix = prefix_with(*on_link, remote);
    if (prefix != nullptr && prefix->has_broadcast(remote)) {
      return Way{on_link, remote, MacAddress::broadcast()};
    }
  }
  // With ARP a stranger's address can at least be asked for, where networks have no prefixes; the
  // gateway takes what is elsewhere.
  if (resolver == nullptr) {
    return on_link != nullptr ? Errc::host_unreachable : Errc::network_unreachable;
  }
  if (on_link != nullptr) return Way{on_link, remote, MacAddress{}};
  const Ipv4Address gateway = resolver->gateway();
  if (gateway.is_unspecified()) {
    const World& world = machine().world();
    const bool has_prefix = std::ranges::any_of(
        taps, [&](const Tap& tap) { return !world.prefixes_of(tap.network()).empty(); });
    if (has_prefix || is_router()) return Errc::network_unreachable;
    return Way{&taps.front(), remote, MacAddress{}};
  }
  for (Tap& tap : taps) {
    if (tap.network().tap_with(gateway) != nullptr) return Way{&tap, gateway, MacAddress{}};
  }
  return Errc::network_unreachable;
}

Result<Ipv4::Step> Ipv4::step_to(Ipv4Address remote) {
  const Result<Way> way = way_to(remote);
  if (!way) return way.error();
  return Step{way->tap, way->next_hop};
}

Result<Ipv4Address> Ipv4::local_address_for(Ipv4Address remote) {
  const Result<Way> way = way_to(remote);
  if (!way) return way.error();
  return way->tap == nullptr ? remote : way->tap->address();
}

Result<SessionRef> Ipv4::open(Protocol& above, Endpoints endpoints) {
  const Result<Ipv4Path> way = path(above, endpoints);
  if (!way) return way.error();
  return SessionRef{new Ipv4Session{*way}};
}

Result<Ipv4Path> Ipv4::path(const Protocol& above, Endpoints endpoints) {
  Ipv4Address local = endpoints.local.address;
  const Result<Way> way = way_to(endpoints.remote.address, local);
  if (!way) return way.error();
  if (local.is_unspecified()) {
    local = way->tap == nullptr ? endpoints.remote.address : way->tap->address();
  } else if (!is_local(local)) {
    return Errc::address_not_available;
  }
  const auto protocol = static_cast<std::uint8_t>(above.id());
  return Ipv4Path{*this, *way, local, endpoints.remote.address, protocol};
}

Result<> Ipv4::send(Ipv4Header header, Message&& payload) {
  const Result<Way> way = way_to(header.destination, header.source);
  if (!way) return way.error();
  const std::size_t length = header.header_size() + payload.size();
  if (length > longest_datagram) return Errc::message_too_long;
  if (header.source.is_unspecified()) {
    header.source = way->tap == nullptr ? header.destination : way->tap->address();
  }
  header.total_length = static_cast<std::uint16_t>(length);
  header.identification = identification_++;
  Ipv4Options options{header.options};
  if (!options.empty() && !options.find_fault()) {
    // RFC 1122, 3.2.1.8(e). What holds no more is for the next hop to refuse.
    (void)record(options, way->tap == nullptr ? header.source : way->tap->address());
    header.options = options.bytes();
  }
  return send_on(*way, header, std::move(payload));
}

// Sends a datagram of this machine's, in pieces if it has to be and may be.
Result<> Ipv4::send_on(const Way& way, const Ipv4Header& header, Message&& payload) {
  const std::size_t mtu =
      way.tap == nullptr ? longest_datagram : path_mtu(header.destination, *way.tap);
  if (header.total_length <= mtu) {
    header.emit(payload.prepend(header.header_size()));
    return transmit(way, std::move(payload));
  }
  if (header.dont_fragment) return Errc::message_too_long;
  for (Fragmenter pieces{header, std::move(payload), mtu}; !pieces.is_done();) {
    if (const Result<> sent = transmit(way, pieces.next()); !sent) return sent;
  }
  return {};
}

Result<> Ipv4::transmit(const Way& way, Message&& datagram) {
  if (way.tap == nullptr) {
    machine().loop_back(std::move(datagram));
    return {};
  }
  if (way.mac == MacAddress{}) return arp()->send(*way.tap, way.next_hop, std::move(datagram));
  return way.tap->send(way.mac, EtherType::ipv4, std::move(datagram));
}

// ===== Ipv4: how long datagrams may be (RFC 1191) =====

std::size_t Ipv4::path_mtu(Ipv4Address remote, const Tap& tap) {
  const std::size_t mtu = tap.network().properties().mtu;
  if (state_ == nullptr) return mtu;
  auto& known = state_->path_mtus;
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const State::PathMtu& one) { return one.remote == remote; });
  if (found == known.end()) return mtu;
  if (found->until > machine().now()) return std::min<std::size_t>(mtu, found->mtu);
  known.erase(found);
  routes_changed();
  return mtu;
}

void Ipv4::learn_path_mtu(Ipv4Address remote, std::size_t mtu, std::size_t length) {
  constexpr std::size_t most = 1'024;  // so that forged errors cost little
  constexpr Duration lifetime = std::chrono::minutes{10};
  const Result<Way> way = way_to(remote);
  if (!way || way->tap == nullptr) return;
  const std::size_t before = path_mtu(remote, *way->tap);
  if (mtu == 0) {
    // RFC 1191, 7.1: the next plateau below what was too long.
    constexpr std::array<std::size_t, 10> plateaus{32'000, 17'914, 8'166, 4'352, 2'002,
                                                   1'492,  1'006,  508,   296,   68};
    const auto next = std::find_if(plateaus.begin(), plateaus.end(),
                                   [&](std::size_t plateau) { return plateau < length; });
    mtu = next == plateaus.end() ? least_mtu : *next;
  }
  mtu = std::max(mtu, least_mtu);
  if (mtu >= before) return;  // RFC 1191, 3: never raised by an error
  auto& known = state().path_mtus;
  std::erase_if(known, [&](const State::PathMtu& one) { return one.remote == remote; });
  if (known.size() == most) known.erase(known.begin());
  known.push_back(
      {remote, static_cast<std::uint32_t>(mtu), add_saturated(machine().now(), lifetime)});
  routes_changed();
}

}  // namespace elvis
