// SPDX-License-Identifier: MIT
#include "elvis/protocols/tcp/reassembly.hpp"

#include <algorithm>
#include <utility>

namespace elvis {

// The first piece that ends at or behind `position`: those that touch what begins there.
std::size_t TcpReassembly::first_reaching(std::uint64_t position) const {
  const auto found = std::lower_bound(
      pieces_.begin(), pieces_.end(), position,
      [](const Piece& piece, std::uint64_t wanted) { return piece.end() < wanted; });
  return static_cast<std::size_t>(found - pieces_.begin());
}

std::size_t TcpReassembly::add(std::uint64_t position, Message bytes) {
  const std::uint64_t end = position + bytes.size();
  if (bytes.empty()) return 0;
  const std::size_t first = first_reaching(position);
  std::size_t last = first;  // behind the pieces that the new one touches
  while (last < pieces_.size() && pieces_[last].begin <= end) ++last;
  if (first == last) {
    if (pieces_.size() >= most_pieces) return 0;
    bytes_ += bytes.size();
    const std::size_t added = bytes.size();
    pieces_.insert(pieces_.begin() + static_cast<std::ptrdiff_t>(first),
                   {position, ++additions_, std::move(bytes)});
    return added;
  }
  // What is in front of the touched pieces, between them and behind them comes from `bytes`.
  std::size_t added = 0;
  Piece& whole = pieces_[first];
  whole.touched = ++additions_;
  if (position < whole.begin) {
    const std::size_t missing = whole.begin - position;
    Message head = bytes.cut(missing);
    head.append(std::exchange(whole.bytes, Message{}));
    whole.bytes = std::move(head);
    whole.begin = position;
    added += missing;
    position += missing;
  }
  for (std::size_t next = first + 1; position < end || next < last; ++next) {
    if (whole.end() > position) {
      const std::uint64_t known = std::min(whole.end(), end);
      bytes.remove_front(known - position);
      position = known;
    }
    const std::uint64_t until = next < last ? std::min(pieces_[next].begin, end) : end;
    if (position < until) {
      added += until - position;
      whole.bytes.append(bytes.cut(until - position));
      position = until;
    }
    if (next < last) whole.bytes.append(std::move(pieces_[next].bytes));
  }
  pieces_.erase(pieces_.begin() + static_cast<std::ptrdiff_t>(first + 1),
                pieces_.begin() + static_cast<std::ptrdiff_t>(last));
  bytes_ += added;
  return added;
}

Message TcpReassembly::take(std::uint64_t position) {
  Message taken;
  while (!pieces_.empty() && pieces_.front().begin <= position) {
    Piece first = std::move(pieces_.front());
    pieces_.erase(pieces_.begin());
    bytes_ -= first.bytes.size();
    if (first.end() <= position) continue;
    first.bytes.remove_front(position - first.begin);
    taken = std::move(first.bytes);
    break;
  }
  return taken;
}

bool TcpReassembly::holds(std::uint64_t begin, std::uint64_t end) const {
  const Range around_begin = around(begin);
  return around_begin.begin != around_begin.end && end <= around_begin.end;
}

TcpReassembly::Range TcpReassembly::around(std::uint64_t position) const {
  std::size_t index = first_reaching(position);
  if (index < pieces_.size() && pieces_[index].end() == position) ++index;
  if (index == pieces_.size() || pieces_[index].begin > position) return {position, position};
  return {pieces_[index].begin, pieces_[index].end()};
}

std::size_t TcpReassembly::recent(std::span<Range> ranges) const {
  std::size_t count = 0;
  std::uint64_t before = ~std::uint64_t{0};
  while (count < ranges.size()) {
    const Piece* latest = nullptr;
    for (const Piece& piece : pieces_) {
      if (piece.touched < before && (latest == nullptr || piece.touched > latest->touched)) {
        latest = &piece;
      }
    }
    if (latest == nullptr) break;
    before = latest->touched;
    ranges[count++] = {latest->begin, latest->end()};
  }
  return count;
}

}  // namespace elvis
