// SPDX-License-Identifier: MIT
#include "elvis/protocols/tcp/scoreboard.hpp"

#include "elvis/util/assert.hpp"

namespace elvis {

std::size_t TcpScoreboard::index_of(std::uint64_t position) const {
  std::size_t low = 0;
  std::size_t high = count_;
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
  for (std::size_t i = count_ - 1; i > index + 1; --i) (*this)[i] = (*this)[i - 1];
  (*this)[index + 1] = second;
}

void TcpScoreboard::grow() {
  const std::uint32_t capacity = capacity_ == 0 ? 4 : capacity_ * 2;
  auto* const grown = static_cast<TcpSent*>(pool::allocate(capacity * sizeof(TcpSent)));
  const std::uint32_t count = count_;
  for (std::uint32_t i = 0; i < count; ++i) new (grown + i) TcpSent{(*this)[i]};
  release();
  array_ = grown;
  capacity_ = capacity;
  count_ = count;
}

void TcpScoreboard::release() {
  if (capacity_ != 0) pool::release(array_, capacity_ * sizeof(TcpSent));
  array_ = nullptr;
  capacity_ = first_ = count_ = 0;
}

}  // namespace elvis
