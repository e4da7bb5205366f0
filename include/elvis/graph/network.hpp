// SPDX-License-Identifier: MIT
// Network: joins taps, and gives each frame its time and its fate.
//
// A network without throughput delivers each frame after its latency; the sender computes that at
// once. With a throughput it is a shared medium: one frame at a time for everybody, first come
// first served (by time, then by the senders' order). A frame occupies the medium for its bytes
// with the 14-byte link header, exactly: fractions of a nanosecond are carried on while it is busy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "elvis/graph/frame.hpp"
#include "elvis/graph/observer.hpp"
#include "elvis/sim/partition.hpp"
#include "elvis/util/rng.hpp"
#include "elvis/util/units.hpp"
#include "elvis/wire/address.hpp"

namespace elvis {

class Machine;
class Tap;
class World;

/// How long a frame travels: constant, or uniform over a range. At least 1 ns (DESIGN law 3).
struct Latency {
  Duration min{1};
  Duration max{1};

  bool is_constant() const { return min == max; }
  friend bool operator==(const Latency&, const Latency&) = default;
};

struct LinkProperties {
  std::uint32_t mtu = 1500;  ///< Largest payload of a frame, without the link header; 68 to 65,535.
  Latency latency;
  std::optional<BitRate> throughput;  ///< Of the shared medium; unlimited if not given.
  Probability loss;                   ///< That a frame does not arrive, for each receiver.
  Probability corruption;             ///< That a frame arrives with one or more bits flipped.

  bool needs_luck() const {
    return !loss.is_zero() || !corruption.is_zero() || !latency.is_constant();
  }
};

/// What became of frames. Law 8: sent + copied + duplicated = delivered + lost + queue_dropped +
/// unknown_destination + in flight.
struct NetworkCounters {
  std::uint64_t frames_sent = 0;
  std::uint64_t frames_copied = 0;  ///< Made for the receivers of a group beyond the first.
  std::uint64_t frames_delivered = 0;
  std::uint64_t frames_lost = 0;
  std::uint64_t frames_corrupted = 0;  ///< Delivered or in flight, but with flipped bits.
  std::uint64_t frames_queue_dropped = 0;
  std::uint64_t frames_duplicated = 0;
  std::uint64_t frames_unknown_destination = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_delivered = 0;

  void add(const NetworkCounters& other);
};

class Network final : public Entity {
 public:
  Network(World& world, std::uint32_t index, std::string name, const LinkProperties& properties);

  /// The `id` of the scenario.
  const std::string& name() const { return name_; }
  std::uint32_t index() const { return index_; }
  World& world() const { return world_; }
  const LinkProperties& properties() const { return properties_; }
  /// The shortest time that a frame may take.
  Duration lookahead() const { return properties_.latency.min; }

  std::size_t tap_count() const { return taps_.size(); }
  Tap& tap(std::size_t index) const { return *taps_[index]; }
  MacAddress mac_of(std::uint32_t tap_index) const { return MacAddress{first_mac_ + tap_index}; }
  /// The tap with this address, or null.
  Tap* tap_with(MacAddress address) const {
    const std::uint64_t tap_index = address.value() - first_mac_;
    return tap_index < taps_.size() ? taps_[tap_index] : nullptr;
  }
  /// The tap that an IPv4 address was given to, or null: the network's own table, which answers for
  /// machines without ARP.
  Tap* tap_with(Ipv4Address address) const;

  /// Takes a frame from `from`, a tap of this network.
  void transmit(Tap& from, Message&& frame);
  /// Counts a frame that reached `to`, and folds it into its machine's digest.
  void delivered(const Frame& frame, Tap& to);

  /// The sum of the counters of all partitions.
  NetworkCounters counters() const;
  /// This network's share of the digest.
  std::uint64_t digest_fold() const { return fold_; }

  void handle(void* subject) override;
  void discard(void* subject) override;
  const char* kind() const override { return "network"; }

 private:
  friend World;

  // Consecutive addresses of consecutive taps.
  struct AddressRun {
    std::uint32_t address;
    std::uint32_t tap;
    std::uint32_t count;
  };
  struct alignas(64) PartitionCounters : NetworkCounters {};

  Rng luck(const Tap& from, std::uint32_t number) const;
  Time occupy_medium(Time now, std::size_t bytes);
  static MacAddress destination_of(const Message& frame);
  void distribute(Tap& from, Entity& origin, Time departure, Frame* frame);
  void deliver(Tap& to, Entity& origin, Time departure, Frame* frame, Rng* luck);
  void corrupt(Frame& frame, Rng& luck);
  void tell_carried(Entity& origin, const Frame& frame) const;
  [[gnu::cold]] void tell_fate(Entity& origin, const Frame& frame, FrameFate fate,
                               const Tap* to) const;
  void fold_fate(Entity& origin, const Frame& frame);
  std::uint64_t fold_of(const Message& frame) const;
  [[gnu::cold]] static std::uint64_t fold_payload(std::uint64_t state, const Message& frame);
  NetworkCounters& counters_here(const Partition& partition) {
    return counters_[partition.index()];
  }
  void index_addresses();

  World& world_;
  std::uint32_t index_;
  bool crosses_partitions_ = false;
  std::string name_;
  std::uint64_t key_;  // of random streams: follows the name, not the place in the scenario
  std::uint64_t first_mac_;
  LinkProperties properties_;
  bool is_plain_;  // neither a shared medium nor luck: a frame arrives after its latency
  std::vector<Tap*> taps_;
  std::vector<AddressRun> addresses_;                          // sorted by address
  std::vector<std::pair<Ipv4Address, std::uint32_t>> claims_;  // until index_addresses()
  std::vector<PartitionCounters> counters_;
  Time busy_until_ = start_of_time;
  std::uint64_t busy_fraction_ = 0;  // in 1 / bits-per-second of a nanosecond
  std::uint64_t fold_ = 0;
};

}  // namespace elvis
