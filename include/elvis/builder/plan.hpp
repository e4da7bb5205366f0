// SPDX-License-Identifier: MIT
// Plan: what a description asks to be built, found right, with all addresses given out.
//
// A plan says what machines have in common, not what each one has: its size follows the text of the
// scenario, not the number of machines, unless values differ from machine to machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "elvis/builder/catalog.hpp"
#include "elvis/graph/network.hpp"
#include "elvis/ndl/description.hpp"
#include "elvis/ndl/diagnostics.hpp"

namespace elvis {

/// A network to be made.
struct PlannedNetwork {
  ndl::NetworkDeclaration declaration;
  LinkProperties properties;
  bool has_pool = false;
  std::uint64_t taps = 0;
};

/// A protocol of every machine of a group.
struct PlannedProtocol {
  const ProtocolKind* kind;
  std::optional<ndl::Section> section;  ///< None if nobody listed it: see `auto-protocol`.
  bool varies = false;                  ///< Whether an argument differs between the machines.
};

/// An application of every machine of a group.
struct PlannedApplication {
  const ApplicationKind* kind;
  ndl::Section section;
  bool varies = false;
};

/// Neighbouring machines of a group that are attached to the same networks.
struct Stretch {
  std::uint32_t place;  ///< Of the first machine in its group.
  std::uint32_t count;
  std::uint32_t first_network;  ///< In PlannedGroup::attachments.
  std::uint32_t networks;
};

enum class AddressSource : std::uint8_t {
  claimed,    ///< An argument says so.
  pool,       ///< The next free one of the network's pool.
  automatic,  ///< One of 10.0.0.0/8, as the pool is used up or absent.
};

/// Consecutive addresses of neighbouring machines of a group on one network.
struct AddressRun {
  std::uint32_t place;  ///< Of the first machine in its group.
  std::uint32_t count;
  std::uint32_t network;
  std::uint32_t address;  ///< Of the first machine.
  AddressSource source;
};

/// One machine, or many that are alike.
struct PlannedGroup {
  ndl::MachineGroup declaration;
  std::uint32_t count = 1;
  std::uint32_t first = 0;                 ///< The number of the first machine in the world.
  std::vector<std::uint32_t> attachments;  ///< Places of networks, stretch by stretch.
  std::vector<Stretch> stretches;
  std::vector<PlannedProtocol> protocols;  ///< Those below first.
  std::vector<PlannedApplication> applications;
  std::vector<AddressRun> addresses;     ///< Claimed ones first, in the order of claiming.
  std::optional<ndl::Argument> capture;  ///< `pcap`, the file that captures each machine.
  bool has_routes = false;               ///< Whether its description says any: see RouteReader.
};

/// Who works out the routes of machines, besides those that they say themselves.
enum class Routing : std::uint8_t {
  none,
  static_shortest_path,  ///< Before the run, by least latency.
};

/// A machine to be switched off or on while the world runs.
struct PlannedSwitch {
  std::uint32_t machine;  ///< Its number in the world.
  Time at;
  bool on;
};

/// Everything that build() needs. Refers to its Description, which outlives it.
struct Plan {
  const ndl::Description* description = nullptr;
  std::vector<PlannedNetwork> networks;
  std::vector<PlannedGroup> groups;
  std::vector<PlannedSwitch> switches;  ///< By time.
  std::size_t events = 0;               ///< Of networks and machines.
  Routing routing = Routing::none;
  std::uint64_t machines = 0;
  std::uint64_t taps = 0;
  std::uint64_t applications = 0;
  std::uint64_t memory_bytes = 0;  ///< Expected at the peak of a run, beyond what is held now.
};

/// How much memory a scenario may take beyond what the process holds already.
struct MemoryLimit {
  std::uint64_t bytes;
  std::string_view is = "free";  ///< What the limit is called: "23 GB free".
};

struct PlanOptions {
  Catalog catalog = Catalog::standard();
  /// What is expected to need more is an error, found without looking at single machines.
  std::optional<MemoryLimit> memory;
};

/// Checks all of `description` against the catalog, reports every mistake to `diagnostics`, and
/// plans what is to be built. Nothing comes back if there are errors, earlier ones included.
std::optional<Plan> make_plan(const ndl::Description& description, const PlanOptions& options,
                              ndl::Diagnostics& diagnostics);

/// The files that `pcap` arguments name: machines by number in the world, and paths.
std::vector<std::pair<std::uint32_t, std::string>> capture_files(const Plan& plan);

/// For people: what would be built, which addresses nobody chose, and the expected memory of a
/// process that holds `held_bytes` before. Lists `most` groups of addresses before it only counts.
std::string describe(const Plan& plan, std::size_t most = 20, std::uint64_t held_bytes = 0);

/// `bytes` as people write it, "1.6 TB".
std::string format_bytes(std::uint64_t bytes);

}  // namespace elvis
