// SPDX-License-Identifier: MIT
#include "elvis/protocols/route_table.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "elvis/util/assert.hpp"
#include "route_column.hpp"
#include "route_digest.hpp"
#include "route_trie.hpp"

namespace elvis {

namespace {

constexpr std::size_t most_side_by_side = 16;
// From here on a lookup would mostly wait for memory.
constexpr std::size_t least_digested = std::size_t{1} << 18;

/// By how many bits so many routes are spread: some four to a slot, where they are spread evenly.
unsigned bits_for(std::size_t size) {
  return size <= 1'024 ? 6 : size <= 65'536 ? 12 : 18;
}

}  // namespace

// ===== Spread: routes by the first bits of their address =====

/// Every route is in the list of the slot that its address begins with; one shorter than the slots'
/// bits holds for the following slots as well.
struct RouteTable::Spread {
  explicit Spread(unsigned spread_bits)
      : bits{spread_bits}, lists(std::size_t{1} << bits), tries(std::size_t{1} << bits) {}

  std::size_t slot_of(std::uint32_t address) const { return address >> (32 - bits); }

  /// Unmakes the tries that a route of this prefix is in.
  void touch(std::uint32_t address, unsigned length) {
    const std::size_t count = length >= bits ? 1 : std::size_t{1} << (bits - length);
    const std::size_t first = slot_of(address);
    for (std::size_t slot = first; slot < first + count; ++slot) tries[slot].reset();
    if (digest == nullptr) return;
    const std::size_t parts =
        length >= RouteDigest::part_bits ? 1 : std::size_t{1} << (RouteDigest::part_bits - length);
    digest->forget(address >> (32 - RouteDigest::part_bits), parts);
  }

  std::uint32_t first_address(std::size_t slot) const {
    return static_cast<std::uint32_t>(slot << (32 - bits));
  }

  [[gnu::noinline]] void make(std::size_t slot) {
    const std::uint32_t first = first_address(slot);
    // The short routes of a slot have its first address, and come before the others.
    auto routes = lists[slot].entries();
    while (!routes.empty() && routes.front().length <= bits) routes = routes.subspan(1);
    const RouteList::Entry* covering = nullptr;
    for (unsigned length = bits + 1; length-- > 0 && covering == nullptr;) {
      const std::uint32_t address = first & mask_of(length);
      covering = lists[slot_of(address)].find(address, length);
    }
    tries[slot].make(routes, bits, covering);
  }

  const RouteTrie& trie_of(std::uint32_t address) {
    const std::size_t slot = slot_of(address);
    if (!tries[slot].is_made()) [[unlikely]]
      make(slot);
    return tries[slot];
  }

  /// Digests the part of `address`. The /24s of a slot are the entries of its trie's first node.
  [[gnu::noinline]] void learn_digest(std::uint32_t address) {
    std::array<RouteDigest::Code, RouteDigest::part_size> codes;
    const std::size_t part = address >> (32 - RouteDigest::part_bits);
    std::uint32_t at = address & mask_of(RouteDigest::part_bits);
    std::optional<NextHop> last;
    RouteDigest::Code code_of_last = digest->code_for(last);
    for (RouteDigest::Code& code : codes) {
      const RouteTrie& trie = trie_of(at);
      if (trie.ends_at_once(at, bits)) {
        const std::optional<NextHop> hop = trie.lookup(at, bits);
        if (hop != last) code_of_last = digest->code_for(hop);
        last = hop;
        code = code_of_last;
      } else {
        code = RouteDigest::ask;
      }
      at += 1U << 8;
    }
    digest->learn(part, codes);
  }

