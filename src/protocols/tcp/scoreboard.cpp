// SPDX-License-Identifier: MIT
#include "elvis/protocols/tcp/scoreboard.hpp"

#include <algorithm>

#include "elvis/util/assert.hpp"

namespace elvis {

std::size_t TcpScoreboard::index_of(std::uint64_t position) const {
  std::size_t low = 0;
  std::size_t high = size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if ((*this)[middle].end() <= position) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

void TcpScoreboard::split(std::size_t index, std::uint64_t position) {
  TcpSent second = (*this)[index];
  ELVIS_ASSERT(position > second.begin && position < second.end());
  const auto first_length = static_cast<std::uint32_t>(position - second.begin);
  (*this)[index].length = first_length;
  (*this)[index].is_pushed = false;
  second.begin = position;
  second.length -= first_length;
  push(second);
  for (std::size_t i = size() - 1; i > index + 1; --i) (*this)[i] = (*this)[i - 1];
  (*this)[index + 1] = second;
}

void TcpScoreboard::note_peak(bool always) {
  constexpr std::uint32_t most = 65'535;
  const auto count = static_cast<std::uint16_t>(std::min(ring_->count, most));
  if (!always && ring_->peak_left != 0 && count <= ring_->peak) return;
  ring_->peak = ring_->peak_left = count;
}

void TcpScoreboard::grow() {
  constexpr std::uint32_t least = 4;
  const std::uint32_t capacity = ring_ == nullptr ? least : ring_->capacity * 2;
  auto* const grown = new (pool::allocate(Ring::bytes(capacity))) Ring{.capacity = capacity};
  const std::size_t count = size();
  for (std::size_t i = 0; i < count; ++i) new (&grown->at(i)) TcpSent{(*this)[i]};
  grown->count = static_cast<std::uint32_t>(count);
  if (ring_ != nullptr) {
    grown->peak = ring_->peak;
    grown->peak_left = ring_->peak_left;
  }
  release();
  ring_ = grown;
}

void TcpScoreboard::release() {
  if (ring_ != nullptr) pool::release(ring_, Ring::bytes(ring_->capacity));
  ring_ = nullptr;
}

}  // namespace elvis
