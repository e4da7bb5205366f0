// SPDX-License-Identifier: MIT
#include "announced_load.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace elvis {

// The first chunk with something behind `place`.
std::size_t AnnouncedLoad::chunk_behind(ArrivalPlace place) const {
  const auto found = std::ranges::partition_point(
      chunks_, [&](const Chunk& chunk) { return chunk.items.back().place <= place; });
  return static_cast<std::size_t>(found - chunks_.begin());
}

void AnnouncedLoad::sum_up(Chunk& chunk) const {
  chunk.work = 0;
  chunk.latest = 0;
  for (const Item& item : chunk.items) {
    chunk.work += work_of(item);
    chunk.latest = step(chunk.latest, item);
  }
}

void AnnouncedLoad::add(ArrivalPlace place, std::uint32_t from, std::uint32_t bytes) {
  ++size_;
  if (own_.size() <= from) own_.resize(from + 1);
  std::vector<ArrivalPlace>& own = own_[from];
  own.insert(std::ranges::upper_bound(own, place), place);

  std::size_t at = chunk_behind(place);
  if (at == chunks_.size()) {
    if (chunks_.empty() || chunks_.back().items.size() >= most_items / 2) chunks_.emplace_back();
    at = chunks_.size() - 1;
  }
  Chunk& chunk = chunks_[at];
  const Item item{place, from, bytes};
  const auto behind = std::ranges::upper_bound(chunk.items, place, {}, &Item::place);
  if (behind == chunk.items.end()) {
    chunk.items.push_back(item);
    chunk.work += work_of(item);
    chunk.latest = step(chunk.latest, item);
    return;
  }
  chunk.items.insert(behind, item);
  if (chunk.items.size() > most_items) {
    Chunk rest;
    const auto middle = chunk.items.begin() + most_items / 2;
    rest.items.assign(middle, chunk.items.end());
    chunk.items.erase(middle, chunk.items.end());
    sum_up(rest);
    sum_up(chunk);
    chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(at) + 1, std::move(rest));
    return;
  }
  sum_up(chunk);
}

AnnouncedLoad::Exact AnnouncedLoad::pass(Exact free, ArrivalPlace after, ArrivalPlace place,
                                         std::uint32_t tap) const {
  // What the tap sent itself does not come to it.
  std::span<const ArrivalPlace> own;
  if (tap < own_.size()) own = own_[tap];
  own = {std::ranges::upper_bound(own, after), own.end()};
  for (std::size_t at = chunk_behind(after); at < chunks_.size(); ++at) {
    const Chunk& chunk = chunks_[at];
    const ArrivalPlace last = chunk.items.back().place;
    const bool has_own = !own.empty() && own.front() <= last;
    if (!has_own && after < chunk.items.front().place && last <= place) {
      free = std::max(free + chunk.work, chunk.latest);
      continue;
    }
    auto item = std::ranges::upper_bound(chunk.items, after, {}, &Item::place);
    for (; item != chunk.items.end(); ++item) {
      if (item->place > place) return free;
      if (item->from != tap) free = step(free, *item);
    }
    own = {std::ranges::upper_bound(own, last), own.end()};
  }
  return free;
}

void AnnouncedLoad::forget(ArrivalPlace place) {
  const std::size_t behind = chunk_behind(place);
  for (std::size_t i = 0; i < behind; ++i) size_ -= chunks_[i].items.size();
  chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(behind));
  if (!chunks_.empty()) {
    Chunk& first = chunks_.front();
    size_ -= std::erase_if(first.items, [&](const Item& item) { return item.place <= place; });
    sum_up(first);
  }
  for (auto& own : own_) std::erase_if(own, [&](ArrivalPlace one) { return one <= place; });
}

}  // namespace elvis
