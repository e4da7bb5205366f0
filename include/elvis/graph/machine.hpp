// SPDX-License-Identifier: MIT
// Machine: a graph of protocols with taps below and applications above.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "elvis/graph/application.hpp"
#include "elvis/graph/drop.hpp"
#include "elvis/graph/protocol.hpp"
#include "elvis/graph/tap.hpp"
#include "elvis/sim/entity.hpp"
#include "elvis/sim/partition.hpp"
#include "elvis/util/fold.hpp"
#include "elvis/util/rng.hpp"

namespace elvis {

class World;
struct Frame;

/// Machines made from one description share it; so their names are made when asked for.
struct MachineGroup {
  explicit MachineGroup(World& of) : world{of} {}

  World& world;
  std::string name;  ///< Of the group; the machines of a counted one are called name-0, …
  std::uint32_t count = 1;
  bool is_counted = false;  ///< Whether names carry an index, which a count of 1 may do too.
  std::uint64_t key = 0;    ///< Of random streams.
  std::uint32_t first = 0;  ///< Id of the first machine.

  std::string name_of(std::uint32_t place) const;
};

class Machine final : public Entity {
 public:
  Machine(std::uint32_t id, const MachineGroup& group) : Entity{id}, group_{group} {}
  ~Machine();

  World& world() const { return group_.world; }
  const MachineGroup& group() const { return group_; }
  std::uint32_t place() const { return id() - group_.first; }
  std::string name() const { return group_.name_of(place()); }

  std::span<Tap> taps() const { return {taps_, tap_count_}; }
  std::span<Protocol* const> protocols() const { return {protocols_begin(), protocol_count_}; }
  /// The machine's protocol with this id, or null.
  Protocol* find(ProtocolId id) const {
    for (Protocol* const protocol : protocols()) {
      if (protocol->id() == id) return protocol;
    }
    return nullptr;
  }
  Application* first_application() const { return applications_; }
  static Application* next_application(const Application& application) { return application.next_; }

  /// A random stream of this machine for `purpose`.
  Rng rng(std::string_view purpose) const;
  /// What keys this machine's random streams: its name, so that other machines don't change it.
  std::uint64_t key() const { return mix(group_.key + place()); }

  /// Lets a packet go, counted under `reason`.
  [[gnu::cold]] void drop(Drop reason, const Message& message);
  DropCounters drops() const { return drops_ == nullptr ? DropCounters{} : *drops_; }

  /// Sends an IPv4 datagram to this machine itself; it arrives 1 ns later.
  void loop_back(Message datagram);

  /// Folds two words into this machine's share of the digest.
  void fold_in(std::uint64_t a, std::uint64_t b) { fold_ = fold(fold_, a, b); }
  std::uint64_t digest_fold() const { return fold_; }

  /// Ends all applications' coroutines, whatever they wait for.
  void destroy_tasks();

  /// Whether its applications are being destroyed wherever they wait: what they leave behind now
  /// says no farewell.
  bool is_ending() const { return is_ending_; }
  /// Before it starts: lets its protocols do something when it does.
  void start_protocols() { starts_protocols_ = true; }

  /// Whether it has not been switched off.
  bool is_on() const { return is_on_; }

  /// What happens to every machine at the start of the run.
  static void* start() { return const_cast<char*>(&start_); }
  void handle(void* subject) override;
  void prefetch(const void* subject, bool is_here) const override;
  void discard(void* subject) override;
  const char* kind() const override { return "machine"; }

 private:
  friend World;

  static constexpr char start_ = 0;  // only its address means something

  [[gnu::noinline]] void handle_other(Frame* subject);
  [[gnu::noinline]] void handle_observed(Frame* frame);
  /// The tap at whose ingress a frame without one arrives, or null.
  const Tap* ingress_of(const Frame& frame) const;
  [[gnu::noinline]] void begin();
  void switch_off();
  void switch_on();

  // They stand behind the machine, and the taps behind them.
  Protocol** protocols_begin() const {
    return reinterpret_cast<Protocol**>(const_cast<Machine*>(this) + 1);
  }

  Application* applications_ = nullptr;
  std::uint64_t fold_ = 0;
  // What is above, with Entity's, fills the first line; what is below is seldom looked at.
  const MachineGroup& group_;
  Tap* taps_ = nullptr;
  DropCounters* drops_ = nullptr;
  std::uint32_t tap_count_ = 0;
  std::uint16_t protocol_count_ = 0;
  bool is_on_ : 1 = true;
  bool is_ending_ : 1 = false;
  bool starts_protocols_ : 1 = false;
};

// With a tap, IPv4 and UDP behind it, a machine is four cache lines, and its first application
// begins with the next. Of them a datagram touches two: the first, and the third with what a tap
// and IPv4 have in it.
static_assert(sizeof(Machine) == 96 && sizeof(Tap) == 40);
static_assert(sizeof(Application) == 112, "what messages touch fills the first line");

// ===== What applications do all the time =====

inline Time Application::now() const {
  return machine_.now();
}

inline Sleep Application::sleep_until(Time time) const {
  return {machine_, time};
}

inline Sleep Application::sleep_for(Duration duration) const {
  return sleep_until(add_saturated(now(), duration < Duration{} ? Duration{} : duration));
}

inline void Application::count_message(std::size_t bytes) {
  last_at_ = now();
  if (messages_++ == 0) first_at_ = last_at_;
  bytes_ += bytes;
}

}  // namespace elvis
