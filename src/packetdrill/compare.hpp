// SPDX-License-Identifier: MIT
// Compares the packet that a script expects with the one that was seen, field by field.
#pragma once

#include <string>
#include <vector>

#include "packet.hpp"

namespace elvis::packetdrill {

/// How TCP options are compared.
enum class OptionOrder : std::uint8_t {
  free,   ///< Neither their order nor their padding counts.
  exact,  ///< Both do.
};

struct CompareOptions {
  OptionOrder order = OptionOrder::free;
  bool checks_push = true;  ///< Whether PSH counts for this segment.
  /// Microseconds of a tick of the timestamp clock; 0: TSval does not count.
  std::uint32_t timestamp_tick = 0;
  std::uint32_t tolerance = 4000;  ///< Of TSval, in microseconds.
};

struct Difference {
  std::string field;
  std::string expected;
  std::string seen;
};

/// What differs of what `expected` states; `seen` is in the script's numbers.
std::vector<Difference> compare(const Packet& expected, const Packet& seen,
                                const CompareOptions& options);

/// Both packets below each other, field under field, and a line for each difference:
///
///     expected  0.100000 > S. 0:0(0) ack 1           <mss 1460>
///     seen      0.100001 > S. 0:0(0) ack 1 win 65535 <mss 1400>
///       mss: expected 1460, seen 1400
std::string aligned(const std::string& expected_time, const Packet& expected,
                    const std::string& seen_time, const Packet& seen,
                    const std::vector<Difference>& differences);

}  // namespace elvis::packetdrill
