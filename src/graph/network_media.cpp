// SPDX-License-Identifier: MIT
// The Network's part about media: who waits for which one, and what follows when a frame is
// through.
#include <algorithm>
#include <utility>

#include "announced_load.hpp"
#include "elvis/graph/machine.hpp"
#include "elvis/graph/network.hpp"
#include "elvis/graph/tap.hpp"
#include "elvis/graph/world.hpp"
#include "elvis/sim/engine.hpp"
#include "elvis/util/assert.hpp"
#include "elvis/util/fold.hpp"
#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/checksum.hpp"
#include "elvis/wire/ethernet.hpp"
#include "elvis/wire/ipv4_header.hpp"
#include "groups.hpp"
#include "medium.hpp"

namespace elvis {

namespace {

// What keys the luck of a queue, beside the seed and the network.
constexpr std::uint64_t queue_luck = 0x7175'6575'65;  // "queue"

// The last octet of the link header, and the IPv4 header's version, service and checksum behind it.
constexpr std::size_t ether_type_at = 12;
constexpr std::size_t version_at = EthernetHeader::size;
constexpr std::size_t service_at = version_at + 1;
constexpr std::size_t checksum_at = version_at + 10;
constexpr std::size_t headers = EthernetHeader::size + Ipv4Header::min_size;
constexpr std::uint8_t ecn_mask = 3;  // RFC 3168, 5: of the service octet
constexpr std::uint8_t met_congestion = 3;

// Whether a frame carries a datagram of an ECN-capable transport, marked already or not.
bool bears_mark(const Message& frame) {
  std::uint8_t scratch[headers];
  const std::uint8_t* const bytes = frame.front(headers, scratch);
  return bytes != nullptr && load16(bytes + ether_type_at) == 0x0800 &&
         bytes[version_at] >> 4 == 4 && (bytes[service_at] & ecn_mask) != 0;
}

}  // namespace

// ===== Network: the media and their owners =====

void Network::prepare(std::size_t partitions) {
  counters_.assign(partitions, {});
  prepare_groups(partitions);
  for (Attachment& tap : taps_) {
    tap.partition = static_cast<std::uint32_t>(tap.machine->partition().index());
  }
  if (!is_limited_) return;
  media_.resize(properties_.medium == MediumKind::shared ? 1 : 2 * taps_.size());
  if (properties_.medium == MediumKind::shared) media_[0] = make_medium(nullptr, false);
  if (may_write_down()) load_ = std::make_unique<AnnouncedLoad>(*properties_.throughput);
}

std::unique_ptr<Medium> Network::make_medium(Tap* tap, bool is_ingress) {
  const Medium::Side side = tap == nullptr ? Medium::Side::everybody
                            : is_ingress   ? Medium::Side::ingress
                                           : Medium::Side::egress;
  const std::uint64_t owner = tap == nullptr ? 0 : tap->machine().key();
  return std::make_unique<Medium>(*this, tap, side,
                                  Rng{world_.seed(), key_, owner, queue_luck, is_ingress});
}

// Each tap's media are made and used by its own machine alone.
Medium& Network::medium_of(Tap& tap, bool is_ingress) {
  std::unique_ptr<Medium>& medium = media_[2 * std::size_t{tap.index()} + (is_ingress ? 1 : 0)];
  if (medium == nullptr) medium = make_medium(&tap, is_ingress);
  return *medium;
}

Entity& Network::owner_of(Medium& medium) {
  if (medium.tap() == nullptr) return *this;
  return medium.tap()->machine();
}

std::uint64_t Network::waiting() const {
  std::uint64_t sum = 0;
  for (const auto& medium : media_) sum += medium == nullptr ? 0 : medium->waiting();
  return sum;
}

void Network::discard_media() {
  media_.clear();
  load_.reset();
  if (groups_ != nullptr) groups_->close();
}

// Whether what waits for a medium may be gone before its turn comes.
bool Network::may_lose_waiting() const {
  return properties_.may_fail() || !world_.switchables_.empty();
}

// The first time at which the machine of `sender` is switched off: what waits then is gone.
std::optional<Time> Network::switched_off_within(const Tap& sender, Time after, Time until) const {
  return world_.switched_off_within(sender.machine(), after, until);
}

// ===== Network: the way of a frame through a medium =====

// What is neither plain nor addressed to nobody.
void Network::carry(Tap& from, Frame* frame) {
  Machine& sender = from.machine();
  Partition& here = sender.partition();
  if (!is_limited_) {
    if (destination_of(frame->bytes).is_group()) return gather(from, frame, here.now(), here.now());
    return distribute(from, sender, properties_.at(here.now()), here.now(), frame);
  }
  if (is_switched()) return occupy(medium_of(from, false), frame);
  here.hand_over(*this, sender, frame, crosses_partitions_);
}

// A frame's turn to be put into the shared medium's queue, or where it is for several.
void Network::handle(void* subject) {
  auto* const frame = static_cast<Frame*>(subject);
  if (!is_shared() || frame->tap == nullptr) return handle_gathered(frame);
  occupy(*media_.front(), frame);
}

void Network::discard(void* subject) {
  auto* const frame = static_cast<Frame*>(subject);
  if (is_shared() || frame->tap == nullptr) {
    delete frame;
  } else {
    delete static_cast<Departure*>(frame);
  }
}

void Network::enter(Tap& to, std::unique_ptr<Frame> frame) {
  frame->tap = &to;
  occupy(medium_of(to, true), frame.release());
}

void Network::occupy(Medium& medium, Frame* frame) {
  const Time now = owner_of(medium).now();
  const Tap& sender = *frame->tap;
  const std::size_t bytes = frame->bytes.size();
  if (load_ != nullptr && medium.side() == Medium::Side::ingress) {
    const ArrivalPlace place{now, owner_of(medium).partition().present_order()};
    medium.hear(*load_, place);
    const auto passage = medium.admit(sender, bytes, now, false);
    medium.heard(*load_, place);
    load_->note_wait(passage->ends - now);
    return depart(medium, frame, *passage);
  }
  const bool may_be_marked = medium.may_mark() && bears_mark(frame->bytes);
  if (medium.decides_late()) {
    if (medium.may_fail()) [[unlikely]] {
      lose_waiting(medium);
      if (const auto loss = medium.loss_within(&sender, now, now)) {
        return lose_waiting(medium, frame, loss->fate);
      }
    }
    if (!medium.put(frame, bytes, now, may_be_marked)) return refuse(medium, frame);
    return wake(medium);
  }
  const auto passage = medium.admit(sender, bytes, now, may_be_marked);
  if (!passage) return refuse(medium, frame);
  if (passage->is_marked) frame = mark(medium, frame);
  depart(medium, frame, *passage);
}

// An announced frame is not occupied with like others: it is written down already.
void Network::enter_announced(Tap& to, std::unique_ptr<Frame> frame) {
  Machine& receiver = to.machine();
  const Time now = receiver.now();
  if (load_ != nullptr && (frame->number & Frame::through) == 0) {
    const ArrivalPlace place{now, receiver.partition().present_order()};
    const Time ends = medium_of(to, true).hear(*load_, place);
    if (ends > now) {
      frame->number |= Frame::through;
      // The order of its coming decides among what happens then, as whoever is not handed it knows.
      return receiver.partition().schedule_in_order(receiver, ends, place.order, frame.release());
    }
  }
  if (is_observed_) tell_delivered(to, frame->bytes);
  to.demux(Frame::unpack(frame.release()));
}

// Sends what waits for a medium that is free now, and looks again when it will be, or is down.
void Network::wake(Medium& medium) {
  Entity& owner = owner_of(medium);
  const Time now = owner.now();
  if (medium.may_fail()) [[unlikely]]
    lose_waiting(medium);
  std::vector<Frame*> dropped;
  while (const auto next = medium.next(now, dropped)) {
    const Passage passage = medium.pass(*next->frame->tap, *next, now);
    Frame* const frame = passage.is_marked ? mark(medium, next->frame) : next->frame;
    depart(medium, frame, passage);
  }
  for (Frame* const frame : dropped) refuse(medium, frame);
  if (medium.waiting() != 0) medium.alarm.arm(owner, medium.next_look(now));
}

void Network::lose_waiting(Medium& medium) {
  const auto loss = medium.loss_of_waiting(owner_of(medium).now());
  if (!loss) return;
  for (Frame* const frame : medium.take_waiting()) lose_waiting(medium, frame, loss->fate);
}

// The queue tells the frame's datagram of congestion (RFC 3168, 5).
Frame* Network::mark(Medium& medium, Frame* frame) {
  ++counters_here(owner_of(medium).partition()).frames_marked;
  frame = Frame::stand_alone(frame);
  std::uint8_t* const bytes = frame->bytes.own_front(headers);
  const std::uint16_t before = load16(bytes + version_at);
  bytes[service_at] |= met_congestion;
  // RFC 1624, equation 3: what was wrong before stays wrong.
  const std::uint64_t sum =
      std::uint64_t{static_cast<std::uint16_t>(~load16(bytes + checksum_at))} +
      static_cast<std::uint16_t>(~before) + load16(bytes + version_at);
  store16(bytes + checksum_at, finish_checksum(sum));
  frame->fold = fold(frame->fold, before, met_congestion);
  return frame;
}

// The queue does not let the frame through.
void Network::refuse(Medium& medium, Frame* frame) {
  const bool is_ingress = medium.side() == Medium::Side::ingress;
  lose(owner_of(medium), frame, FrameFate::queue_dropped, is_ingress ? medium.tap() : nullptr);
}

void Network::depart(Medium& medium, Frame* frame, const Passage& passage) {
  if (passage.lost) [[unlikely]]
    return lose_waiting(medium, frame, *passage.lost);
  const Time starts = passage.starts;
  const Time ends = passage.ends;
  Entity& owner = owner_of(medium);
  Tap& tap = *frame->tap;
  if (medium.side() == Medium::Side::ingress) {
    if (ends != owner.now()) return owner.partition().schedule(owner, owner, ends, frame);
    return tap.machine().handle(frame);
  }
  if (is_switched() && destination_of(frame->bytes).is_group()) {
    return gather(tap, frame, starts, ends);
  }
  distribute(tap, owner, properties_.at(starts), ends, frame);
}

// ===== Network: what is announced to all, on a switched network =====

// Where a queue may drop or the rate may change, each frame has to come to each medium.
bool Network::may_write_down() const {
  // A frame that takes less than a nanosecond would have to be rounded by itself.
  constexpr std::uint64_t most = std::uint64_t{EthernetHeader::size} * 8 * 1'000'000'000;
  return is_switched() && taps_.size() > 1 && properties_.changes.empty() &&
         properties_.queue.is_endless() && properties_.throughput->bits_per_second <= most;
}

// When a frame that was announced and arrived with this event is through the ingress of `tap`.
Time Network::through(const Tap& tap, Time arrival, std::uint64_t order) const {
  if (load_ == nullptr) return arrival;
  const ArrivalPlace place{arrival, order};
  const Medium* const medium = media_[2 * std::size_t{tap.index()} + 1].get();
  if (medium != nullptr) return medium->through(*load_, place);
  return MediumClock::rounded_up(load_->pass(0, {}, place, tap.index()), load_->rate());
}

// For how long an announced frame may wait, at most: for what frames have waited for until now, and
// for 64 MiB of others that are announced.
Duration Network::most_waiting() const {
  if (load_ == nullptr) return Duration{};
  const MediumClock::Exact work = MediumClock::work_of(std::uint64_t{1} << 26);
  const Duration others = MediumClock::rounded_up(work, load_->rate()) - start_of_time;
  return others + std::min(load_->longest_wait(), Duration::max() / 4);
}

// Once very much has been written down: all media pass over what is so old that none of it waits.
void Network::forget_load() {
  if (load_->size() < std::max<std::size_t>(std::size_t{1} << 16, 8 * taps_.size())) return;
  const ArrivalPlace old{now() - most_waiting(), 0};
  if (load_->middle() > old) return;
  for (const Attachment& tap : taps_) medium_of(*tap.tap(), true).settle(*load_, old);
  load_->forget(old);
}

// At the end of a run: what has come, but is not through. `outcome` is told of what nobody was
// handed though it happened.
std::uint64_t Network::settle_load(Outcome& outcome, Time until) {
  if (load_ == nullptr || load_->size() == 0) return 0;
  const ArrivalPlace last{load_came_at_, load_came_order_};
  std::uint64_t waiting = 0;
  std::uint64_t waiting_bytes = 0;
  Time ended_at = outcome.ended_at;
  for (std::uint32_t tap = 0; tap < taps_.size(); ++tap) {
    const Medium* const medium = media_[2 * std::size_t{tap} + 1].get();
    const auto heard = medium == nullptr ? std::vector<Medium::Heard>(1) : medium->all_heard();
    const Medium::Heard& latest = heard.back();
    const Time free =
        MediumClock::rounded_up(load_->pass(latest.free, latest.up_to, last, tap), load_->rate());
    if (free <= outcome.ended_at) continue;
    for (std::size_t i = 0; i < heard.size(); ++i) {
      const ArrivalPlace end = i + 1 < heard.size() ? heard[i + 1].up_to : last;
      load_->for_each(heard[i].free, heard[i].up_to, end, tap, [&](std::uint32_t bytes, Time ends) {
        if (ends > until) {
          ++waiting;
          waiting_bytes += bytes;
        } else {
          ended_at = std::max(ended_at, ends);
        }
      });
    }
  }
  outcome.ended_at = ended_at;
  if (waiting != 0 && outcome.reason == StopReason::idle) outcome.reason = StopReason::until;
  NetworkCounters& counters = counters_here(partition());
  counters.frames_delivered -= waiting;
  counters.bytes_delivered -= waiting_bytes;
  return waiting;
}

}  // namespace elvis
