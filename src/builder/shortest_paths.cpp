// SPDX-License-Identifier: MIT
#include "shortest_paths.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "elvis/protocols/ipv4.hpp"
#include "elvis/protocols/route_table.hpp"
#include "elvis/protocols/shared_prefixes.hpp"
#include "plan_addresses.hpp"

namespace elvis {

namespace {

constexpr std::uint64_t far_away = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint32_t nobody = std::numeric_limits<std::uint32_t>::max();

Ipv4* ipv4_of(const Machine& machine) {
  return static_cast<Ipv4*>(machine.find(ProtocolId::ipv4));
}

// What tables take that lookups and forwarding add to, where there is not much traffic.
constexpr std::uint64_t bytes_of_one_route = 320;
constexpr std::uint64_t bytes_of_ways = 2'048;

// Whether a machine is one that sends on what is for others.
bool is_router(const PlannedGroup& group, std::uint32_t place, std::string& name) {
  for (const PlannedProtocol& protocol : group.protocols) {
    if (protocol.kind->id != ProtocolId::ipv4 || !protocol.section) continue;
    const auto argument = protocol.section->read("forwarding");
    if (!argument || argument->is_broken()) return false;
    ndl::Diagnostics unheard;  // who reads the settings has told of mistakes
    std::string buffer;
    if (argument->varies()) group.declaration.write_name(place, name);
    const auto text = argument->evaluate({.index = place, .name = name}, buffer, unheard);
    if (!text) return false;
    const auto answer = ndl::read_bool(*text);
    return answer && *answer;
  }
  return false;
}

// A router's attachment to a network, seen from either.
struct Link {
  std::uint32_t router;
  std::uint32_t network;
  std::uint32_t tap;  // among the router's
};

// The first step of a path, by its place among those of the search, from 1; 0: there is none.
using Hop = std::uint32_t;
constexpr Hop no_hop = 0;

// Tables of so many prefixes share them.
constexpr std::size_t least_shared = 1'024;

struct Destination {
  Ipv4Prefix prefix;
  std::uint32_t network;
};

// What waits for its turn, by distance: a radix heap (Ahuja, Mehlhorn, Orlin and Tarjan 1990), as
// distances never fall below the last one taken.
class WaitingNodes {
 public:
  struct Entry {
    std::uint64_t distance;
    std::uint32_t node;
  };

  void start() { last_ = 0; }
  void add(Entry entry) { buckets_[bucket_of(entry.distance)].push_back(entry); }
  std::optional<Entry> take() {
    if (buckets_[0].empty() && !refill()) return std::nullopt;
    const Entry entry = buckets_[0].back();
    buckets_[0].pop_back();
    return entry;
  }

 private:
  std::size_t bucket_of(std::uint64_t distance) const {
    return static_cast<std::size_t>(std::bit_width(distance ^ last_));
  }
  bool refill() {
    const auto lowest = std::find_if(buckets_.begin(), buckets_.end(),
                                     [](const auto& bucket) { return !bucket.empty(); });
    if (lowest == buckets_.end()) return false;
    last_ = std::min_element(lowest->begin(), lowest->end(), [](const Entry& a, const Entry& b) {
              return a.distance < b.distance;
            })->distance;
    for (const Entry& entry : *lowest) add(entry);  // into lower ones
    lowest->clear();
    return true;
  }

  std::array<std::vector<Entry>, 65> buckets_;
  std::uint64_t last_ = 0;
};

// What a machine that has to find its ways is attached to.
using Networks = std::span<const std::uint32_t>;

// What routers are to each other: each is a node, and so is a network of three or more. A network
// of two is an arc from either to the other. Arcs have twice a network's cost, those to a network
// one less and those from it one, so that all take time, and a node's ways are known before it.
struct Arc {
  std::uint64_t length;
  std::uint32_t to;
};

// How far a node is, and over which hop.
struct Reached {
  std::uint64_t distance = far_away;
  Hop hop = no_hop;

