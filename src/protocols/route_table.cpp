// SPDX-License-Identifier: MIT
#include "elvis/protocols/route_table.hpp"

#include <algorithm>
#include <array>
#include <bit>
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

  /// The longest prefix that holds `address`, or null.
  const RouteList::Entry* longest(std::uint32_t address) const {
    for (std::uint64_t left = lengths; left != 0;) {
      const auto length = static_cast<unsigned>(std::bit_width(left)) - 1;
      left ^= std::uint64_t{1} << length;
      const std::uint32_t first = address & mask_of(length);
      if (const auto* const entry = lists[slot_of(first)].find(first, length)) return entry;
    }
    return nullptr;
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
  std::uint64_t lengths = 0;            // a bit for each that a prefix has or had
  std::unique_ptr<RouteDigest> digest;  // of very many routes, once one is looked up
};

// ===== RouteTable =====

RouteTable::RouteTable() = default;
RouteTable::RouteTable(RouteTable&& other) noexcept = default;
RouteTable& RouteTable::operator=(RouteTable&& other) noexcept = default;
RouteTable::~RouteTable() = default;

std::optional<NextHop> RouteTable::lookup(Ipv4Address destination) {
  const std::uint32_t address = destination.value();
  if (column_ != nullptr) {
    const RouteList::Entry* const own = longest_own(address);
    const int length = own == nullptr ? -1 : static_cast<int>(own->length);
    if (const auto hop = column_->longest(address, length)) return hop;
    if (own == nullptr) return std::nullopt;
    return own->next();
  }
  if (spread_ == nullptr) {
    const RouteList::Entry* const found = list_.longest(address);
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
  if (column_ != nullptr) {
    if (!may_replace && column_->find(entry.address, entry.length)) return false;
    column_->hide(entry.address, entry.length);  // a prefix has one route
  }
  if (spread_ == nullptr) {
    const bool is_new = list_.put(entry, may_replace);
    if (list_.size() > most_side_by_side) spread_out(list_.size());
    return is_new;
  }
  const bool is_new = spread_->lists[spread_->slot_of(entry.address)].put(entry, may_replace);
  spread_->lengths |= std::uint64_t{1} << entry.length;
  if (is_new || may_replace) spread_->touch(entry.address, entry.length);
  spread_->size += is_new ? 1 : 0;
  if (bits_for(spread_->size) > spread_->bits) spread_out(spread_->size);
  return is_new;
}

void RouteTable::share(std::shared_ptr<const RouteFinder> finder, std::uint32_t asker) {
  ELVIS_ASSERT(column_ == nullptr);
  std::vector<RouteList::Entry> own;
  each_own([&own](const RouteList::Entry& entry) { own.push_back(entry); });
  column_ = std::make_unique<RouteColumn>(std::move(finder), asker, own);
}

/// The longest of the table's own prefixes that holds `address`, or null.
const RouteList::Entry* RouteTable::longest_own(std::uint32_t address) const {
  return spread_ == nullptr ? list_.longest(address) : spread_->longest(address);
}

/// Moves all routes into as many slots as `size` routes are to have.
void RouteTable::spread_out(std::size_t size) {
  auto spread = std::make_unique<Spread>(bits_for(size));
  const auto add = [&spread](const RouteList& list) {
    for (const RouteList::Entry& entry : list.entries()) {
      spread->lists[spread->slot_of(entry.address)].append(entry);
      spread->lengths |= std::uint64_t{1} << entry.length;
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
  const std::uint32_t address = destination.value();
  const auto length = static_cast<unsigned>(prefix_length);
  RouteList& list = spread_ == nullptr ? list_ : spread_->lists[spread_->slot_of(address)];
  if (list.erase(address, length)) {
    if (spread_ == nullptr) return true;
    spread_->touch(address, length);
    if (--spread_->size == 0) spread_.reset();
    return true;
  }
  if (column_ == nullptr || !column_->find(address, length)) return false;
  column_->hide(address, length);
  return true;
}

std::optional<Route> RouteTable::find(Ipv4Address destination, int prefix_length) const {
  const std::uint32_t address = destination.value();
  const RouteList& list = spread_ == nullptr ? list_ : spread_->lists[spread_->slot_of(address)];
  const auto length = static_cast<unsigned>(prefix_length);
  if (const RouteList::Entry* const entry = list.find(address, length)) return entry->route();
  if (column_ == nullptr) return std::nullopt;
  const auto hop = column_->find(address, length);
  if (!hop) return std::nullopt;
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

template <typename Visit>
void RouteTable::each_own(Visit visit) const {
  for (const RouteList::Entry& entry : list_.entries()) visit(entry);
  if (spread_ == nullptr) return;
  for (const RouteList& list : spread_->lists) {
    for (const RouteList::Entry& entry : list.entries()) visit(entry);
  }
}

std::size_t RouteTable::size() const {
  if (column_ != nullptr) return routes().size();
  return spread_ != nullptr ? spread_->size : list_.size();
}

std::vector<Route> RouteTable::own_routes() const {
  std::vector<Route> all;
  each_own([&all](const RouteList::Entry& entry) { all.push_back(entry.route()); });
  return all;
}

std::vector<Route> RouteTable::routes() const {
  std::vector<Route> all = own_routes();
  if (column_ == nullptr) return all;
  column_->list(all);
  std::ranges::sort(all, {}, [](const Route& route) { return RouteList::Entry{route}.key(); });
  return all;
}

std::pair<std::shared_ptr<const RouteFinder>, std::uint32_t> RouteTable::shared() const {
  if (column_ == nullptr) return {};
  return {column_->finder(), column_->asker()};
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
