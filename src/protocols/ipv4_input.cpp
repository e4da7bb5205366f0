// SPDX-License-Identifier: MIT
// Ipv4: what comes in, and what is sent on.
#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include "elvis/graph/world.hpp"
#include "elvis/protocols/arp.hpp"
#include "elvis/protocols/fragmentation.hpp"
#include "elvis/protocols/icmp.hpp"
#include "elvis/wire/ipv4_options.hpp"
#include "forward_path.hpp"
#include "ipv4_state.hpp"

namespace elvis {

namespace {

// Whether no router sends on what comes from an address, or is for it: RFC 1812, 4.2.2.11
// and 5.3.7.
bool is_martian(Ipv4Address address) {
  constexpr std::uint32_t first_reserved = 0xf000'0000;  // 240.0.0.0/4: RFC 1112, 4
  return address.value() >> 24 == 0 || address.value() >= first_reserved;
}

}  // namespace

// ===== Ipv4: the way in =====

void Ipv4::demux(Message&& datagram, Arrival& arrival) {
  std::uint8_t scratch[Ipv4Header::max_size];
  const std::uint8_t* bytes = datagram.front(Ipv4Header::min_size, scratch);
  if (bytes == nullptr) return machine().drop(Drop::truncated, datagram);
  if (const std::size_t size = std::size_t{bytes[0]} % 16 * 4; size > Ipv4Header::min_size) {
    bytes = datagram.front(size, scratch);
    if (bytes == nullptr) return machine().drop(Drop::truncated, datagram);
  }
  const auto header = Ipv4Header::parse(bytes, datagram.size());
  if (!header) return machine().drop(drop_for(header.error()), datagram);
  if (const std::optional<Drop> reason = refuses(*header, arrival)) {
    return machine().drop(*reason, datagram);
  }
  datagram.truncate(header->total_length);
  if (!is_for_me(*header, arrival)) {
    if (!is_router() || arrival.link_destination.is_group()) {
      return machine().drop(Drop::not_for_me, datagram);
    }
    // RFC 1812, 5.2.3: who sends on what is for all of a network is one of them.
    if (!forwards_broadcasts() || !is_for_several(header->destination)) {
      return forward(*header, std::move(datagram), arrival);
    }
    forward(*header, Message{datagram}, arrival);
    arrival.datagram = nullptr;
    // So that nobody takes the short way up for the next ones, which are to be sent on as well.
    arrival.link_destination = MacAddress::broadcast();
  }
  if (claims_to_be_mine(*header, arrival)) return machine().drop(Drop::bad_source, datagram);
  if (header->more_fragments || header->fragment_offset != 0) {
    return join(*header, std::move(datagram), arrival);
  }
  deliver(*header, std::move(datagram), arrival);
}

// Why a datagram is not taken, judged by its addresses, if it is not.
std::optional<Drop> Ipv4::refuses(const Ipv4Header& header, const Arrival& arrival) const {
  // RFC 1122, 3.2.1.3: no datagram comes from a group; loopback addresses stay inside a machine.
  const Ipv4Address source = header.source;
  if (source.is_multicast() || source.is_broadcast()) return Drop::bad_source;
  if (arrival.tap == nullptr) return std::nullopt;
  if (source.is_loopback() || header.destination.is_loopback()) return Drop::bad_source;
  // Nor does one come from all machines of the network, or from this one itself.
  if (source == arrival.tap->address() && !source.is_unspecified()) return Drop::bad_source;
  return means_all_of(*arrival.tap, source) ? std::optional{Drop::bad_source} : std::nullopt;
}

// Whether a datagram that came in says that the machine sent it by another of its attachments.
bool Ipv4::claims_to_be_mine(const Ipv4Header& header, const Arrival& arrival) const {
  return arrival.tap != nullptr && machine().taps().size() > 1 && is_local(header.source);
}

bool Ipv4::is_for_me(const Ipv4Header& header, const Arrival& arrival) const {
  const Ipv4Address destination = header.destination;
  if (arrival.tap == nullptr) return true;
  if (destination.is_broadcast()) return true;
  // Several groups share an address of the link.
  if (destination.is_multicast()) return is_member(destination, *arrival.tap);
  // RFC 1122, 3.3.6: a datagram for one machine does not come in a frame for all.
  if (arrival.link_destination.is_group()) return is_for_several(destination);
  return destination == arrival.tap->address() || is_local(destination);
}

// What options say to whoever a datagram is for (RFC 1122, 3.2.1.8): it adds itself to those that
// collect, and tells of those that are wrong. False: it was dropped.
bool Ipv4::take_options(const Ipv4Header& header, Message& datagram, Arrival& arrival) {
  Ipv4Options options{header.options};
  const auto refuse = [&](const IcmpMessage& error) {
    arrival.datagram = &datagram;
    report(error, arrival);
    arrival.datagram = nullptr;
    machine().drop(Drop::bad_option, datagram);
    return false;
  };
  std::optional<std::uint8_t> fault = options.find_fault();
  if (!fault && options.is_on_its_way()) {
    return refuse(IcmpMessage::unreachable(Unreachable::source_route_failed));
  }
  if (!fault) {
    const bool is_own = arrival.tap == nullptr || is_local(header.destination);
    fault = record(options, is_own ? header.destination : arrival.tap->address());
  }
  if (fault) {
    return refuse(
        IcmpMessage::parameter_problem(static_cast<std::uint8_t>(Ipv4Header::min_size + *fault)));
  }
  if (std::ranges::equal(options.bytes(), header.options)) return true;
  Ipv4Header updated = header;
  updated.options = options.bytes();
  datagram.remove_front(header.header_size());
  updated.emit(datagram.prepend(updated.header_size()));
  return true;
}

// Adds `own`, an address of the machine, and the time to what the options of a datagram collect.
// Returns the octet at fault if they hold no more; they had no fault before.
std::optional<std::uint8_t> Ipv4::record(Ipv4Options& options, Ipv4Address own) const {
  constexpr std::int64_t ms_a_day = 86'400'000;
  const std::int64_t ms = machine().now().time_since_epoch().count() / 1'000'000;
  Ipv4Options::Hop hop{.address = own, .time = static_cast<std::uint32_t>(ms % ms_a_day)};
  const std::optional<Ipv4Address> asked = options.asked_address();
  if (asked && is_local(*asked)) hop.own = {&*asked, 1};
  return options.record(hop);
}

// Hands what a whole datagram carries to the protocol with its number.
void Ipv4::deliver(const Ipv4Header& header, Message&& datagram, Arrival& arrival) {
  if (!header.options.empty() && !take_options(header, datagram, arrival)) return;
  Protocol* const above = machine().find(over_ipv4(header.protocol));
  Message whole;  // for the errors that the layers above may report
  if (icmp() != nullptr) {
    whole = datagram;
    arrival.datagram = &whole;
  }
  arrival.source = header.source;
  arrival.destination = header.destination;
  if (above == nullptr) {
    report(IcmpMessage::unreachable(Unreachable::protocol), arrival);
    return machine().drop(Drop::unknown_protocol, datagram);
  }
  arrival.protocol = header.protocol;
  arrival.time_to_live = header.time_to_live;
  arrival.type_of_service = header.type_of_service;
  datagram.remove_front(header.header_size());
  above->demux(std::move(datagram), arrival);
  arrival.datagram = nullptr;
}

void Ipv4::report(const IcmpMessage& error, const Arrival& arrival) {
  if (arrival.datagram == nullptr) return;
  if (Icmp* const reporter = icmp()) reporter->report(error, *arrival.datagram, arrival);
}

// ===== Ipv4: fragments =====

void Ipv4::join(const Ipv4Header& header, Message&& fragment, Arrival& arrival) {
  State& kept = state();
  if (kept.fragments == nullptr) kept.fragments = std::make_unique<Fragments>(*this);
  Fragments& fragments = *kept.fragments;
  const Time now = machine().now();
  if (fragments.reassembly.next_expiry() <= now) expire_fragments();
  FragmentResult result = fragments.reassembly.add(header, fragment, now);

  const bool is_full = result.fate == FragmentFate::no_memory;
  for (std::uint32_t i = 0; i < result.discarded; ++i) {
    machine().drop(is_full ? Drop::reassembly_full : Drop::fragment, fragment);
  }
  for (std::uint32_t i = 0; i < result.evicted; ++i) {
    machine().drop(Drop::reassembly_full, fragment);
  }
  switch (result.fate) {
    case FragmentFate::kept:
    case FragmentFate::complete:
      break;
    case FragmentFate::duplicate:
    case FragmentFate::overlapping:
      machine().drop(Drop::fragment, fragment);
      break;
    case FragmentFate::bad_length:
    case FragmentFate::too_long:
      machine().drop(Drop::bad_length, fragment);
      break;
    case FragmentFate::no_memory:
      machine().drop(Drop::reassembly_full, fragment);
      break;
  }
  const Time next = fragments.reassembly.next_expiry();
  if (next == end_of_time) {
    fragments.cancel();
  } else if (!fragments.is_armed() || fragments.deadline() != next) {
    fragments.arm(machine(), next);
  }
  if (result.fate != FragmentFate::complete) return;
  std::uint8_t scratch[Ipv4Header::max_size];
  Message& whole = result.datagram;
  const std::size_t size = std::size_t{whole[0]} % 16 * 4;
  const auto joined = Ipv4Header::parse(whole.front(size, scratch), whole.size());
  if (!joined) return machine().drop(drop_for(joined.error()), whole);
  deliver(*joined, std::move(whole), arrival);
}

// Lets go of datagrams whose time is over; their senders are told (RFC 1122, 3.3.2).
void Ipv4::expire_fragments() {
  Fragments& fragments = *state_->fragments;
  while (const auto expired = fragments.reassembly.expire(machine().now())) {
    for (std::uint32_t i = 0; i < expired->fragments; ++i) {
      machine().drop(Drop::reassembly_timeout, expired->quote);
    }
    if (expired->quote.empty()) continue;
    Arrival arrival;
    arrival.datagram = &expired->quote;
    report(IcmpMessage::time_exceeded(TimeExceeded::in_reassembly), arrival);
  }
  const Time next = fragments.reassembly.next_expiry();
  if (next != end_of_time) fragments.arm(machine(), next);
}

// ===== Ipv4: forwarding (RFC 1812, 5) =====

const Ipv4::State::Onward& Ipv4::State::keep(const Onward& found) {
  if (onward.empty()) onward.resize(least_places);
  const std::uint16_t now = found.generation;
  if (onward[slot_of(found.destination)].generation == now && onward.size() < most_places &&
      ++displaced > onward.size()) {
    displaced = 0;
    std::vector<Onward> before(onward.size() * 2);
    before.swap(onward);
    for (const Onward& one : before) {
      if (one.generation == now) onward[slot_of(one.destination)] = one;
    }
  }
  return onward[slot_of(found.destination)] = found;
}

// The way of datagrams for others to `destination`; null if there is none. Kept for the next ones.
const Ipv4::Way* Ipv4::way_onward(Ipv4Address destination) {
  if (const State::Onward* const kept = state_->onward_to(destination, generation_)) {
    return &kept->way;
  }
  const Result<Way> way = way_to(destination);
  if (!way) return nullptr;
  const bool is_plain = way->tap != nullptr && way->mac != MacAddress{} && !way->mac.is_group() &&
                        !is_martian(destination);
  const std::uint32_t mtu = is_plain ? way->tap->network().properties().mtu : 0;
  return &state_->keep({destination, generation_, static_cast<std::uint16_t>(mtu), *way}).way;
}

// Lets the datagrams that follow go straight from this tap to where they leave.
void Ipv4::learn_forwarding(Tap& tap) {
  if (dynamic_cast<const ForwardPath*>(tap.path()) == nullptr) {
    tap.set_path(std::make_unique<ForwardPath>(*this, tap));
  }
}

void Ipv4::forward(const Ipv4Header& header, Message&& datagram, Arrival& arrival) {
  arrival.datagram = &datagram;
  // RFC 1812, 5.3.1: the time to live is judged by whoever sends on.
  if (header.time_to_live <= 1) {
    report(IcmpMessage::time_exceeded(TimeExceeded::in_transit), arrival);
    return machine().drop(Drop::time_exceeded, datagram);
  }
  const Way* const found = way_onward(header.destination);
  if (found == nullptr) {
    // Who is on a connected prefix but does not answer is a host that is down.
    const bool is_near = way_to(header.destination).error() == Errc::host_unreachable;
    report(IcmpMessage::unreachable(is_near ? Unreachable::host : Unreachable::network), arrival);
    return machine().drop(Drop::no_route, datagram);
  }
  const Way way = *found;
  if (!may_forward(header, datagram, arrival, way)) return;
  if (way.tap == arrival.tap) advise(header, arrival, way);

  Ipv4Options options{header.options};
  Ipv4Header onward = header;
  onward.options = options.bytes();
  --onward.time_to_live;
  if (!options.empty()) {
    if (const auto fault = record(options, way.tap->address())) {
      report(IcmpMessage::parameter_problem(static_cast<std::uint8_t>(20 + *fault)), arrival);
      return machine().drop(Drop::bad_option, datagram);
    }
  }
  ++state_->forwarded;
  arrival.datagram = nullptr;
  datagram.remove_front(header.header_size());
  const std::size_t mtu = way.tap->network().properties().mtu;
  if (onward.total_length > mtu) {
    for (Fragmenter pieces{onward, std::move(datagram), mtu}; !pieces.is_done();) {
      (void)transmit(way, pieces.next());
    }
    return;
  }
  onward.emit(datagram.prepend(onward.header_size()));
  if (way.mac != MacAddress{}) learn_forwarding(*arrival.tap);
  (void)transmit(way, std::move(datagram));
}

// Whether a datagram may leave by `way`; if not, its source is told and it is dropped.
bool Ipv4::may_forward(const Ipv4Header& header, const Message& datagram, Arrival& arrival,
                       const Way& way) {
  // RFC 1812, 5.3.5.2, and RFC 2644: what is for all machines of a network comes from that network
  // only, unless the router was told otherwise.
  const bool may_be_for_all =
      forwards_broadcasts() && way.mac.is_broadcast() && way.tap != arrival.tap;
  if (way.tap == nullptr || (way.mac.is_group() && !may_be_for_all)) {
    machine().drop(Drop::not_for_me, datagram);
    return false;
  }
  if (is_martian(header.source) || is_martian(header.destination)) {
    machine().drop(Drop::bad_source, datagram);
    return false;
  }
  if (!header.options.empty()) {
    const Ipv4Options options{header.options};
    if (const auto fault = options.find_fault()) {
      report(IcmpMessage::parameter_problem(static_cast<std::uint8_t>(20 + *fault)), arrival);
      machine().drop(Drop::bad_option, datagram);
      return false;
    }
    if (options.has_source_route()) {  // refused, as RFC 7126, 4.3 and 4.4 advise
      report(IcmpMessage::unreachable(Unreachable::source_route_failed), arrival);
      machine().drop(Drop::bad_option, datagram);
      return false;
    }
  }
  const std::uint32_t mtu = way.tap->network().properties().mtu;
  if (header.total_length <= mtu || !header.dont_fragment) return true;
  report(
      IcmpMessage::unreachable(Unreachable::fragmentation_needed, static_cast<std::uint16_t>(mtu)),
      arrival);
  machine().drop(Drop::fragmentation_needed, datagram);
  return false;
}

// RFC 1812, 5.2.7.2: a host on the same network could have taken the next hop itself.
void Ipv4::advise(const Ipv4Header& header, const Arrival& arrival, const Way& way) {
  if (way.tap->network().tap_with(header.source) == nullptr || !header.options.empty()) return;
  report(IcmpMessage::redirect_to(way.next_hop), arrival);
}

}  // namespace elvis
