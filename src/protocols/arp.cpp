// SPDX-License-Identifier: MIT
#include "elvis/protocols/arp.hpp"

#include <utility>

#include "elvis/sim/partition.hpp"

namespace elvis {

void ArpOptions::visit(OptionVisitor& visitor) {
  visitor.option({.name = "local", .summary = "an address of the machine's own"}, local);
  visitor.option(
      {.name = "default", .summary = "gateway for destinations that no attached network has"},
      gateway);
}

// ===== Neighbour: what is known of one address =====

struct Arp::Neighbour : Timer, Pooled {
  Neighbour(Arp& owner, Tap& on, Ipv4Address of)
      : Timer{[](Timer& self) {
          auto& neighbour = static_cast<Neighbour&>(self);
          neighbour.arp.ask(neighbour);
        }},
        arp{owner},
        tap{on},
        address{of} {}

  Arp& arp;
  Tap& tap;
  Ipv4Address address;
  MacAddress mac;  // once resolved
  Time valid_until = start_of_time;
  int requests = 0;  // sent since somebody began to wait
  std::deque<Message> waiting;
  Neighbour* older = nullptr;
  Neighbour* newer = nullptr;
};

// ===== Arp: asking =====

Arp::Arp(Machine& machine, const ArpOptions& options)
    : Protocol{machine, ProtocolId::arp}, options_{options} {}

Arp::~Arp() {
  while (oldest_ != nullptr) forget(*oldest_);
}

Result<> Arp::send(Tap& tap, Ipv4Address next_hop, Message&& datagram) {
  Neighbour& to = neighbour(tap, next_hop);
  if (machine().now() < to.valid_until) {
    return tap.send(to.mac, EtherType::ipv4, std::move(datagram));
  }
  if (datagram.size() > tap.network().properties().mtu) return Errc::message_too_long;
  if (to.waiting.size() == max_waiting) {
    machine().drop(Drop::queue_full, to.waiting.front());
    to.waiting.pop_front();
  }
  to.waiting.push_back(std::move(datagram));
  if (!to.is_armed()) {
    to.requests = 0;
    ask(to);
  }
  return {};
}

void Arp::ask(Neighbour& neighbour) {
  if (neighbour.requests == max_requests) return give_up(neighbour);
  ++neighbour.requests;
  const ArpPacket request{.operation = ArpPacket::request,
                          .sender_mac = neighbour.tap.mac(),
                          .sender_address = neighbour.tap.address(),
                          .target_mac = MacAddress{},
                          .target_address = neighbour.address};
  Message packet;
  request.emit(packet.prepend(ArpPacket::size));
  // A packet of 28 bytes fits every MTU.
  (void)neighbour.tap.send(MacAddress::broadcast(), EtherType::arp, std::move(packet));
  neighbour.arm(machine(), add_saturated(machine().now(), retry_interval));
}

void Arp::give_up(Neighbour& neighbour) {
  for (const Message& datagram : neighbour.waiting) machine().drop(Drop::arp_unresolved, datagram);
  forget(neighbour);
}

// ===== Arp: answering =====

void Arp::demux(Message&& packet, Arrival& arrival) {
  std::uint8_t scratch[ArpPacket::size];
  const std::uint8_t* const bytes = packet.front(ArpPacket::size, scratch);
  if (bytes == nullptr) return machine().drop(Drop::truncated, packet);
  const auto parsed = ArpPacket::parse(bytes, packet.size());
  if (!parsed) return machine().drop(drop_for(parsed.error()), packet);
  const Ipv4Address sender = parsed->sender_address;
  // A group address is nobody's hardware address (RFC 1812, 3.3.2).
  if (parsed->sender_mac.is_group()) return machine().drop(Drop::bad_source, packet);

  // RFC 826, Packet Reception: an entry that exists is brought up to date, whoever was asked; one
  // is added only by those who were asked themselves. A sender without an address of its own
  // (RFC 5227, 2.1.1) is not learnt.
  Tap& tap = *arrival.tap;
  bool is_merged = false;
  if (Neighbour** const known = neighbours_.find(sender)) {
    learn(**known, parsed->sender_mac);
    is_merged = true;
  }
  if (!tap.has_address(parsed->target_address)) return;
  if (!is_merged && !sender.is_unspecified()) {
    learn(neighbour(tap, sender), parsed->sender_mac);
  }
  if (parsed->operation != ArpPacket::request) return;
  const ArpPacket reply{.operation = ArpPacket::reply,
                        .sender_mac = tap.mac(),
                        .sender_address = parsed->target_address,
                        .target_mac = parsed->sender_mac,
                        .target_address = sender};
  Message answer;
  reply.emit(answer.prepend(ArpPacket::size));
  (void)tap.send(parsed->sender_mac, EtherType::arp, std::move(answer));
}

void Arp::learn(Neighbour& neighbour, MacAddress mac) {
  neighbour.mac = mac;
  neighbour.valid_until = add_saturated(machine().now(), entry_lifetime);
  neighbour.cancel();
  while (!neighbour.waiting.empty()) {
    Message datagram = std::move(neighbour.waiting.front());
    neighbour.waiting.pop_front();
    (void)neighbour.tap.send(mac, EtherType::ipv4, std::move(datagram));
  }
}

// ===== Arp: the table =====

// The entry of `address`, made if there is none.
Arp::Neighbour& Arp::neighbour(Tap& tap, Ipv4Address address) {
  if (Neighbour** const known = neighbours_.find(address)) return **known;
  if (neighbours_.size() == max_entries) give_up(*oldest_);
  auto* const made = new Neighbour{*this, tap, address};
  neighbours_.insert(address, made);
  made->older = newest_;
  (newest_ == nullptr ? oldest_ : newest_->newer) = made;
  newest_ = made;
  return *made;
}

void Arp::forget(Neighbour& neighbour) {
  neighbours_.erase(neighbour.address);
  (neighbour.older == nullptr ? oldest_ : neighbour.older->newer) = neighbour.newer;
  (neighbour.newer == nullptr ? newest_ : neighbour.newer->older) = neighbour.older;
  delete &neighbour;
}

}  // namespace elvis
