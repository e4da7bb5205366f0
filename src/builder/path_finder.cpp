// SPDX-License-Identifier: MIT
#include "path_finder.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace elvis {

namespace {

using Node = PathGraph::Node;
using Hop = PathGraph::Hop;

// No datagram comes further.
constexpr std::size_t most_hops = 255;
constexpr std::size_t least_slots = 16;

std::unique_ptr<const SharedPrefixes> prefixes_of(const std::vector<PathDestination>& all) {
  std::vector<SharedPrefixes::Prefix> prefixes;
  for (const PathDestination& one : all) {
    const SharedPrefixes::Prefix prefix{one.prefix.address.value(), one.prefix.length};
    if (prefixes.empty() || prefixes.back() != prefix) prefixes.push_back(prefix);
  }
  return std::make_unique<const SharedPrefixes>(prefixes);
}

}  // namespace

// ===== Known: the hops to one network that have been found =====

/// Either those of everybody, or those of some: a table of slots that are only ever filled. What
/// gets lost when two write at a time is searched again.
class PathFinder::Known {
 public:
  /// Everybody's, in so many bytes each.
  Known(const std::vector<Hop>& hops, std::size_t width) : width_{width} {
    column_.resize(hops.size() * width);
    std::uint8_t* at = column_.data();
    for (const Hop hop : hops) {
      for (std::size_t i = 0; i < width; ++i) *at++ = static_cast<std::uint8_t>(hop >> 8 * i);
    }
  }
  /// Room for `count` askers, and those of `before`.
  Known(std::size_t count, const Known* before)
      : slots_(std::bit_ceil(std::max(least_slots, 2 * count))) {
    if (before == nullptr) return;
    for (const auto& slot : before->slots_) {
      if (const std::uint64_t word = slot.load(std::memory_order_relaxed)) put(word);
    }
    work.store(before->work.load(std::memory_order_relaxed), std::memory_order_relaxed);
  }

  bool is_complete() const { return slots_.empty(); }
  std::optional<Hop> find(Node asker) const {
    if (is_complete()) {
      Hop hop = 0;
      for (std::size_t i = width_; i-- > 0;) hop = hop << 8 | column_[asker * width_ + i];
      return hop;
    }
    for (std::size_t i = place_of(asker);; ++i) {
      const std::uint64_t word = slots_[i & (slots_.size() - 1)].load(std::memory_order_relaxed);
      if (word == 0) return std::nullopt;
      if (word >> 32 == asker + std::uint64_t{1}) return static_cast<Hop>(word);
    }
  }
  bool has_room_for(std::size_t more) const {
    return (count_.load(std::memory_order_relaxed) + more) * 4 <= slots_.size() * 3;
  }
  void add(const std::vector<PathSearch::Step>& path) {
    for (const auto& [asker, hop] : path) put((asker + std::uint64_t{1}) << 32 | hop);
  }
  std::size_t size() const { return count_.load(std::memory_order_relaxed); }
  std::size_t memory_bytes() const {
    return sizeof *this + column_.size() + slots_.size() * sizeof slots_[0];
  }

  Known* older = nullptr;               // that somebody may still be reading
  std::atomic<std::uint64_t> work = 0;  // arcs that searches went along

