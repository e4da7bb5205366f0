// SPDX-License-Identifier: MIT
#include "elvis/protocols/route_list.hpp"

#include <algorithm>
#include <new>

#include "elvis/util/assert.hpp"
#include "elvis/util/pool.hpp"

namespace elvis {

RouteList::Entry::Entry(const Route& route)
    : address{route.destination.value()},
      via{route.next.via.value()},
      tap{route.next.tap & 0x3ff'ffff},
      length{route.prefix_length & 0x3fU},
      metric{route.metric} {}

Route RouteList::Entry::route() const {
  return {.destination = Ipv4Address{address},
          .prefix_length = static_cast<std::uint8_t>(length),
          .next = next(),
          .metric = metric};
}

RouteList& RouteList::operator=(RouteList&& other) noexcept {
  std::swap(block_, other.block_);
  return *this;
}

std::size_t RouteList::memory_bytes() const {
  return block_ == nullptr ? 0 : bytes_for(block_->capacity);
}

std::size_t RouteList::place_of(std::uint64_t key) const {
  const auto all = entries();
  const auto found = std::ranges::lower_bound(all, key, {}, &Entry::key);
  return static_cast<std::size_t>(found - all.begin());
}

const RouteList::Entry* RouteList::find(std::uint32_t address, unsigned length) const {
  const std::uint64_t key = std::uint64_t{address} << 6 | length;
  const std::size_t place = place_of(key);
  const auto all = entries();
  return place < all.size() && all[place].key() == key ? &all[place] : nullptr;
}

bool RouteList::put(const Entry& entry, bool may_replace) {
  const std::size_t place = place_of(entry.key());
  if (place < size() && entries()[place].key() == entry.key()) {
    if (may_replace) block_->entries()[place] = entry;
    return false;
  }
  insert_at(place, entry);
  return true;
}

void RouteList::append(const Entry& entry) {
  ELVIS_ASSERT(size() == 0 || entries().back().key() < entry.key());
  insert_at(size(), entry);
}

void RouteList::insert_at(std::size_t place, const Entry& entry) {
  if (block_ == nullptr || block_->size == block_->capacity) {
    // Capacities that fill the blocks of the pool, which are multiples of two entries.
    const std::size_t size = this->size();
    const std::size_t bytes = bytes_for(size + std::max<std::size_t>(1, size / 2));
    const std::size_t rounded = (bytes + pool::step - 1) / pool::step * pool::step;
    const auto capacity = static_cast<std::uint32_t>((rounded - sizeof(Block)) / sizeof(Entry));
    Block* const grown = new (pool::allocate(bytes_for(capacity)))
        Block{.size = static_cast<std::uint32_t>(size), .capacity = capacity};
    std::ranges::copy(entries(), grown->entries());
    clear();
    block_ = grown;
  }
  Entry* const first = block_->entries();
  std::copy_backward(first + place, first + block_->size, first + block_->size + 1);
  first[place] = entry;
  ++block_->size;
}

bool RouteList::erase(std::uint32_t address, unsigned length) {
  const Entry* const found = find(address, length);
  if (found == nullptr) return false;
  if (block_->size == 1) {
    clear();
    return true;
  }
  Entry* const first = block_->entries();
  std::copy(first + (found - first) + 1, first + block_->size, first + (found - first));
  --block_->size;
  return true;
}

void RouteList::clear() {
  if (block_ != nullptr) pool::release(block_, bytes_for(block_->capacity));
  block_ = nullptr;
}

}  // namespace elvis
