// SPDX-License-Identifier: MIT
// TcpReassembly: what has arrived behind a gap, in order, each byte once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "elvis/util/pool.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {

/// Pieces of a stream by position. Of bytes that arrive twice the first ones stay.
class TcpReassembly : public Pooled {
 public:
  /// A stream with more gaps than this is an attack: what would make another one is refused.
  static constexpr std::size_t most_pieces = 4'096;

  struct Range {
    std::uint64_t begin;
    std::uint64_t end;
    friend bool operator==(const Range&, const Range&) = default;
  };

  /// Adds `bytes`, which begin at `position`. Returns how many of them are new.
  std::size_t add(std::uint64_t position, Message bytes);
  /// Takes what begins at or before `position` and reaches beyond it: nothing if there is a gap.
  Message take(std::uint64_t position);

  bool empty() const { return pieces_.empty(); }
  std::size_t piece_count() const { return pieces_.size(); }
  std::size_t bytes() const { return bytes_; }
  /// Whether all of [begin, end) is here.
  bool holds(std::uint64_t begin, std::uint64_t end) const;
  /// The pieces as ranges, the one that was added to last first (RFC 2018, 4), into `ranges`.
  /// Returns how many.
  std::size_t recent(std::span<Range> ranges) const;
  /// The first piece; there is one.
  Range first() const { return {pieces_.front().begin, pieces_.front().end()}; }
  /// The piece that holds `position`, or an empty range.
  Range around(std::uint64_t position) const;

 private:
  struct Piece {
    std::uint64_t begin;
    std::uint64_t touched;  // when it was added to last, in additions
    Message bytes;
    std::uint64_t end() const { return begin + bytes.size(); }
  };

  std::size_t first_reaching(std::uint64_t position) const;

  std::vector<Piece> pieces_;  // by position; no two touch
  std::size_t bytes_ = 0;
  std::uint64_t additions_ = 0;
};

}  // namespace elvis
