// SPDX-License-Identifier: MIT
// What a scenario will need in memory, from the sizes of what it is made of.
#pragma once

#include <cstdint>

#include "elvis/builder/plan.hpp"

namespace elvis {

/// What the values of a group's applications and protocols come to, and what it does with them.
struct ValueCosts {
  std::uint64_t shared_bytes = 0;     ///< Once for the group.
  std::uint64_t own_bytes = 0;        ///< For each machine.
  std::uint64_t own_objects = 0;      ///< Options that each machine has of its own.
  std::uint64_t senders = 0;          ///< Applications of a machine that send.
  std::uint64_t stayers = 0;          ///< Those that wait for something.
  std::uint64_t usual_stayers = 0;    ///< Of these, those whose kind does not say what one takes.
  std::uint64_t stayer_bytes = 0;     ///< What the others' kinds say.
  std::uint64_t staying_senders = 0;  ///< Those that do both.
  std::uint64_t listeners = 0;        ///< Those that others send to.
  std::uint64_t stream_bytes = 0;     ///< Streams that a machine makes, both ends.
};

/// `a` * `b` and `a` + `b`, held at the largest number.
std::uint64_t multiply_saturated(std::uint64_t a, std::uint64_t b);
std::uint64_t add_saturated(std::uint64_t a, std::uint64_t b);

/// Bytes that the world takes before there are machines.
std::uint64_t estimate_common(const Plan& plan);

/// Bytes that the machines of `group`, each with `taps` taps, take at the peak of a run.
std::uint64_t estimate_group(const PlannedGroup& group, std::uint64_t taps,
                             const ValueCosts& values);

}  // namespace elvis