  friend auto operator<=>(const Reached&, const Reached&) = default;
};

// One machine's search, and what it found. Several go on at a time.
struct Search {
  std::vector<NextHop> hops;
  std::vector<Reached> nodes;
  std::vector<Hop> hop;  // to networks; no_hop if attached or unreachable
  WaitingNodes queue;

  // Of ways that are equally long, the one over the earlier hop.
  void reach(std::uint32_t node, std::uint64_t distance, Hop over) {
    Reached& known = nodes[node];
    if (distance > known.distance) return;
    if (distance == known.distance) {
      known.hop = std::min(known.hop, over);
      return;
    }
    known = {distance, over};
    queue.add({distance, node});
  }
  bool leads_to(std::uint32_t network) const { return hop[network] != no_hop; }
};

// The routes of a machine: by themselves, or the hops to shared prefixes by number.
struct Ways {
  std::vector<Route> routes;
  std::vector<NextHop> hops;
  std::vector<std::uint32_t> numbers;
};

class PathFinder {
 public:
  explicit PathFinder(const Plan& plan);

  void lay(World& world, unsigned threads);
  std::uint64_t expected_bytes();

 private:
  struct Job {
    std::uint32_t machine;
    Networks attached;
    Ways ways{};
  };

  void find_routers();
  void find_arcs();
  void collect_destinations();
  void share_prefixes();
  void search(Search& search, std::uint32_t from, Networks attached) const;
  std::vector<Route> routes(const Search& search) const;
  std::vector<std::uint32_t> numbers(const Search& search) const;
  void find_ways(Search& search, Job& job) const;
  void find_ways(std::span<Job> jobs, std::vector<Search>& searches) const;
  Networks networks_of(std::uint32_t machine) const;
  std::span<const Link> links_of(std::uint32_t network) const {
    return std::span{links_}.subspan(first_of_network_[network],
                                     first_of_network_[network + 1] - first_of_network_[network]);
  }
  /// The only route that a host needs, if one will do.
  bool needs_one_route(std::uint32_t machine, Networks attached) const {
    if (number_[machine] != nobody || attached.size() != 1) return false;
    return first_of_network_[attached[0] + 1] - first_of_network_[attached[0]] <= 1;
  }
  Ipv4Address address_of(const Link& link) const {
    // Before there is a world, any address will do that is the router's own.
    if (world_ == nullptr) return Ipv4Address{link.router + 1};
    return world_->machine(routers_[link.router]).taps()[link.tap].address();
  }

