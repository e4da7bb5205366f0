// SPDX-License-Identifier: MIT
// AnnouncedLoad: how long ARP packets for all keep the taps of a switched network from receiving.
//
// Each of these packets takes its time on the medium through which a tap receives, though most
// machines never see it. So the packets are written down once, in the order in which they arrive;
// who wants to know when a medium is free passes over those that came since it last asked. A frame
// that arrives at `a` and takes `s` leaves a medium free at max(free + s, a), and so does a chunk
// of them, with the sum of all `s` and one `a`: passing over many takes few steps.
//
// The network adds packets, while no machine runs; machines only look, and note how long they wait.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "elvis/util/units.hpp"
#include "medium.hpp"

namespace elvis {

class AnnouncedLoad {
 public:
  explicit AnnouncedLoad(BitRate rate) : rate_{rate} {}

  /// A packet from tap `from` arrives at all others.
  void add(ArrivalPlace place, std::uint32_t from, std::uint32_t bytes);
  /// When the medium of `tap`, free at `free` after what arrived up to `after`, is free after what
  /// arrived up to `place`, that included.
  MediumClock::Exact pass(MediumClock::Exact free, ArrivalPlace after, ArrivalPlace place,
                          std::uint32_t tap) const;
  /// Tells of each packet that arrives at `tap` behind `after` up to `place`: its bytes, and when
  /// it is through.
  template <typename Tell>
  void for_each(MediumClock::Exact free, ArrivalPlace after, ArrivalPlace place, std::uint32_t tap,
                Tell tell) const {
    for (const Chunk& chunk : chunks_) {
      if (chunk.items.back().place <= after) continue;
      for (const Item& item : chunk.items) {
        if (item.place <= after || item.from == tap) continue;
        if (item.place > place) return;
        free = step(free, item);
        tell(item.bytes, MediumClock::rounded_up(free, rate_));
      }
    }
  }
  /// Notes for how long a frame waits for the medium of some tap, from the thread of its machine.
  void note_wait(Duration wait) {
    Duration::rep longest = longest_wait_.load(std::memory_order_relaxed);
    while (wait.count() > longest &&
           !longest_wait_.compare_exchange_weak(longest, wait.count(), std::memory_order_relaxed)) {
    }
  }
  /// The longest of these.
  Duration longest_wait() const { return Duration{longest_wait_.load(std::memory_order_relaxed)}; }
  /// Forgets what arrived up to `place`.
  void forget(ArrivalPlace place);

  std::size_t size() const { return size_; }
  /// A place behind some half of them; there are some.
  ArrivalPlace middle() const { return chunks_[chunks_.size() / 2].items.back().place; }
  BitRate rate() const { return rate_; }

 private:
  using Exact = MediumClock::Exact;

  struct Item {
    ArrivalPlace place;
    std::uint32_t from;
    std::uint32_t bytes;
  };
  struct Chunk {
    std::vector<Item> items;  // never empty
    Exact work = 0;           // of all of them
    Exact latest = 0;         // when they are through, if the medium was free before
  };
  static constexpr std::size_t most_items = 512;

  Exact work_of(const Item& item) const { return MediumClock::work_of(item.bytes); }
  Exact arrival_of(const Item& item) const { return MediumClock::exact(item.place.at, rate_); }
  Exact step(Exact free, const Item& item) const {
    return std::max(free + work_of(item), arrival_of(item));
  }
  std::size_t chunk_behind(ArrivalPlace place) const;
  void sum_up(Chunk& chunk) const;

  BitRate rate_;
  std::vector<Chunk> chunks_;                   // by place
  std::vector<std::vector<ArrivalPlace>> own_;  // by tap: of what it sent
  std::size_t size_ = 0;
  std::atomic<Duration::rep> longest_wait_ = 0;
};

}  // namespace elvis
