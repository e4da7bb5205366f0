// SPDX-License-Identifier: MIT
#include "elvis/protocols/arp.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "address_claim.hpp"
#include "elvis/graph/address_watch.hpp"
#include "elvis/graph/world.hpp"
#include "elvis/protocols/icmp.hpp"
#include "elvis/sim/partition.hpp"

namespace elvis {

namespace {

constexpr std::array<std::string_view, 3> conflict_names{"ignored", "announced", "detected"};

}  // namespace

void ArpOptions::visit(OptionVisitor& visitor) {
  visitor.option({.name = "local", .summary = "an address of the machine's own"}, local);
  visitor.option(
      {.name = "default", .summary = "gateway for destinations that no attached network has"},
      gateway);
  visitor.choice({.name = "conflicts", .summary = "what is done about others with its addresses"},
                 conflict_names, conflicts);
}

// ===== Neighbour: what is known of one address =====

// Datagrams that wait for an address, and the time of the next question. While there are any, what
// the address announces is to be known at once; else it is looked up when somebody sends there.
struct Arp::Question : Timer, AddressWatch, Pooled {
  Question(Arp& owner, Neighbour& about, Tap& tap, Ipv4Address address)
      : Timer{[](Timer& self) {
          auto& question = static_cast<Question&>(self);
          question.arp.ask(question.neighbour);
        }},
        AddressWatch{tap, address},
        arp{owner},
        neighbour{about} {}

  Arp& arp;
  Neighbour& neighbour;
  int times = 0;  // that it was asked
  std::vector<Message> waiting;
};

struct Arp::Neighbour : Pooled {
  Neighbour(Tap& on, Ipv4Address of) : tap{on}, address{of} {}

