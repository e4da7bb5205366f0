// SPDX-License-Identifier: MIT
// Network: joins taps, and gives each frame its time and its fate.
//
// A network without throughput delivers each frame after its latency; the sender computes that at
// once. With a throughput frames wait for a medium: for the one that everybody shares, first come
// first served (by time, then by the senders' order), or on a switched network for the sender's
// own, and where several send to one receiver at once, again for the receiver's. A frame occupies a
// medium for its bytes with the 14-byte link header, exactly: fractions of a nanosecond are carried
// on while it is busy. What the network is like when a frame starts decides its fate.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "elvis/graph/frame.hpp"
#include "elvis/graph/link_properties.hpp"
#include "elvis/graph/network_counters.hpp"
#include "elvis/graph/observer.hpp"
#include "elvis/sim/partition.hpp"
#include "elvis/util/rng.hpp"
#include "elvis/util/units.hpp"
#include "elvis/wire/address.hpp"

namespace elvis {

class AddressWatch;
class AnnouncedLoad;
class Groups;
class Machine;
class Medium;
class Tap;
class World;
struct AddressNews;
struct ArpPacket;
struct Outcome;
struct Passage;

class Network final : public Entity {
 public:
  /// Networks come after all machines in the order of simultaneous events.
  static constexpr std::uint32_t first_id = 0x8000'0000U;

  Network(World& world, std::uint32_t index, std::string name, LinkProperties properties);
  ~Network();

  /// The `id` of the scenario.
  const std::string& name() const { return name_; }
  std::uint32_t index() const { return index_; }
  World& world() const { return world_; }
  const LinkProperties& properties() const { return properties_; }
  /// For how long nothing that a machine sends here now reaches another one, or is decided. A
  /// shared medium whose queue decides as frames leave may decide at any time, and is not cut.
  Duration lookahead() const { return lookahead_; }

  std::size_t tap_count() const { return taps_.size(); }
  Tap& tap(std::size_t index) const { return *taps_[index].tap(); }
  /// The partition that the tap's machine is in by the plan of the run, where it lives at first.
  std::uint32_t home_of(std::uint32_t tap_index) const { return taps_[tap_index].partition; }
  MacAddress mac_of(std::uint32_t tap_index) const { return MacAddress{first_mac_ + tap_index}; }
  /// The tap with this address, or null.
  Tap* tap_with(MacAddress address) const {
    const std::uint64_t tap_index = address.value() - first_mac_;
    return tap_index < taps_.size() ? taps_[tap_index].tap() : nullptr;
  }
  /// The tap that an IPv4 address was given to, or null: the network's own table, which answers for
  /// machines without ARP.
  Tap* tap_with(Ipv4Address address) const;
  /// The lowest and the highest address of a tap that tap_with() knows.
  std::optional<std::pair<Ipv4Address, Ipv4Address>> address_span() const;

  /// Takes a frame from `from`, a tap of this network.
  void transmit(Tap& from, Message&& frame);
  /// The same of one that is made already and has that tap, whose first bytes in one piece are
  /// `header`, at least_header of them: those of Ethernet, IPv4 and UDP.
  static constexpr std::size_t least_header = 42;
  void transmit(Tap& from, Frame* frame, const std::uint8_t* header);
  /// Counts a frame that reached `to`, and folds it into its machine's digest.
  void delivered(const Frame& frame, Tap& to);
  /// Whether an observer is to be told of it, too, and tells it.
  bool is_observed() const { return is_observed_; }
  void tell_delivered(Tap& to, const Message& frame) const;
  /// Takes a frame that has come to the ingress of `to`.
  void enter(Tap& to, std::unique_ptr<Frame> frame);
  /// Takes a frame that was announced to all, for `to`.
  void enter_announced(Tap& to, std::unique_ptr<Frame> frame);

  /// Hands `tap` what is sent to `group` from now on, or no longer. For Tap.
  void join(Tap& tap, MacAddress group);
  void leave(Tap& tap, MacAddress group);
  /// For AddressWatch.
  void watch(AddressWatch& watch);
  void unwatch(AddressWatch& watch);
  /// What came to `tap` last from `address`, up to the present event, of what it was not handed as
  /// it does not watch the address: whoever knows an address asks when it uses it.
  std::optional<AddressNews> news_of(const Tap& tap, Ipv4Address address) const;

  /// The sum of the counters of all partitions.
  NetworkCounters counters() const;
  /// This network's share of the digest.
  std::uint64_t digest_fold() const { return fold_ + announced_fold_; }

  void handle(void* subject) override;
  void discard(void* subject) override;
  const char* kind() const override { return "network"; }

 private:
  friend Medium;
  friend World;

  struct Attachment;
  // Consecutive addresses of consecutive taps.
  struct AddressRun {
    std::uint32_t address;
    std::uint32_t tap;
    std::uint32_t count;
  };
  struct alignas(64) PartitionCounters : NetworkCounters {};

