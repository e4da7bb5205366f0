// SPDX-License-Identifier: MIT
// TcpScoreboard: the segments that are on their way, and what is known of each.
#pragma once

#include <cstddef>
#include <cstdint>

#include "elvis/util/pool.hpp"
#include "elvis/util/units.hpp"

namespace elvis {

/// A segment as it was sent: a range of positions that belongs together.
struct TcpSent {
  std::uint64_t begin;
  Time sent_at;  ///< The last time.
  std::uint32_t length;
  bool is_sacked : 1;
  bool is_lost : 1;     ///< Believed lost, and not sent again since.
  bool was_resent : 1;  ///< At least once.
  bool is_resent : 1;   ///< Sent again since it was believed lost.
  bool is_pushed : 1;   ///< What was written ended here.
  std::uint8_t resent_count;
  std::uint64_t end() const { return begin + length; }
};
static_assert(sizeof(TcpSent) == 24);

/// A ring of records, by position, without gaps between them. Empty, it holds no memory.
class TcpScoreboard {
 public:
  TcpScoreboard() = default;
  TcpScoreboard(const TcpScoreboard&) = delete;
  TcpScoreboard& operator=(const TcpScoreboard&) = delete;
  ~TcpScoreboard() { release(); }

  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }
  TcpSent& operator[](std::size_t index) { return array_[(first_ + index) & (capacity_ - 1)]; }
  const TcpSent& operator[](std::size_t index) const {
    return array_[(first_ + index) & (capacity_ - 1)];
  }
  TcpSent& front() { return (*this)[0]; }
  TcpSent& back() { return (*this)[count_ - 1]; }

  void push(const TcpSent& sent) {
    if (count_ == capacity_) grow();
    array_[(first_ + count_++) & (capacity_ - 1)] = sent;
  }
  void pop() {
    first_ = (first_ + 1) & (capacity_ - 1);
    if (--count_ == 0) release();
  }
  /// The index of the record that holds `position`, or size().
  std::size_t index_of(std::uint64_t position) const;
  /// Divides a record; its second part begins at `position`, which lies inside of it.
  void split(std::size_t index, std::uint64_t position);

 private:
  void grow();
  void release();

  TcpSent* array_ = nullptr;
  std::uint32_t capacity_ = 0;  // a power of two
  std::uint32_t first_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace elvis
