// SPDX-License-Identifier: MIT
// RouteDigest: what very many routes come to, in one look at memory.
//
// Reading memory that is in no cache takes longer than all the rest of a lookup. So there is a byte
// for each prefix of 24 bits, the number of its next hop: 16 MiB on huge pages, in which every
// address has its place. What a byte cannot say (longer prefixes, the 254th hop) is asked of
// whoever knows more. A part, the 64 prefixes that begin with the same 18 bits, is a cache line,
// and is learnt as a whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "elvis/protocols/route_list.hpp"
#include "elvis/util/rng.hpp"
#include "elvis/util/small_map.hpp"

namespace elvis {

class RouteDigest {
 public:
  static constexpr unsigned part_bits = 18;     ///< First bits of an address that name its part.
  static constexpr std::size_t part_size = 64;  ///< Codes of a part.

  /// What is known of an address.
  using Code = std::uint8_t;
  static constexpr Code unknown = 0;  ///< Nothing: its part has to be learnt.
  static constexpr Code ask = 254;    ///< Somebody else has to be asked.
  static constexpr Code no_route = 255;

  RouteDigest();
  RouteDigest(const RouteDigest&) = delete;
  RouteDigest& operator=(const RouteDigest&) = delete;
  ~RouteDigest();

  Code code_of(std::uint32_t address) const { return codes_[address >> 8]; }
  /// The hop that a code means which is none of those above.
  const NextHop& hop_of(Code code) const { return hops_[code]; }
  /// The code of a hop, or of none; `ask` if there are too many.
  Code code_for(const std::optional<NextHop>& hop);

  /// The codes of a part, to be learnt.
  std::span<Code, part_size> part(std::size_t number) {
    return std::span<Code, part_size>{codes_ + number * part_size, part_size};
  }
  /// Forgets `count` parts from `first` on.
  void forget(std::size_t first, std::size_t count);

  std::size_t memory_bytes() const;

 private:
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(std::uint64_t key) const { return mix(key); }
  };

  static constexpr std::size_t bytes = std::size_t{1} << 24;

  Code* codes_;            // by the first 24 bits
  std::vector<Code> own_;  // where the system gave no huge pages
  std::vector<NextHop> hops_;
  SmallMap<std::uint64_t, Code, Hash> numbers_;
};

}  // namespace elvis