  [[gnu::noinline]] void carry(Tap& from, Frame* frame);
  bool may_lose_waiting() const;
  std::optional<Time> switched_off_within(const Tap& sender, Time after, Time until) const;
  void occupy(Medium& medium, Frame* frame);
  void depart(Medium& medium, Frame* frame, const Passage& passage);
  void wake(Medium& medium);
  void lose_waiting(Medium& medium);
  void refuse(Medium& medium, Frame* frame);
  Frame* mark(Medium& medium, Frame* frame);
  std::unique_ptr<Medium> make_medium(Tap* tap, bool is_ingress);
  Medium& medium_of(Tap& tap, bool is_ingress);
  Entity& owner_of(Medium& medium);
  void prepare(std::size_t partitions);
  std::uint64_t waiting() const;
  bool may_write_down() const;
  Time through(const Tap& tap, Time arrival, std::uint64_t order) const;
  Duration most_waiting() const;
  void forget_load();
  std::uint64_t settle_load(Outcome& outcome, Time until);
  void discard_media();
  void prepare_groups(std::size_t partitions);
  void gather(Tap& from, Frame* frame, Time starts, Time ends);
  void handle_gathered(Frame* frame);
  void distribute_to_group(Tap& from, const LinkState& state, Time departure, Frame* frame,
                           MacAddress group, Rng* luck);
  void announce(Tap& from, Time arrival, Frame* frame, const ArpPacket& packet);
  static Frame* told(Tap& to, const Message& frame);
  std::uint64_t in_flight_in(const Frame& frame) const;
  bool is_shared() const { return is_limited_ && properties_.medium == MediumKind::shared; }
  bool is_switched() const { return is_limited_ && properties_.medium == MediumKind::switched; }
  static MacAddress destination_of(const Message& frame);
  void distribute(Tap& from, Entity& origin, const LinkState& state, Time departure, Frame* frame);
  void deliver(Tap& to, Entity& origin, const LinkState& state, Time departure, Frame* frame,
               Rng* luck);
  void send_on(Tap& to, Entity& origin, Time arrival, Frame* frame);
  void lose(Entity& origin, Frame* frame, FrameFate fate, const Tap* to = nullptr);
  void lose_waiting(Medium& medium, Frame* frame, FrameFate fate);
  static Frame* corrupt(Frame* frame, Rng& luck);
  void be_observed();
  [[gnu::noinline]] void transmit_with_care(Tap& from, Frame* frame, const std::uint8_t* header);
  void count_sent(Tap& from, Frame& frame, std::uint64_t fold);
  void pass_to_receiver(Tap& from, Frame* frame, const std::uint8_t* header);
  void tell_sent(const Frame& frame, const std::uint8_t* header) const;
  void tell_carried(Entity& origin, const Frame& frame) const;
  [[gnu::cold]] void tell_fate(Entity& origin, const Frame& frame, FrameFate fate,
                               const Tap* to) const;
  void fold_fate(Entity& origin, const Frame& frame);
  // What a frame's digest covers of its header: Ethernet, IPv4 and UDP.
  static constexpr std::size_t digest_bytes = least_header;
  static const std::uint8_t* header_of(const Message& frame, std::uint8_t (&scratch)[digest_bytes]);
  std::uint64_t fold_of_header(const Message& frame, const std::uint8_t* bytes) const;
  std::uint64_t fold_of(const Message& frame, const std::uint8_t* bytes) const;
  [[gnu::cold]] static std::uint64_t fold_payload(std::uint64_t state, const Message& frame);
  NetworkCounters& counters_here(const Partition& partition) {
    return counters_[partition.index()];
  }
  void index_addresses();

  std::uint64_t tap_index_in(const std::uint8_t* header) const;
  bool has_one_receiver(const Frame& frame, const std::uint8_t* header) const;

  // A tap, and what senders must know of it without a look at its machine's memory: that may be far
  // from the cache, or another thread may be writing there.
  struct Attachment {
    Machine* machine;
    std::uint32_t tap_offset;     // bytes behind the machine
    std::uint32_t partition = 0;  // once the run begins

    Tap* tap() const {
      return reinterpret_cast<Tap*>(reinterpret_cast<std::byte*>(machine) + tap_offset);
    }
  };

  World& world_;
  std::uint32_t index_;
  bool crosses_partitions_ = false;
  std::string name_;
  std::uint64_t key_;  // of random streams: follows the name, not the place in the scenario
  std::uint64_t first_mac_;
  LinkProperties properties_;
  Duration lookahead_;
  bool is_limited_;
  bool has_fixed_fate_;  // neither media nor luck nor changes: a frame arrives after its latency
  bool is_plain_;        // that, nobody is told, and the digest covers headers alone
  bool is_observed_ = false;
  std::vector<Attachment> taps_;
  std::vector<AddressRun> addresses_;                          // sorted by address
  std::vector<std::pair<Ipv4Address, std::uint32_t>> claims_;  // until index_addresses()
  std::vector<PartitionCounters> counters_;
  // The shared medium; or of each tap, when it is first used, the egress and the ingress.
  std::vector<std::unique_ptr<Medium>> media_;
  std::unique_ptr<Groups> groups_;  // where there is more than one tap
  // Where taps need not be handed what is announced on a switched network, and up to where that has
  // come to all.
  std::unique_ptr<AnnouncedLoad> load_;
  Time load_came_at_ = start_of_time;
  std::uint64_t load_came_order_ = 0;
  std::uint64_t fold_ = 0;
  std::uint64_t announced_fold_ = 0;  // a sum, as it is everybody's
};

}  // namespace elvis
