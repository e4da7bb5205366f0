// SPDX-License-Identifier: MIT
// The Network's part about frames for several: who is handed them, and what that counts.
#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "announced_load.hpp"
#include "elvis/graph/machine.hpp"
#include "elvis/graph/network.hpp"
#include "elvis/graph/tap.hpp"
#include "elvis/graph/world.hpp"
#include "elvis/wire/arp_packet.hpp"
#include "elvis/wire/ethernet.hpp"
#include "groups.hpp"

namespace elvis {

namespace {

// RFC 1112, 6.4: all hosts are members of 224.0.0.1, always.
constexpr MacAddress all_hosts = group_mac(Ipv4Address{224, 0, 0, 1});

// The ARP packet in `frame`, if it is one that machines whom it does not concern let pass without a
// trace.
std::optional<ArpPacket> arp_packet_in(const Message& frame) {
  constexpr std::size_t size = EthernetHeader::size + ArpPacket::size;
  std::uint8_t scratch[size];
  const std::uint8_t* const bytes = frame.front(size, scratch);
  if (bytes == nullptr) return std::nullopt;
  const EthernetHeader header = *EthernetHeader::parse(bytes, size);
  if (header.type != static_cast<std::uint16_t>(EtherType::arp)) return std::nullopt;
  const auto packet = ArpPacket::parse(bytes + EthernetHeader::size, ArpPacket::size);
  if (!packet || packet->sender_mac.is_group()) return std::nullopt;
  return *packet;
}

}  // namespace

// ===== Network: who wants what =====

void Network::join(Tap& tap, MacAddress group) {
  if (groups_ != nullptr) groups_->join(tap, group);
}

void Network::leave(Tap& tap, MacAddress group) {
  if (groups_ != nullptr) groups_->leave(tap, group);
}

// Whatever is under way from there would have come, had the wish been known; observed networks hand
// it to everybody anyway.
void Network::watch(AddressWatch& watch) {
  if (groups_ == nullptr) return;
  groups_->watch(watch);
  const Tap& tap = watch.tap();
  if (world_.observer() != nullptr || Groups::hears_all(tap)) return;
  // Whose own address is in a packet was handed it, and answers once.
  if (tap_with(watch.address()) == &tap) return;
  Partition& here = tap.machine().partition();
  for (const Groups::Announcement& one :
       groups_->under_way_from(watch.address(), here.now(), here.present_order())) {
    if (one.from == &tap || tap_with(one.target) == &tap) continue;
    here.schedule_in_order(tap.machine(), one.news.at, one.news.order,
                           told(watch.tap(), one.frame));
  }
  if (load_ == nullptr) return;
  const auto has_happened = [&here](Time at, std::uint64_t order) {
    return std::pair{at, order} <= std::pair{here.now(), here.present_order()};
  };
  const auto arrived = groups_->arrived_from(watch.address(), here.now(), here.present_order());
  for (const Groups::Announcement& one : arrived) {
    if (one.from == &tap || tap_with(one.target) == &tap) continue;
    const Time ends = through(tap, one.news.at, one.news.order);
    if (has_happened(ends, one.news.order) || one.frame.size() == 0) continue;
    Frame* const frame = told(watch.tap(), one.frame);
    frame->number |= Frame::through;
    here.schedule_in_order(tap.machine(), ends, one.news.order, frame);
  }
}

std::optional<AddressNews> Network::news_of(const Tap& tap, Ipv4Address address) const {
  if (groups_ == nullptr || Groups::hears_all(tap)) return std::nullopt;
  const Partition& here = tap.machine().partition();
  const auto arrived = groups_->arrived_from(address, here.now(), here.present_order());
  for (auto last = arrived.rbegin(); last != arrived.rend() && last->from != &tap; ++last) {
    AddressNews news = last->news;
    news.at = through(tap, news.at, news.order);
    const std::pair present{here.now(), here.present_order()};
    if (std::pair{news.at, news.order} <= present) return news;
  }
  return std::nullopt;
}

void Network::unwatch(AddressWatch& watch) {
  if (groups_ != nullptr) groups_->unwatch(watch);
}

void Network::prepare_groups(std::size_t partitions) {
  if (taps_.size() > 1) groups_ = std::make_unique<Groups>(*this, partitions);
}

// ===== Network: the way of a frame for several =====

// Whom it goes to is decided when everybody has done what they do up to now.
void Network::gather(Tap& from, Frame* frame, Time starts, Time ends) {
  const std::unique_ptr<Frame> sent{frame};
  Machine& sender = from.machine();
  auto* const departure = new Departure{*sent, starts, ends};
  sender.partition().hand_over(*this, sender, departure, crosses_partitions_);
}

// What was gathered, or what has now come to all.
void Network::handle_gathered(Frame* frame) {
  if (frame->tap == nullptr) {
    const std::unique_ptr<Frame> announced{frame};
    load_came_at_ = now();
    load_came_order_ = partition().present_order();
    NetworkCounters& counters = counters_here(partition());
    counters.frames_delivered += announced->number;
    counters.bytes_delivered += announced->number * announced->bytes.size();
    announced_fold_ += announced->fold;
    return;
  }
  const std::unique_ptr<Departure> departure{static_cast<Departure*>(frame)};
  distribute(*departure->tap, *this, properties_.at(departure->starts), departure->ends,
             new Frame{*departure});
}

std::uint64_t Network::in_flight_in(const Frame& frame) const {
  return frame.tap == nullptr ? frame.number : 1;
}

void Network::distribute_to_group(Tap& from, const LinkState& state, Time departure, Frame* frame,
                                  MacAddress group, Rng* luck) {
  const bool is_for_all = group.is_broadcast() || group == all_hosts;
  std::vector<Tap*> members;
  if (!is_for_all && groups_ != nullptr) {
    members = groups_->members(group, now());
    std::erase(members, &from);
  }
  const std::size_t receivers = is_for_all ? taps_.size() - 1 : members.size();
  if (receivers == 0) return lose(*this, frame, FrameFate::unknown_destination);
  counters_here(partition()).frames_copied += receivers - 1;
  if (is_for_all && luck == nullptr && (!is_switched() || load_ != nullptr)) {
    if (const auto packet = arp_packet_in(frame->bytes)) {
      return announce(from, add_saturated(departure, state.latency.min()), frame, *packet);
    }
  }
  const std::unique_ptr<Frame> original{frame};
  const auto hand = [&](Tap& to) {
    if (&to != &from) deliver(to, *this, state, departure, new Frame{*original}, luck);
  };
  if (is_for_all) {
    for (const Attachment& to : taps_) hand(*to.tap());
  } else {
    for (Tap* const to : members) hand(*to);
  }
}

// An ARP packet for all. It is handed to those whom it concerns; that it came to the others is
// counted when it does. While somebody observes, everybody is handed it.
void Network::announce(Tap& from, Time arrival, Frame* frame, const ArpPacket& packet) {
  const std::unique_ptr<Frame> sent{frame};
  groups_->look_at_taps();
  const std::uint64_t order = next_order();
  Partition& here = partition();
  const auto receivers = static_cast<std::uint32_t>(taps_.size() - 1);
  here.schedule_in_order(
      *this, arrival, order,
      new Frame{Message{sent->bytes}, nullptr, groups_->fold_for_all_but(from, arrival, sent->fold),
                receivers});
  if (load_ != nullptr) {
    load_->add({arrival, order}, from.index(), static_cast<std::uint32_t>(sent->bytes.size()));
    forget_load();
  }
  const auto hand = [&](Tap& to) {
    if (&to == &from) return;
    here.schedule_in_order(to.machine(), arrival, order, told(to, sent->bytes));
  };
  if (!groups_->is_selective() || world_.observer() != nullptr) {
    for (const Attachment& to : taps_) hand(*to.tap());
    return;
  }
  std::vector<Tap*> concerned = groups_->concerned_by(packet.sender_address);
  for (const Ipv4Address address : {packet.sender_address, packet.target_address}) {
    if (Tap* const owner = tap_with(address)) concerned.push_back(owner);
  }
  std::ranges::sort(concerned, {}, &Tap::index);
  concerned.erase(std::unique(concerned.begin(), concerned.end()), concerned.end());
  for (Tap* const to : concerned) hand(*to);
  groups_->announce(packet.sender_address,
                    {.news = {arrival, order, packet.sender_mac},
                     .from = &from,
                     .target = packet.target_address,
                     .frame = sent->bytes},
                    now() - most_waiting());
}

// What brings an announced frame to `to`.
Frame* Network::told(Tap& to, const Message& frame) {
  const auto place = static_cast<std::uint32_t>(&to - to.machine().taps().data());
  return new Frame{Message{frame}, nullptr, 0, Frame::announced | place};
}

}  // namespace elvis