 private:
  std::size_t place_of(Node asker) const { return asker * std::uint64_t{0x9e37'79b9} >> 8; }
  // Several may write: each slot goes from empty to filled once, and one always stays empty.
  void put(std::uint64_t word) {
    bool is_counted = false;
    for (std::size_t i = place_of(static_cast<Node>((word >> 32) - 1));; ++i) {
      std::atomic<std::uint64_t>& slot = slots_[i & (slots_.size() - 1)];
      std::uint64_t before = slot.load(std::memory_order_relaxed);
      if (before == 0) {
        if (!is_counted && count_.fetch_add(1, std::memory_order_relaxed) + 1 >= slots_.size()) {
          return;
        }
        is_counted = true;
        if (slot.compare_exchange_strong(before, word, std::memory_order_relaxed)) return;
      }
      if (before >> 32 == word >> 32) return;
    }
  }

  std::vector<std::uint8_t> column_;
  std::size_t width_ = 0;
  std::vector<std::atomic<std::uint64_t>> slots_;
  std::atomic<std::size_t> count_ = 0;
};

// ===== PathFinder =====

PathFinder::PathFinder(PathGraph graph, const std::vector<PathDestination>& destinations)
    : graph_{std::move(graph)}, prefixes_{prefixes_of(destinations)}, known_(graph_.networks()) {
  while (width_ < sizeof(Hop) && graph_.most_hops() >> (8 * width_) != 0) ++width_;
  const Ipv4Prefix* before = nullptr;
  for (const PathDestination& one : destinations) {
    if (before == nullptr || *before != one.prefix) {
      first_network_.push_back(static_cast<std::uint32_t>(networks_.size()));
    }
    before = &one.prefix;
    networks_.push_back(one.network);
  }
  first_network_.push_back(static_cast<std::uint32_t>(networks_.size()));
}

PathFinder::~PathFinder() {
  for (const auto& each : known_) {
    for (Known* one = each.load(); one != nullptr;) delete std::exchange(one, one->older);
  }
  for (const auto& each : idle_) delete each.load();
}

// Of several networks with the prefix the first counts that can be reached and is not at hand.
std::optional<NextHop> PathFinder::hop(std::uint32_t asker, std::uint32_t number) const {
  for (std::uint32_t i = first_network_[number]; i < first_network_[number + 1]; ++i) {
    const std::uint32_t network = networks_[i];
    if (graph_.is_attached(asker, network)) continue;
    const Hop hop = hop_to(asker, network);
    if (hop == PathGraph::no_hop) continue;
    const auto [link, tap] = graph_.step(asker, hop);
    return NextHop{link.address, tap};
  }
  return std::nullopt;
}

PathGraph::Hop PathFinder::hop_to(std::uint32_t asker, std::uint32_t network) const {
  if (const Known* const known = known_[network].load(std::memory_order_acquire)) {
    if (const auto hop = known->find(asker)) return *hop;
  }
  if (graph_.links_of(network).empty()) return PathGraph::no_hop;
  return search(asker, network);
}

PathGraph::Hop PathFinder::search(std::uint32_t asker, std::uint32_t network) const {
  std::unique_ptr<PathSearch> search = take_search();
  Known* const known = known_[network].load(std::memory_order_acquire);
  Hop hop = PathGraph::no_hop;
  if (known != nullptr && known->work.load(std::memory_order_relaxed) >= graph_.arc_count()) {
    auto* const complete = new Known{search->tree(network), width_};
    hop = *complete->find(asker);
    publish(network, known, complete);
  } else {
    const auto& path = search->path(asker, network, most_hops);
    hop = path.front().hop;
    keep(network, *search, path);
  }
  give_back(std::move(search));
  return hop;
}

// Adds a path to what is known of a network.
void PathFinder::keep(std::uint32_t network, const PathSearch& search,
                      const std::vector<PathSearch::Step>& path) const {
  Known* known = known_[network].load(std::memory_order_acquire);
  if (known != nullptr && known->is_complete()) return;
  if (known == nullptr || !known->has_room_for(path.size())) {
    auto* const larger = new Known{(known == nullptr ? 0 : known->size()) + path.size(), known};
    larger->add(path);
    larger->work.fetch_add(search.work(), std::memory_order_relaxed);
    return publish(network, known, larger);
  }
  known->add(path);
  known->work.fetch_add(search.work(), std::memory_order_relaxed);
}

// Puts `instead` in the place of `known`, unless somebody was quicker: what they found stays.
void PathFinder::publish(std::uint32_t network, Known* known, Known* instead) const {
  instead->older = known;
  if (known_[network].compare_exchange_strong(known, instead, std::memory_order_acq_rel)) return;
  delete instead;
}

std::unique_ptr<PathSearch> PathFinder::take_search() const {
  for (auto& each : idle_) {
    if (PathSearch* const one = each.exchange(nullptr, std::memory_order_acq_rel)) {
      return std::unique_ptr<PathSearch>{one};
    }
  }
  return std::make_unique<PathSearch>(graph_);
}

void PathFinder::give_back(std::unique_ptr<PathSearch> search) const {
  for (auto& each : idle_) {
    PathSearch* nobody = nullptr;
    if (each.compare_exchange_strong(nobody, search.get(), std::memory_order_acq_rel)) {
      (void)search.release();
      return;
    }
  }
}

std::size_t PathFinder::memory_bytes() const {
  std::size_t bytes = least_bytes();
  for (const auto& each : known_) {
    for (const Known* one = each.load(); one != nullptr; one = one->older) {
      bytes += one->memory_bytes();
    }
  }
  return bytes;
}

std::size_t PathFinder::least_bytes() const {
  return graph_.memory_bytes() + prefixes_->memory_bytes() + known_.size() * sizeof known_[0] +
         (networks_.size() + first_network_.size()) * sizeof(std::uint32_t) +
         PathSearch::bytes_for(graph_);
}

std::size_t PathFinder::bytes_for_path(std::size_t hops) {
  const std::size_t slots = std::bit_ceil(std::max(least_slots, 2 * hops));
  return sizeof(Known) + slots * sizeof(std::uint64_t);
}

}  // namespace elvis
