// SPDX-License-Identifier: MIT
// What a scenario will need in memory, from the sizes of what it is made of.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "elvis/builder/plan.hpp"
#include "elvis/graph/application.hpp"

namespace elvis {

/// What the values of a group's applications and protocols come to, and what it does with them.
struct ValueCosts {
  std::uint64_t shared_bytes = 0;   ///< Once for the group.
  std::uint64_t own_bytes = 0;      ///< For each machine.
  std::uint64_t own_objects = 0;    ///< Options that each machine has of its own.
  std::uint64_t senders = 0;        ///< Applications of a machine that send.
  std::uint64_t stayers = 0;        ///< Those that wait for something.
  std::uint64_t usual_stayers = 0;  ///< Of these, those whose kind does not say what one takes.
  std::uint64_t stayer_bytes = 0;   ///< What the others' kinds say.
  std::uint64_t repeaters = 0;      ///< Those that send datagrams again and again.
  std::uint64_t listeners = 0;      ///< Those that others send to,
  std::uint64_t acceptors = 0;      ///< and of these, those over TCP.
  std::uint64_t load_bytes = 0;     ///< What they have under way when most is.
};

/// What a machine is attached to, as far as it matters here.
struct Surroundings {
  static constexpr double unlimited = 1e18;

  std::uint64_t taps = 0;
  std::uint64_t switched = 0;  ///< Of these, those with media of their own.
  Duration latency{};          ///< The longest that is usual.
  std::uint64_t mtu = 1500;    ///< The smallest.
  double room = unlimited;     ///< Bytes that one medium has room for, with its queue.
  bool is_shared = false;      ///< Whether that is one for all.
  bool asks = false;           ///< Whether it needs answers of ARP before it sends.
  bool forwards = false;
};

/// Bytes that the world takes before there are machines.
std::uint64_t estimate_common(const Plan& plan);

/// What the same application of some of a group's machines, at least one, has under way.
struct SampledLoad {
  std::vector<ApplicationOptions::Load> loads;
  std::uint64_t machines = 1;  ///< Of the group.
  bool goes_to_one = false;    ///< Whether all send to the same machine.
  bool over_tcp = false;
};

/// Bytes that the applications have under way on a machine when most is, on average.
std::uint64_t estimate_loads(std::span<const SampledLoad> applications, const Surroundings& around);

/// Bytes that the machines of `group` take at the peak of a run.
std::uint64_t estimate_group(const PlannedGroup& group, const Surroundings& around,
                             const ValueCosts& values);

}  // namespace elvis
