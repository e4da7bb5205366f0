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
  bool is_sacked : 1 = false;
  bool is_lost : 1 = false;     ///< Believed lost, and not sent again since.
  bool was_resent : 1 = false;  ///< At least once.
  bool is_resent : 1 = false;   ///< Sent again since it was believed lost.
  bool is_pushed : 1 = false;   ///< What was written ended here.
  std::uint8_t resent_count = 0;
  std::uint16_t order;  ///< Of what was sent at one time, sent again or not; wraps around.
  std::uint64_t end() const { return begin + length; }
};
static_assert(sizeof(TcpSent) == 24);

/// A ring of records, by position, without gaps between them. Empty, it is a null pointer.
class TcpScoreboard {
 public:
  TcpScoreboard() = default;
  TcpScoreboard(const TcpScoreboard&) = delete;
  TcpScoreboard& operator=(const TcpScoreboard&) = delete;
  ~TcpScoreboard() { release(); }

  bool empty() const { return ring_ == nullptr; }
  std::size_t size() const { return ring_ == nullptr ? 0 : ring_->count; }
  TcpSent& operator[](std::size_t index) { return ring_->at(index); }
  const TcpSent& operator[](std::size_t index) const { return ring_->at(index); }
  TcpSent& front() { return ring_->at(0); }
  TcpSent& back() { return ring_->at(ring_->count - 1); }

  void push(const TcpSent& sent) {
    if (ring_ == nullptr || ring_->count == ring_->capacity) grow();
    ring_->at(ring_->count++) = sent;
  }
  void pop() {
    ring_->first = (ring_->first + 1) & (ring_->capacity - 1);
    if (ring_->peak_left != 0) --ring_->peak_left;
    if (--ring_->count == 0) release();
  }
  /// How many records there were when note_peak() took that down.
  std::uint32_t peak() const { return ring_ == nullptr ? 0 : ring_->peak; }
  /// Takes down how many there are: if `always`, if they are more than ever, or if none is left of
  /// those of last time.
  void note_peak(bool always);
  /// The index of the record that holds `position`, or size().
  std::size_t index_of(std::uint64_t position) const;
  /// Divides a record; its second part begins at `position`, which lies inside of it.
  void split(std::size_t index, std::uint64_t position);

 private:
  struct alignas(TcpSent) Ring {
    std::uint32_t capacity;  // a power of two
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    std::uint16_t peak = 0;
    std::uint16_t peak_left = 0;  // of those of the peak

    // The records stand behind this.
    TcpSent& at(std::size_t index) {
      return reinterpret_cast<TcpSent*>(this + 1)[(first + index) & (capacity - 1)];
    }
    static std::size_t bytes(std::uint32_t capacity) {
      return sizeof(Ring) + capacity * sizeof(TcpSent);
    }
  };
  void grow();
  void release();

  Ring* ring_ = nullptr;
};

}  // namespace elvis
