// SPDX-License-Identifier: MIT
#include "elvis/graph/network.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "announced_load.hpp"
#include "elvis/graph/machine.hpp"
#include "elvis/graph/tap.hpp"
#include "elvis/graph/world.hpp"
#include "elvis/util/assert.hpp"
#include "elvis/util/fold.hpp"
#include "groups.hpp"
#include "medium.hpp"

namespace elvis {

namespace {

// A MAC address: locally administered, 22 bits of the network, 24 of the tap. Only the tap's bits
// have to be unique on a network; the rest keeps captures of several networks apart.
constexpr unsigned tap_bits = 24;
constexpr std::uint64_t locally_administered = std::uint64_t{0x02} << 40;
constexpr std::uint64_t network_bits(std::uint32_t network) {
  const std::uint64_t low = network & 0xffff;
  const std::uint64_t high = network >> 16 & 0x3f;
  return high << 42 | low << tap_bits;
}

std::uint64_t word_at(const std::uint8_t* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

}  // namespace

void NetworkCounters::add(const NetworkCounters& other) {
  frames_sent += other.frames_sent;
  frames_copied += other.frames_copied;
  frames_delivered += other.frames_delivered;
  frames_lost += other.frames_lost;
  frames_corrupted += other.frames_corrupted;
  frames_marked += other.frames_marked;
  frames_queue_dropped += other.frames_queue_dropped;
  frames_duplicated += other.frames_duplicated;
  frames_unknown_destination += other.frames_unknown_destination;
  bytes_sent += other.bytes_sent;
  bytes_delivered += other.bytes_delivered;
}

Network::Network(World& world, std::uint32_t index, std::string name, LinkProperties properties)
    : Entity{first_id + index},
      world_{world},
      index_{index},
      name_{std::move(name)},
      key_{hash_of(name_)},
      first_mac_{locally_administered | network_bits(index)},
      properties_{std::move(properties)},
      lookahead_{properties_.least_latency()},
      is_limited_{properties_.is_limited()},
      has_fixed_fate_{!is_limited_ && properties_.is_up && properties_.is_perfect() &&
                      properties_.changes.empty()},
      is_plain_{has_fixed_fate_ && !world.has_full_digest()} {
  if (world.observer() != nullptr) be_observed();
  ELVIS_ASSERT(lookahead_ >= Duration{1});
  const bool decides_late = properties_.queue.discipline == QueueProperties::Discipline::codel;
  if (is_limited_ && decides_late && properties_.medium == MediumKind::shared) {
    lookahead_ = Duration{1};
  }
}

Network::~Network() = default;

// ===== Network: who is where =====

Tap* Network::tap_with(Ipv4Address address) const {
  auto run = std::upper_bound(
      addresses_.begin(), addresses_.end(), address.value(),
      [](std::uint32_t value, const AddressRun& candidate) { return value < candidate.address; });
  if (run == addresses_.begin()) return nullptr;
  --run;
  const std::uint32_t offset = address.value() - run->address;
  return offset < run->count ? taps_[run->tap + offset].tap() : nullptr;
}

std::optional<std::pair<Ipv4Address, Ipv4Address>> Network::address_span() const {
  if (addresses_.empty()) return std::nullopt;
  const AddressRun& last = addresses_.back();
  return std::pair{Ipv4Address{addresses_.front().address},
                   Ipv4Address{last.address + (last.count - 1)}};
}

// Sorts the claims and joins consecutive addresses of consecutive taps, which is what a counted
// group of machines gets.
void Network::index_addresses() {
  if (!std::is_sorted(claims_.begin(), claims_.end())) std::sort(claims_.begin(), claims_.end());
  for (const auto& [address, tap] : claims_) {
    if (!addresses_.empty()) {
      AddressRun& last = addresses_.back();
      if (address.value() - last.address == last.count && tap - last.tap == last.count) {
        ++last.count;
        continue;
      }
    }
    addresses_.push_back({address.value(), tap, 1});
  }
  addresses_.shrink_to_fit();
  claims_ = {};
}

// ===== Network: the way of a frame =====

inline void Network::tell_carried(Entity& origin, const Frame& frame) const {
  if (Observer* const observer = world_.observer()) {
    observer->frame_carried(*frame.tap, origin, frame.bytes, origin.now());
  }
}

[[gnu::flatten]] void Network::transmit(Tap& from, Message&& frame) {
  Frame* const made = Frame::make(std::move(frame), &from);
  std::uint8_t scratch[digest_bytes];
  transmit(from, made, header_of(made->bytes, scratch));
}

[[gnu::flatten]] void Network::transmit(Tap& from, Frame* frame, const std::uint8_t* header) {
  if (!is_plain_) [[unlikely]]
    return transmit_with_care(from, frame, header);
  count_sent(from, *frame, fold_of_header(frame->bytes, header));
  if (!has_one_receiver(*frame, header)) [[unlikely]]
    return carry(from, frame);
  pass_to_receiver(from, frame, header);
}

// The same where somebody may be told, or the digest covers more than headers.
void Network::transmit_with_care(Tap& from, Frame* frame, const std::uint8_t* header) {
  count_sent(from, *frame, fold_of(frame->bytes, header));
  if (is_observed_) tell_sent(*frame, header);
  if (!has_fixed_fate_ || !has_one_receiver(*frame, header)) return carry(from, frame);
  pass_to_receiver(from, frame, header);
}

[[gnu::always_inline]] inline void Network::count_sent(Tap& from, Frame& frame,
                                                       std::uint64_t fold) {
  Machine& sender = from.machine();
  Partition& here = sender.partition();
  NetworkCounters& counters = counters_here(here);
  ++counters.frames_sent;
  counters.bytes_sent += frame.bytes.size();
  frame.fold = fold;
  frame.number = from.frames_sent_++;
  sender.fold_in(static_cast<std::uint64_t>(here.now().time_since_epoch().count()), fold);
}

// Where a frame only takes its time, to the one whom it is for.
[[gnu::always_inline]] inline void Network::pass_to_receiver(Tap& from, Frame* frame,
                                                             const std::uint8_t* header) {
  Machine& sender = from.machine();
  Partition& here = sender.partition();
  const Attachment& to = taps_[tap_index_in(header)];
  frame->tap = to.tap();
  here.schedule(*to.machine, to.partition, sender, add_saturated(here.now(), lookahead_), frame);
}

// By the address that begins `header`.
inline std::uint64_t Network::tap_index_in(const std::uint8_t* header) const {
  return (load64(header) >> 16) - first_mac_;
}

// Whether `frame`, whose header is given, goes to one tap of this network.
inline bool Network::has_one_receiver(const Frame& frame, const std::uint8_t* header) const {
  return tap_index_in(header) < taps_.size() && frame.bytes.size() >= EthernetHeader::size;
}

// A frame without a whole header has no address, so nobody's.
MacAddress Network::destination_of(const Message& frame) {
  std::uint8_t scratch[EthernetHeader::size];
  const std::uint8_t* const header = frame.front(EthernetHeader::size, scratch);
  if (header == nullptr) return MacAddress{};
  return EthernetHeader::parse(header, EthernetHeader::size)->destination;
}

// Takes `frame` to its receivers. `origin` decides its fate: the sender, or the network, if it has
// a shared medium or the frame is for several.
void Network::distribute(Tap& from, Entity& origin, const LinkState& state, Time departure,
                         Frame* frame) {
  tell_carried(origin, *frame);
  if (!state.is_up) return lose(origin, frame, FrameFate::lost);
  std::optional<Rng> drawn;
  if (!state.is_perfect()) {
    drawn.emplace(Rng{world_.seed(), key_, from.machine().key(), frame->number});
  }
  Rng* const luck = drawn ? &*drawn : nullptr;

  const MacAddress destination = destination_of(frame->bytes);
  if (!destination.is_group()) {
    if (Tap* const to = tap_with(destination)) {
      return deliver(*to, origin, state, departure, frame, luck);
    }
    return lose(origin, frame, FrameFate::unknown_destination);
  }
  distribute_to_group(from, state, departure, frame, destination, luck);
}

void Network::deliver(Tap& to, Entity& origin, const LinkState& state, Time departure, Frame* frame,
                      Rng* luck) {
  if (luck == nullptr) {
    return send_on(to, origin, add_saturated(departure, state.latency.min()), frame);
  }
  Tap& from = *frame->tap;
  ChannelState& channel = &origin == this && !is_shared() ? from.group_channel_ : from.channel_;
  const FrameLuck fate =
      state.draw(frame->number, channel, *luck, [&] { frame = corrupt(frame, *luck); });
  if (fate.is_lost) return lose(origin, frame, FrameFate::lost, &to);
  NetworkCounters& counters = counters_here(origin.partition());
  if (fate.is_corrupted) {
    ++counters.frames_corrupted;
    tell_fate(origin, *frame, FrameFate::corrupted, &to);
  }
  if (fate.copy_latency) tell_fate(origin, *frame, FrameFate::duplicated, &to);
  Frame* const copy = fate.copy_latency ? new Frame{*frame} : nullptr;
  send_on(to, origin, add_saturated(departure, fate.latency), frame);
  if (copy == nullptr) return;
  ++counters.frames_duplicated;
  if (fate.is_corrupted) ++counters.frames_corrupted;
  send_on(to, origin, add_saturated(departure, *fate.copy_latency), copy);
}

// To the machine, or first to the medium through which it receives.
void Network::send_on(Tap& to, Entity& origin, Time arrival, Frame* frame) {
  Machine& receiver = to.machine();
  if (is_switched()) {
    frame->tap = nullptr;
    frame->number = 1 + static_cast<std::uint32_t>(&to - receiver.taps().data());
  } else {
    frame->tap = &to;
  }
  origin.partition().schedule(receiver, origin, arrival, frame);
}

// `frame` goes no further; it still has its sender's tap.
void Network::lose(Entity& origin, Frame* frame, FrameFate fate, const Tap* to) {
  NetworkCounters& counters = counters_here(origin.partition());
  ++(fate == FrameFate::lost            ? counters.frames_lost
     : fate == FrameFate::queue_dropped ? counters.frames_queue_dropped
                                        : counters.frames_unknown_destination);
  tell_fate(origin, *frame, fate, to);
  fold_fate(origin, *frame);
  delete frame;
}

// The network or the sender of `frame` is down, or goes down, while that waits for the medium.
void Network::lose_waiting(Medium& medium, Frame* frame, FrameFate fate) {
  Entity& origin = owner_of(medium);
  if (fate == FrameFate::lost) tell_carried(origin, *frame);
  const bool is_ingress = medium.side() == Medium::Side::ingress;
  lose(origin, frame, fate, is_ingress ? medium.tap() : nullptr);
}

// Flips one bit, and after each one another with probability 1/2.
Frame* Network::corrupt(Frame* frame, Rng& luck) {
  frame = Frame::stand_alone(frame);
  do {
    const std::uint64_t bit = luck.below(frame->bytes.size() * 8);
    frame->bytes.flip_bit(bit);
    frame->fold = fold(frame->fold, bit);
  } while (luck() >> 63 != 0);
  return frame;
}

void Network::delivered(const Frame& frame, Tap& to) {
  Machine& receiver = to.machine();
  Partition& here = receiver.partition();
  NetworkCounters& counters = counters_here(here);
  ++counters.frames_delivered;
  counters.bytes_delivered += frame.bytes.size();
  receiver.fold_in(~static_cast<std::uint64_t>(here.now().time_since_epoch().count()), frame.fold);
}

// ===== Network: what observers are told =====

// A frame that nobody observes is to pay for no more than a look at what is at hand anyway.
void Network::be_observed() {
  is_observed_ = true;
  is_plain_ = false;
}

void Network::tell_sent(const Frame& frame, const std::uint8_t* header) const {
  Machine& sender = frame.tap->machine();
  world_.observer()->frame_sent(*frame.tap, frame.bytes, sender.now());
  if (has_fixed_fate_ && has_one_receiver(frame, header)) tell_carried(sender, frame);
}

void Network::tell_delivered(Tap& to, const Message& frame) const {
  world_.observer()->frame_delivered(to, frame, to.machine().now());
}

void Network::tell_fate(Entity& origin, const Frame& frame, FrameFate fate, const Tap* to) const {
  if (Observer* const observer = world_.observer()) {
    observer->frame_met(*frame.tap, origin, fate, frame.bytes, to, origin.now());
  }
}

// ===== Network: what is counted =====

// What the digest covers of a frame's header, with zeros where it is shorter.
inline const std::uint8_t* Network::header_of(const Message& frame,
                                              std::uint8_t (&scratch)[digest_bytes]) {
  const std::uint8_t* const bytes = frame.front(digest_bytes, scratch);
  if (bytes != nullptr) [[likely]]
    return bytes;
  std::memset(scratch, 0, sizeof scratch);
  frame.copy_to(scratch);
  return scratch;
}

// The header's words are multiplied in pairs, each word with a key of its own, and the products
// added up: multiplications that need not wait for each other.
[[gnu::always_inline]] inline std::uint64_t Network::fold_of_header(
    const Message& frame, const std::uint8_t* bytes) const {
  __extension__ using Wide = unsigned __int128;
  const std::uint64_t rest = std::uint64_t{frame.size()} << 16 | load16(bytes + 32);
  const Wide sum =
      Wide{word_at(bytes) ^ 0x9e3779b97f4a7c15U} * (word_at(bytes + 8) ^ 0xbf58476d1ce4e5b9U) +
      Wide{word_at(bytes + 16) ^ 0x94d049bb133111ebU} * (word_at(bytes + 24) ^ key_) +
      Wide{rest ^ 0xa0761d6478bd642fU} * (word_at(bytes + 34) ^ 0xd6e8feb86659fd93U);
  return static_cast<std::uint64_t>(sum) ^ static_cast<std::uint64_t>(sum >> 64);
}

std::uint64_t Network::fold_of(const Message& frame, const std::uint8_t* bytes) const {
  const std::uint64_t header = fold_of_header(frame, bytes);
  return world_.has_full_digest() ? fold_payload(header, frame) : header;
}

std::uint64_t Network::fold_payload(std::uint64_t state, const Message& frame) {
  for (std::size_t offset = digest_bytes; offset < frame.size(); offset += 16) {
    std::uint8_t words[16] = {};
    frame.copy_to(words, offset);
    state = fold(state, word_at(words), word_at(words + 8));
  }
  return state;
}

// A frame that goes no further counts in the digest of whoever decided so.
void Network::fold_fate(Entity& origin, const Frame& frame) {
  if (&origin == this) {
    fold_ = fold(fold_, frame.fold);
  } else {
    static_cast<Machine&>(origin).fold_in(frame.fold, 1);
  }
}

NetworkCounters Network::counters() const {
  NetworkCounters sum;
  for (const PartitionCounters& counters : counters_) sum.add(counters);
  return sum;
}

}  // namespace elvis
