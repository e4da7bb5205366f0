// SPDX-License-Identifier: MIT
// RouteDigest: what very many routes come to, small enough for a cache.
//
// Reading memory that is in no cache takes longer than all the rest of a lookup. So the address
// space is cut into 2^18 parts with 16 bytes each: a bit vector of their 64 prefixes of 24 bits,
// in which a bit says that another next hop begins, and the hops' numbers, a byte each. Where more
// than eight begin, they lie elsewhere:
//
//   | starts: 64 bits | hop hop hop hop hop hop hop hop |
//   | starts: 64 bits | offset          | (unused)      |   →  | hop hop … hop |
//
// What a byte cannot say (longer prefixes, the 254th hop) is asked of whoever knows more.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "elvis/protocols/route_list.hpp"
#include "elvis/util/rng.hpp"
#include "elvis/util/small_map.hpp"

namespace elvis {

class RouteDigest {
 public:
  static constexpr unsigned part_bits = 18;  ///< First bits of an address that name its part.

  /// What is known of an address.
  using Code = std::uint8_t;
  static constexpr Code no_route = 255;
  static constexpr Code ask = 254;      ///< Somebody else has to be asked.
  static constexpr Code unknown = 253;  ///< Nothing: its part has to be learnt.

  /// The codes of a part's /24s.
  class Part {
   public:
    void add(Code code) {
      if (size_ == 0 || codes_[size_ - 1] != code) {
        starts_ |= std::uint64_t{1} << entries_;
        codes_[size_++] = code;
      }
      ++entries_;
    }

   private:
    friend RouteDigest;
    std::uint64_t starts_ = 0;
    unsigned entries_ = 0;
    unsigned size_ = 0;
    Code codes_[64];
  };

  RouteDigest();
  RouteDigest(const RouteDigest&) = delete;
  RouteDigest& operator=(const RouteDigest&) = delete;
  ~RouteDigest();

  Code code_of(std::uint32_t address) const;
  /// The hop that a code means which is none of those above.
  const NextHop& hop_of(Code code) const { return hops_[code]; }
  /// The code of a hop, or of none; `ask` if there are too many.
  Code code_for(const std::optional<NextHop>& hop);

  /// Learns a part, all 64 codes of it.
  void learn(std::uint32_t part, const Part& codes);
  /// Forgets `count` parts from `first` on.
  void forget(std::size_t first, std::size_t count);

  std::size_t memory_bytes() const;

 private:
  struct Record {
    std::uint64_t starts;  // 0: unknown; else bit 0 is set
    Code codes[8];         // or an offset
  };
  static_assert(sizeof(Record) == 16);
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(std::uint64_t key) const { return mix(key); }
  };

  static constexpr std::size_t records = std::size_t{1} << part_bits;
  static constexpr std::size_t record_bytes = records * sizeof(Record);
  static constexpr std::size_t room_elsewhere = records * 64;  // however many there are

  std::uint8_t* memory_;           // records, then codes that have no room in them
  std::vector<std::uint8_t> own_;  // where the system gave no huge pages
  std::uint32_t used_elsewhere_ = 0;
  std::vector<NextHop> hops_;
  SmallMap<std::uint64_t, Code, Hash> numbers_;

  Record* record_array() { return reinterpret_cast<Record*>(memory_); }
  const Record* record_array() const { return reinterpret_cast<const Record*>(memory_); }
};

// ===== What every lookup of a very large table does =====

inline RouteDigest::Code RouteDigest::code_of(std::uint32_t address) const {
  const Record& record = record_array()[address >> (32 - part_bits)];
  const std::uint64_t starts = record.starts;
  if (starts == 0) [[unlikely]]
    return unknown;
  const unsigned entry = address >> 8 & 63;
  const auto place = static_cast<unsigned>(std::popcount(starts << (63 - entry))) - 1;
  if (std::popcount(starts) <= 8) return record.codes[place];
  std::uint32_t offset = 0;
  std::memcpy(&offset, record.codes, sizeof offset);
  return memory_[record_bytes + offset + place];
}

}  // namespace elvis