  const Plan& plan_;
  PlanAddresses addresses_;
  const World* world_ = nullptr;
  std::vector<std::uint32_t> routers_;            // ids of machines
  std::vector<std::uint32_t> number_;             // of each machine among the routers, or nobody
  std::vector<Link> links_;                       // by network
  std::vector<std::uint32_t> first_of_network_;   // in links_
  std::vector<Arc> arcs_;                         // by node they come from
  std::vector<std::uint32_t> first_of_node_;      // in arcs_
  std::vector<std::uint64_t> cost_;               // of networks
  std::vector<Destination> destinations_;         // by prefix
  std::shared_ptr<const SharedPrefixes> shared_;  // of many destinations
};

PathFinder::PathFinder(const Plan& plan) : plan_{plan}, addresses_{plan} {
  find_routers();
  find_arcs();
  collect_destinations();
  if (destinations_.size() >= least_shared) share_prefixes();
}

Networks PathFinder::networks_of(std::uint32_t machine) const {
  const auto group = std::upper_bound(plan_.groups.begin(), plan_.groups.end(), machine,
                                      [](std::uint32_t id, const PlannedGroup& candidate) {
                                        return id < candidate.first;
                                      }) -
                     1;
  return PlanAddresses::networks_of(*group, machine - group->first);
}

void PathFinder::find_routers() {
  number_.assign(plan_.machines, nobody);
  std::string name;
  for (const PlannedGroup& group : plan_.groups) {
    for (std::uint32_t place = 0; place < group.count; ++place) {
      if (!is_router(group, place, name)) continue;
      const std::uint32_t id = group.first + place;
      const auto number = static_cast<std::uint32_t>(routers_.size());
      number_[id] = number;
      routers_.push_back(id);
      const Networks attached = PlanAddresses::networks_of(group, place);
      for (std::uint32_t tap = 0; tap < attached.size(); ++tap) {
        links_.push_back({number, attached[tap], tap});
      }
    }
  }
  for (const PlannedNetwork& network : plan_.networks) {
    // One more for each network: of paths that take equally long, the one over fewer. What takes
    // more than five hours counts as that, so that no sum is too large.
    constexpr std::uint64_t most = std::uint64_t{1} << 44;
    const auto latency = static_cast<std::uint64_t>(network.properties.least_latency().count());
    cost_.push_back(std::min(latency, most) + 1);
  }
  std::sort(links_.begin(), links_.end(), [](const Link& a, const Link& b) {
    return std::tie(a.network, a.router, a.tap) < std::tie(b.network, b.router, b.tap);
  });
  first_of_network_.assign(plan_.networks.size() + 1, 0);
  for (const Link& link : links_) ++first_of_network_[link.network + 1];
  std::partial_sum(first_of_network_.begin(), first_of_network_.end(), first_of_network_.begin());
}

void PathFinder::find_arcs() {
  struct From {
    std::uint32_t node;
    Arc arc;
  };
  std::vector<From> all;
  auto nodes = static_cast<std::uint32_t>(routers_.size());
  for (std::uint32_t network = 0; network < plan_.networks.size(); ++network) {
    const std::span<const Link> links = links_of(network);
    if (links.size() < 2) continue;
    const std::uint64_t length = 2 * cost_[network];
    if (links.size() == 2) {
      all.push_back({links[0].router, {length, links[1].router}});
      all.push_back({links[1].router, {length, links[0].router}});
      continue;
    }
    for (const Link& link : links) {
      all.push_back({link.router, {length - 1, nodes}});
      all.push_back({nodes, {1, link.router}});
    }
    ++nodes;
  }
  first_of_node_.assign(nodes + 1, 0);
  for (const From& one : all) ++first_of_node_[one.node + 1];
  std::partial_sum(first_of_node_.begin(), first_of_node_.end(), first_of_node_.begin());
  arcs_.resize(all.size());
  std::vector<std::uint32_t> next = first_of_node_;
  for (const From& one : all) arcs_[next[one.node]++] = one.arc;
}

// The prefixes of a network, and of its machines' addresses that no prefix has.
void PathFinder::collect_destinations() {
  for (std::uint32_t i = 0; i < plan_.networks.size(); ++i) {
    const std::vector<Ipv4Prefix> prefixes = prefixes_of(plan_.networks[i]);
    for (const Ipv4Prefix& prefix : prefixes) destinations_.push_back({prefix, i});
    for (const ndl::AddressRange& range : addresses_.ranges(i)) {
      for (std::uint64_t at = range.first; at <= range.last;) {
        const Ipv4Address address{static_cast<std::uint32_t>(at)};
        const auto known = std::find_if(prefixes.begin(), prefixes.end(),
                                        [&](const Ipv4Prefix& one) { return one.holds(address); });
        if (known != prefixes.end()) {
          at = (std::uint64_t{known->address.value()} | ~known->mask()) + 1;
          continue;
        }
        // The largest aligned block that begins here and does not end behind the range.
        int bits = at == 0 ? 32 : std::countr_zero(at);
        while (bits > 0 && at + (std::uint64_t{1} << bits) - 1 > range.last) --bits;
        destinations_.push_back({{address, static_cast<std::uint8_t>(32 - bits)}, i});
        at += std::uint64_t{1} << bits;
      }
    }
  }
  std::sort(destinations_.begin(), destinations_.end(),
            [](const Destination& a, const Destination& b) {
              return a.prefix != b.prefix ? a.prefix < b.prefix : a.network < b.network;
            });
}

void PathFinder::share_prefixes() {
  std::vector<SharedPrefixes::Prefix> prefixes;
  for (const Destination& one : destinations_) {
    const SharedPrefixes::Prefix prefix{one.prefix.address.value(), one.prefix.length};
    if (prefixes.empty() || prefixes.back() != prefix) prefixes.push_back(prefix);
  }
  shared_ = std::make_shared<const SharedPrefixes>(prefixes);
}

// Dijkstra from the routers that are next to a machine.
void PathFinder::search(Search& search, std::uint32_t from, Networks attached) const {
  const std::uint32_t self = number_[from];
  search.hops.clear();
  search.nodes.assign(first_of_node_.size() - 1, {});
  search.queue.start();
  if (self != nobody) search.nodes[self].distance = 0;
  for (std::uint32_t tap = 0; tap < attached.size(); ++tap) {
    for (const Link& link : links_of(attached[tap])) {
      if (link.router == self) continue;
      search.hops.push_back({address_of(link), tap});
      search.reach(link.router, 2 * cost_[attached[tap]], static_cast<Hop>(search.hops.size()));
    }
  }
  while (const auto next = search.queue.take()) {
    const auto [distance, node] = *next;
    const Reached& reached = search.nodes[node];
    if (distance != reached.distance) continue;
    for (std::uint32_t i = first_of_node_[node]; i < first_of_node_[node + 1]; ++i) {
      search.reach(arcs_[i].to, distance + arcs_[i].length, reached.hop);
    }
  }
  search.hop.assign(plan_.networks.size(), no_hop);
  for (std::uint32_t network = 0; network < plan_.networks.size(); ++network) {
    Reached best;
    for (const Link& link : links_of(network)) best = std::min(best, search.nodes[link.router]);
    search.hop[network] = best.hop;
  }
  for (const std::uint32_t network : attached) search.hop[network] = no_hop;
}

// The routes that a search found. Halves of a prefix that are reached the same way join.
std::vector<Route> PathFinder::routes(const Search& search) const {
  struct Part {
    Ipv4Prefix prefix;
    Hop hop;
  };
  std::vector<Part> parts;
  for (const Destination& one : destinations_) {
    if (!search.leads_to(one.network)) continue;
    if (!parts.empty() && parts.back().prefix == one.prefix) continue;  // the first network wins
    parts.push_back({one.prefix, search.hop[one.network]});
    while (parts.size() >= 2) {
      const Part& left = parts[parts.size() - 2];
      const Part& right = parts.back();
      if (left.prefix.length != right.prefix.length || left.hop != right.hop) break;
      const auto length = static_cast<std::uint8_t>(left.prefix.length - 1);
      const Ipv4Prefix joined{left.prefix.address, length};
      if ((left.prefix.address.value() & ~joined.mask()) != 0 ||
          !joined.holds(right.prefix.address)) {
        break;
      }
      parts.pop_back();
      parts.back().prefix = joined;
    }
  }
  std::vector<Route> routes;
  routes.reserve(parts.size());
  for (const Part& part : parts) {
    routes.push_back({part.prefix.address, part.prefix.length, search.hops[part.hop - 1], 0});
  }
  return routes;
}

// The same by the shared prefixes.
std::vector<std::uint32_t> PathFinder::numbers(const Search& search) const {
  std::vector<std::uint32_t> numbers;
  numbers.reserve(shared_->size());
  const Ipv4Prefix* before = nullptr;
  for (const Destination& one : destinations_) {
    if (before == nullptr || *before != one.prefix) numbers.push_back(no_hop);
    before = &one.prefix;
    if (numbers.back() == no_hop && search.leads_to(one.network)) {
      numbers.back() = search.hop[one.network];
    }
  }
  return numbers;
}

void PathFinder::find_ways(Search& search, Job& job) const {
  if (needs_one_route(job.machine, job.attached)) {
    const std::uint32_t first = first_of_network_[job.attached[0]];
    if (first == first_of_network_[job.attached[0] + 1]) return;
    job.ways.routes.push_back({{}, 0, {address_of(links_[first]), 0}, 0});
    return;
  }
  this->search(search, job.machine, job.attached);
  if (shared_ == nullptr) {
    job.ways.routes = routes(search);
  } else {
    job.ways.hops = search.hops;
    job.ways.numbers = numbers(search);
  }
}

// Each thread takes its share; what is found depends on no other search.
void PathFinder::find_ways(std::span<Job> jobs, std::vector<Search>& searches) const {
  const auto work = [&](std::size_t share) {
    for (std::size_t i = share; i < jobs.size(); i += searches.size()) {
      find_ways(searches[share], jobs[i]);
    }
  };
  std::vector<std::thread> helpers;
  for (std::size_t share = 1; share < searches.size(); ++share) helpers.emplace_back(work, share);
  work(0);
  for (std::thread& helper : helpers) helper.join();
}

void PathFinder::lay(World& world, unsigned threads) {
  world_ = &world;
  // As many at a time as keep the threads busy; their ways take memory twice.
  constexpr std::size_t most_jobs = 64;
  const bool is_large = number_.size() >= most_jobs && plan_.networks.size() >= most_jobs;
  std::vector<Search> searches(is_large ? std::max(threads, 1U) : 1);
  std::vector<Job> jobs;
  std::vector<std::pair<Ipv4*, std::size_t>> waiting;  // machines, and whose ways they get
  Networks before;                                     // of the host that was met last
  std::size_t job_of_host = 0;
  const auto finish = [&] {
    find_ways(jobs, searches);
    for (const auto& [ipv4, job] : waiting) {
      const Ways& ways = jobs[job].ways;
      ipv4->add_routes(ways.routes);
      ipv4->share_routes(shared_, ways.hops, ways.numbers);
    }
    jobs.clear();
    waiting.clear();
    before = {};
  };
  for (std::uint32_t id = 0; id < world.machine_count(); ++id) {
    Ipv4* const ipv4 = ipv4_of(world.machine(id));
    const Networks attached = networks_of(id);
    if (ipv4 == nullptr || attached.empty()) continue;
    const bool is_host = number_[id] == nobody;
    const bool is_like_before = is_host && std::ranges::equal(attached, before);
    if (!is_like_before) {
      if (jobs.size() == most_jobs) finish();
      jobs.push_back({id, attached});
      if (is_host) {
        before = attached;
        job_of_host = jobs.size() - 1;
      }
    }
    waiting.emplace_back(ipv4, is_host ? job_of_host : jobs.size() - 1);
  }
  finish();
}

// Tables of a few of those that need more than one route stand for all.
std::uint64_t PathFinder::expected_bytes() {
  constexpr std::size_t most_tables = 16;
  std::vector<std::uint32_t> needy;
  std::uint64_t bytes = 0;
  for (std::uint32_t id = 0; id < number_.size(); ++id) {
    const Networks attached = networks_of(id);
    if (attached.empty()) continue;
    if (needs_one_route(id, attached)) {
      bytes += bytes_of_one_route;
    } else {
      needy.push_back(id);
    }
  }
  const std::size_t count = std::min(needy.size(), most_tables);
  std::uint64_t sum = 0;
  Search search;
  for (std::size_t i = 0; i < count; ++i) {
    Job job{needy[i * needy.size() / count], networks_of(needy[i * needy.size() / count])};
    find_ways(search, job);
    const std::uint32_t id = job.machine;
    RouteTable table;
    table.assign(job.ways.routes);
    if (!job.ways.hops.empty()) table.share(shared_, job.ways.hops, job.ways.numbers);
    for (const std::uint32_t network : networks_of(id)) {
      for (const Ipv4Prefix& prefix : prefixes_of(plan_.networks[network])) {
        table.insert({prefix.address, prefix.length, {}, 0});
      }
    }
    sum += table.memory_bytes() + bytes_of_ways;
  }
  if (count != 0) bytes += sum / count * needy.size();
  if (shared_ != nullptr) bytes += shared_->memory_bytes();
  return bytes;
}

}  // namespace

void lay_shortest_paths(const Plan& plan, World& world, unsigned threads) {
  PathFinder{plan}.lay(world, threads);
}

std::uint64_t expected_shortest_paths_bytes(const Plan& plan) {
  return PathFinder{plan}.expected_bytes();
}

}  // namespace elvis