  unsigned bits;
  std::size_t size = 0;
  std::vector<RouteList> lists;
  std::vector<RouteTrie> tries;
  std::unique_ptr<RouteDigest> digest;  // of very many routes, once one is looked up
};

// ===== RouteTable =====

RouteTable::RouteTable() = default;
RouteTable::RouteTable(RouteTable&& other) noexcept = default;
RouteTable& RouteTable::operator=(RouteTable&& other) noexcept = default;
RouteTable::~RouteTable() = default;

std::optional<NextHop> RouteTable::lookup(Ipv4Address destination) {
  const std::uint32_t address = destination.value();
  if (spread_ == nullptr) {
    const RouteList::Entry* const found = list_.longest(address);
    if (column_ != nullptr) {
      const int length = found == nullptr ? -1 : static_cast<int>(found->length);
      if (const NextHop* const hop = column_->longest(address, length)) return *hop;
    }
    if (found == nullptr) return std::nullopt;
    return found->next();
  }
  if (spread_->digest != nullptr) return lookup_digest(address);
  if (spread_->size > least_digested) [[unlikely]] {
    spread_->digest = std::make_unique<RouteDigest>();
    return lookup_digest(address);
  }
  return spread_->trie_of(address).lookup(address, spread_->bits);
}

std::optional<NextHop> RouteTable::lookup_digest(std::uint32_t address) {
  const RouteDigest& digest = *spread_->digest;
  RouteDigest::Code code = digest.code_of(address);
  if (code == RouteDigest::unknown) [[unlikely]] {
    spread_->learn_digest(address);
    code = digest.code_of(address);
  }
  if (code < RouteDigest::ask) [[likely]]
    return digest.hop_of(code);
  if (code == RouteDigest::no_route) return std::nullopt;
  return spread_->trie_of(address).lookup(address, spread_->bits);
}

bool RouteTable::insert(const Route& route) {
  return put(route, false);
}

void RouteTable::replace(const Route& route) {
  put(route, true);
}

bool RouteTable::put(const Route& route, bool may_replace) {
  ELVIS_ASSERT(route.prefix_length <= 32 && route.next.tap <= max_tap);
  ELVIS_ASSERT((route.destination.value() & ~mask_of(route.prefix_length)) == 0);
  const RouteList::Entry entry{route};
  if (column_ != nullptr && column_->find(entry.address, entry.length) != nullptr) {
    if (!may_replace) return false;
    // A prefix has one route.
    column_->erase(entry.address, entry.length);
    list_.put(entry, true);
    if (list_.size() > most_side_by_side) keep_all();
    return false;
  }
  if (spread_ == nullptr) {
    const bool is_new = list_.put(entry, may_replace);
    if (list_.size() <= most_side_by_side) return is_new;
    if (column_ != nullptr) {
      keep_all();
    } else {
      spread_out(list_.size());
    }
    return is_new;
  }
  const bool is_new = spread_->lists[spread_->slot_of(entry.address)].put(entry, may_replace);
  if (is_new || may_replace) spread_->touch(entry.address, entry.length);
  spread_->size += is_new ? 1 : 0;
  if (bits_for(spread_->size) > spread_->bits) spread_out(spread_->size);
  return is_new;
}

void RouteTable::share(std::shared_ptr<const SharedPrefixes> prefixes,
                       std::span<const NextHop> hops, std::span<const std::uint32_t> numbers) {
  auto column = std::make_unique<RouteColumn>(std::move(prefixes), hops, numbers);
  if (spread_ != nullptr || column_ != nullptr) {
    std::vector<Route> more;
    column->list(more);
    for (const Route& route : more) put(route, false);
    return;
  }
  for (const RouteList::Entry& entry : list_.entries()) column->erase(entry.address, entry.length);
  if (column->size() != 0) column_ = std::move(column);
}

/// Takes leave of the shared prefixes: all routes are the table's own.
void RouteTable::keep_all() {
  const std::vector<Route> all = routes();
  assign(all);
}

/// Moves all routes into as many slots as `size` routes are to have.
void RouteTable::spread_out(std::size_t size) {
  auto spread = std::make_unique<Spread>(bits_for(size));
  const auto add = [&spread](const RouteList& list) {
    for (const RouteList::Entry& entry : list.entries()) {
      spread->lists[spread->slot_of(entry.address)].append(entry);
      ++spread->size;
    }
  };
  add(list_);
  list_.clear();
  if (spread_ != nullptr) {
    for (const RouteList& list : spread_->lists) add(list);
  }
  spread_ = std::move(spread);
}

bool RouteTable::erase(Ipv4Address destination, int prefix_length) {
  const auto length = static_cast<unsigned>(prefix_length);
  if (spread_ == nullptr) {
    if (list_.erase(destination.value(), length)) return true;
    return column_ != nullptr && column_->erase(destination.value(), length);
  }
  const std::size_t slot = spread_->slot_of(destination.value());
  if (!spread_->lists[slot].erase(destination.value(), length)) return false;
  spread_->touch(destination.value(), length);
  if (--spread_->size == 0) spread_.reset();
  return true;
}

std::optional<Route> RouteTable::find(Ipv4Address destination, int prefix_length) const {
  const std::uint32_t address = destination.value();
  const RouteList& list = spread_ == nullptr ? list_ : spread_->lists[spread_->slot_of(address)];
  const auto length = static_cast<unsigned>(prefix_length);
  if (const RouteList::Entry* const entry = list.find(address, length)) return entry->route();
  if (column_ == nullptr) return std::nullopt;
  const NextHop* const hop = column_->find(address, length);
  if (hop == nullptr) return std::nullopt;
  return Route{destination, static_cast<std::uint8_t>(length), *hop, 0};
}

void RouteTable::assign(std::span<const Route> routes) {
  clear();
  std::vector<std::pair<std::uint64_t, std::size_t>> order(routes.size());
  for (std::size_t i = 0; i < routes.size(); ++i) {
    order[i] = {RouteList::Entry{routes[i]}.key(), i};
  }
  std::ranges::sort(order);
  if (routes.size() > most_side_by_side) spread_out(routes.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i + 1 < order.size() && order[i].first == order[i + 1].first) continue;
    put(routes[order[i].second], true);
  }
}

void RouteTable::clear() {
  list_.clear();
  column_.reset();
  spread_.reset();
}

std::size_t RouteTable::size() const {
  if (spread_ != nullptr) return spread_->size;
  return list_.size() + (column_ == nullptr ? 0 : column_->size());
}

std::vector<Route> RouteTable::routes() const {
  std::vector<Route> all;
  all.reserve(size());
  const auto add = [&all](const RouteList& list) {
    for (const RouteList::Entry& entry : list.entries()) all.push_back(entry.route());
  };
  add(list_);
  if (spread_ != nullptr) std::ranges::for_each(spread_->lists, add);
  if (column_ == nullptr) return all;
  column_->list(all);
  std::ranges::sort(all, {}, [](const Route& route) { return RouteList::Entry{route}.key(); });
  return all;
}

std::size_t RouteTable::memory_bytes() const {
  std::size_t bytes = list_.memory_bytes();
  if (column_ != nullptr) bytes += column_->memory_bytes();
  if (spread_ == nullptr) return bytes;
  bytes += sizeof(Spread) + spread_->lists.size() * (sizeof(RouteList) + sizeof(RouteTrie));
  for (const RouteList& list : spread_->lists) bytes += list.memory_bytes();
  for (const RouteTrie& trie : spread_->tries) bytes += trie.memory_bytes();
  if (spread_->digest != nullptr) bytes += spread_->digest->memory_bytes();
  return bytes;
}

}  // namespace elvis
