// SPDX-License-Identifier: MIT
// Medium: carries one frame at a time; the others wait in its queue.
//
// Where a queue decides as frames come (drop-tail, RED), all about a frame is known then: when it
// leaves is computed at once, and the queue only remembers who is still waiting. CoDel decides as
// frames leave; so they stay in its queue, and a timer of the medium's owner takes them out.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

#include "elvis/graph/frame_queue.hpp"
#include "elvis/graph/link_properties.hpp"
#include "elvis/graph/observer.hpp"
#include "elvis/sim/timer.hpp"
#include "elvis/util/rng.hpp"
#include "elvis/util/units.hpp"

namespace elvis {

class AnnouncedLoad;
class Network;
class Tap;
struct Frame;

/// The event by which something comes to a tap: simultaneous ones have an order.
struct ArrivalPlace {
  Time at = start_of_time;
  std::uint64_t order = 0;
  friend auto operator<=>(const ArrivalPlace&, const ArrivalPlace&) = default;
};

/// When a medium is free: exactly, in fractions of a nanosecond while it stays busy.
class MediumClock {
 public:
  /// When the medium is free, rounded up to a nanosecond.
  Time free_at() const { return part_ == 0 ? free_ : add_saturated(free_, Duration{1}); }

  /// Keeps the medium busy for `bytes` bytes at `rate`, which is endless if not given; from
  /// `now`, or from when it is free, and returns when the last bit is through, rounded up.
  /// `follows` says that the frame has waited for this moment.
  Time occupy(Time now, std::uint64_t bytes, std::optional<BitRate> rate, bool follows);
  /// The same, if the first bits have come while the frame was still being received: it is through
  /// at `now` unless it has to wait.
  Time occupy_until(Time now, std::uint64_t bytes, std::optional<BitRate> rate);

  /// A time since the start in nanoseconds times bits a second, at a rate that never changes.
  __extension__ using Exact = __int128;
  static Exact exact(Time time, BitRate rate) {
    return Exact{time.time_since_epoch().count()} * rate.bits_per_second;
  }
  static Exact work_of(std::uint64_t bytes) { return Exact{bytes} * 8 * 1'000'000'000; }
  static Time rounded_up(Exact time, BitRate rate) {
    return start_of_time + Duration{static_cast<Duration::rep>((time + rate.bits_per_second - 1) /
                                                               rate.bits_per_second)};
  }
  Exact exact(BitRate rate) const { return exact(free_, rate) + part_; }
  void set(Exact free, BitRate rate);

 private:
  void take_over(std::optional<BitRate> rate);

  Time free_ = start_of_time;
  std::uint64_t part_ = 0;  // of a nanosecond, in 1 / bits-per-second
  std::uint64_t bits_per_second_ = 0;
};

/// A frame's way through a medium.
struct Passage {
  Time since;   ///< When it was handed over.
  Time starts;  ///< When its turn has come.
  Time ends;    ///< When it is through.
  bool is_marked = false;
  std::optional<FrameFate> lost{};  ///< Before its turn, with the network or its sender.
};

class Medium {
 public:
  enum class Side : std::uint8_t {
    everybody,  ///< The shared medium of a network.
    egress,     ///< What a tap sends,
    ingress,    ///< and what it receives, on a switched network.
  };

  /// The queue's luck is drawn from `luck`. `tap` is the medium's, null if it is everybody's.
  Medium(Network& network, Tap* tap, Side side, const Rng& luck);
  ~Medium();

  Network& network() const { return network_; }
  Side side() const { return side_; }
  Tap* tap() const { return tap_; }

  /// Whether the queue decides as frames leave.
  bool decides_late() const {
    return queue_.properties().discipline == QueueProperties::Discipline::codel;
  }
  /// Whether its network or a machine is down at any time.
  bool may_fail() const { return may_fail_; }
  /// Whether its queue marks frames that bear it.
  bool may_mark() const { return queue_.properties().may_mark(); }
  /// Takes a frame of `bytes` bytes that `sender` hands over at `now`, or refuses it.
  std::optional<Passage> admit(const Tap& sender, std::uint64_t bytes, Time now, bool bears_mark);

  struct Loss {
    Time at;
    FrameFate fate;
  };
  /// When and how a frame that comes at `since` and waits until `starts` is lost because the
  /// network is down, or goes down meanwhile, or the machine of `sender` does, however soon they
  /// are up again.
  std::optional<Loss> loss_within(const Tap* sender, Time since, Time starts) const;
  /// The same, of all that wait in a queue that decides late.
  std::optional<Loss> loss_of_waiting(Time now) const;
  /// Takes all out of a queue that decides late.
  std::vector<Frame*> take_waiting() { return queue_.clear(); }
  /// When a queue that decides late has to be looked at again, with something in it.
  Time next_look(Time now) const;
  /// Puts a frame into a queue that decides late, or refuses it.
  bool put(Frame* frame, std::uint64_t bytes, Time now, bool bears_mark);
  /// The next frame, if the medium is free for it at `now`. Those that the queue drops are added
  /// to `dropped`.
  std::optional<FrameQueue::Departure> next(Time now, std::vector<Frame*>& dropped);
  /// The passage of what next() gave, which `sender` sent.
  Passage pass(const Tap& sender, const FrameQueue::Departure& frame, Time now);

  // ----- where ARP packets for all are written down in `load`, and are no frames here -----

  /// Lets the medium be busy with those that have come up to `place`, and returns until when.
  Time hear(const AnnouncedLoad& load, ArrivalPlace place);
  /// After a frame that came with the event `place`.
  void heard(const AnnouncedLoad& load, ArrivalPlace place);
  /// When the packet that comes with the event `place` is through, now or once before.
  Time through(const AnnouncedLoad& load, ArrivalPlace place) const;
  /// Needs nothing any more of what came up to `place`.
  void settle(const AnnouncedLoad& load, ArrivalPlace place);
  /// How long it was busy before what comes behind the event `place`.
  struct Heard {
    ArrivalPlace up_to;
    MediumClock::Exact free = 0;
  };
  Heard heard_before(ArrivalPlace place) const;
  /// What is known of that: all that matters for packets that may wait.
  std::vector<Heard> all_heard() const;

  Time free_at() const { return clock_.free_at(); }
  /// Frames that are nowhere else.
  std::size_t waiting() const { return decides_late() ? queue_.frames() : 0; }

  /// Wakes the medium when it is free.
  struct Alarm : Timer {
    explicit Alarm(Medium& owner);
    Medium& medium;
  };
  Alarm alarm;

 private:
  void forget_left(Time now);
  const Tap* only_sender() const { return side_ == Side::egress ? tap_ : nullptr; }
  std::optional<Time> fails_within(Time since, Time starts) const;
  Time carry(std::uint64_t bytes, const Passage& passage, bool follows);

  Network& network_;
  Tap* tap_;
  MediumClock clock_;
  FrameQueue queue_;
  // When those in a queue that decides at once leave it, to start or lost; from first_leaving_ on.
  std::vector<Time> leavings_;
  std::size_t first_leaving_ = 0;
  std::vector<Heard> heard_;  // by place; as long as packets that came then may wait
  Rng luck_;
  Side side_;
  bool may_fail_;
};

}  // namespace elvis