  Tap& tap;
  Ipv4Address address;
  AddressNews heard;  // once there was any
  Time valid_until = start_of_time;
  std::unique_ptr<Question> question;
  Neighbour* older = nullptr;
  Neighbour* newer = nullptr;
};

// ===== Arp: asking =====

Arp::Arp(Machine& machine, const ArpOptions& options)
    : Protocol{machine, ProtocolId::arp}, options_{options} {
  for (Tap& tap : machine.taps()) tap.hear_watched_arp_only();
  if (options.conflicts != ArpOptions::ignored) machine.start_protocols();
}

Arp::~Arp() {
  while (oldest_ != nullptr) forget(*oldest_);
}

Result<> Arp::send(Tap& tap, Ipv4Address next_hop, Message&& datagram) {
  Neighbour& to = neighbour(tap, next_hop);
  catch_up(to);
  if (machine().now() < to.valid_until) {
    return tap.send(to.heard.mac, EtherType::ipv4, std::move(datagram));
  }
  if (datagram.size() > tap.network().properties().mtu) return Errc::message_too_long;
  const bool is_asking = to.question != nullptr;
  if (!is_asking) to.question = std::make_unique<Question>(*this, to, tap, next_hop);
  std::vector<Message>& waiting = to.question->waiting;
  if (waiting.size() == max_waiting) {
    machine().drop(Drop::queue_full, waiting.front());
    waiting.erase(waiting.begin());
  }
  waiting.push_back(std::move(datagram));
  if (!is_asking) ask(to);
  return {};
}

// The next question, of a neighbour that has one.
void Arp::ask(Neighbour& neighbour) {
  Question& question = *neighbour.question;
  const Time next = add_saturated(machine().now(), retry_interval);
  if (const AddressClaim* const claim = claim_of(neighbour.tap)) {
    if (claim->has_failed()) return give_up(neighbour, Drop::bad_source);
    // Until it is known whether the address may be used, nobody is asked in its name.
    if (machine().now() < claim->usable_from()) {
      return question.arm(machine(), std::min(claim->usable_from(), next));
    }
  }
  if (question.times == max_requests) return give_up(neighbour);
  ++question.times;
  const ArpPacket request{.operation = ArpPacket::request,
                          .sender_mac = neighbour.tap.mac(),
                          .sender_address = neighbour.tap.address(),
                          .target_mac = MacAddress{},
                          .target_address = neighbour.address};
  Message packet;
  request.emit(packet.prepend(ArpPacket::size));
  // A packet of 28 bytes fits every MTU.
  (void)neighbour.tap.send(MacAddress::broadcast(), EtherType::arp, std::move(packet));
  question.arm(machine(), next);
}

void Arp::give_up(Neighbour& neighbour, Drop reason) {
  // Taken away first: what is reported may go to the same neighbour.
  const std::unique_ptr<Question> question = std::move(neighbour.question);
  forget(neighbour);
  if (question == nullptr) return;
  auto* const icmp = static_cast<Icmp*>(machine().find(ProtocolId::icmp));
  for (const Message& datagram : question->waiting) {
    machine().drop(reason, datagram);
    // RFC 1812, 4.3.3.1 and 5.2.7.1; to the machine itself too, so that its sockets hear of it.
    if (icmp != nullptr && reason == Drop::arp_unresolved) {
      icmp->report(IcmpMessage::unreachable(Unreachable::host), datagram, Arrival{});
    }
  }
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
  if (AddressClaim* const claim = claim_of(tap)) {
    if (claim->is_contested_by(*parsed) || machine().now() < claim->usable_from()) return;
  }
  bool is_merged = false;
  if (Neighbour** const known = neighbours_.find(key_of(tap, sender))) {
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

// The present packet tells where a neighbour is.
void Arp::learn(Neighbour& neighbour, MacAddress mac) {
  believe(neighbour, {machine().now(), machine().partition().present_order(), mac});
  const std::unique_ptr<Question> answered = std::move(neighbour.question);
  if (answered == nullptr) return;
  for (Message& datagram : answered->waiting) {
    (void)neighbour.tap.send(mac, EtherType::ipv4, std::move(datagram));
  }
}

void Arp::believe(Neighbour& neighbour, const AddressNews& news) {
  neighbour.heard = news;
  neighbour.valid_until = add_saturated(news.at, entry_lifetime);
}

// Makes up for packets for all which this machine was not handed, since they would only have
// brought the entry up to date.
void Arp::catch_up(Neighbour& neighbour) {
  const auto news = neighbour.tap.network().news_of(neighbour.tap, neighbour.address);
  if (!news ||
      std::tie(news->at, news->order) <= std::tie(neighbour.heard.at, neighbour.heard.order)) {
    return;
  }
  const AddressClaim* const claim = claim_of(neighbour.tap);
  if (claim == nullptr || claim->usable_from() <= news->at) believe(neighbour, *news);
}

// ===== Arp: the machine's own addresses (RFC 5227) =====

void Arp::machine_started() {
  if (options_.conflicts == ArpOptions::ignored) return;
  claims_ = std::make_unique<std::deque<AddressClaim>>();
  for (Tap& tap : machine().taps()) {
    if (tap.address().is_unspecified()) continue;
    const Rng luck{machine().world().seed(), machine().key(), hash_of("arp"), tap.mac().value()};
    claims_->emplace_back(tap, options_.conflicts == ArpOptions::detected, luck);
  }
}

AddressClaim* Arp::claim_of(const Tap& tap) const {
  if (claims_ == nullptr) return nullptr;
  const auto found =
      std::ranges::find_if(*claims_, [&](const AddressClaim& one) { return &one.tap() == &tap; });
  return found == claims_->end() ? nullptr : &*found;
}

bool Arp::has_lost(const Tap& tap) const {
  const AddressClaim* const claim = claim_of(tap);
  return claim != nullptr && claim->has_failed();
}

// ===== Arp: the table =====

// An address may mean different machines on different networks.
std::uint64_t Arp::key_of(const Tap& tap, Ipv4Address address) const {
  const auto place = static_cast<std::uint64_t>(&tap - machine().taps().data());
  return place << 32 | address.value();
}

// The entry of `address`, made if there is none.
Arp::Neighbour& Arp::neighbour(Tap& tap, Ipv4Address address) {
  const std::uint64_t key = key_of(tap, address);
  if (Neighbour** const known = neighbours_.find(key)) return **known;
  if (neighbours_.size() == max_entries) give_up(*oldest_);
  auto* const made = new Neighbour{tap, address};
  // What was said before does not count: then the address was not known.
  made->heard = {machine().now(), machine().partition().present_order(), {}};
  neighbours_.insert(key, made);
  made->older = newest_;
  (newest_ == nullptr ? oldest_ : newest_->newer) = made;
  newest_ = made;
  return *made;
}

void Arp::forget(Neighbour& neighbour) {
  neighbours_.erase(key_of(neighbour.tap, neighbour.address));
  (neighbour.older == nullptr ? oldest_ : neighbour.older->newer) = neighbour.newer;
  (neighbour.newer == nullptr ? newest_ : neighbour.newer->older) = neighbour.older;
  delete &neighbour;
}

}  // namespace elvis
