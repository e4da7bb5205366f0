// SPDX-License-Identifier: MIT
#include "elvis/report/capture_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <unordered_map>

#include "elvis/graph/machine.hpp"
#include "elvis/graph/tap.hpp"
#include "elvis/graph/world.hpp"
#include "elvis/util/fold.hpp"

namespace elvis {

namespace {

constexpr std::string_view machine_mark = "{machine}";
constexpr std::string_view network_mark = "{network}";

// A file's name has at most 255 bytes in the usual file systems; a pattern may have two names.
constexpr std::size_t longest_name = 100;

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  const bool is_alphanumeric =
      (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  constexpr std::string_view others = " ._-+=@,()";
  return is_alphanumeric || byte >= 0x80 || others.find(c) != std::string_view::npos;
}

bool is_parent(std::string_view component) {
  return component == "." || component == "..";
}

// Whether a component of `path` is one of "", "." and "..", which leads elsewhere than down.
bool has_odd_component(std::string_view path) {
  for (;;) {
    const std::size_t slash = path.find('/');
    const std::string_view component = path.substr(0, slash);
    if (component.empty() || is_parent(component)) return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
}

std::string mistake_in_pattern(std::string_view pattern) {
  for (std::size_t at = pattern.find_first_of("{}"); at != std::string_view::npos;
       at = pattern.find_first_of("{}", at)) {
    const std::string_view rest = pattern.substr(at);
    if (!rest.starts_with(machine_mark) && !rest.starts_with(network_mark)) {
      return "a pattern may have {machine} and {network} in braces, and nothing else";
    }
    at += machine_mark.size();
    static_assert(machine_mark.size() == network_mark.size());
  }
  if (pattern.ends_with('/')) return "the pattern names a folder, not a file";
  return {};
}

std::string replaced(std::string_view text, std::string_view machine, std::string_view network) {
  std::string result;
  while (!text.empty()) {
    if (text.starts_with(machine_mark)) {
      result += machine;
      text.remove_prefix(machine_mark.size());
    } else if (text.starts_with(network_mark)) {
      result += network;
      text.remove_prefix(network_mark.size());
    } else {
      result += text.front();
      text.remove_prefix(1);
    }
  }
  return result;
}

}  // namespace

std::string file_name_of(std::string_view name) {
  std::string result;
  for (const char c : name) {
    // A dot in front would hide the file, or mean a folder.
    if (is_plain(c) && !(c == '.' && result.empty())) {
      result += c;
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  if (result.empty()) return "%";
  if (result.size() <= longest_name) return result;
  return fmt::format("{}~{:016x}", result.substr(0, longest_name - 17), hash_of(name));
}

std::string CaptureFile::name() const {
  if (is_pattern_alone || folder == ".") return path;
  return folder.ends_with('/') ? folder + path : folder + "/" + path;
}

// ===== CapturePlan: who is captured into which file =====

class CapturePlan::Planner {
 public:
  Planner(const World& world, CapturePlan& plan) : world_{world}, plan_{plan} {}

  std::string plan();

 private:
  std::string choose();
  bool choose_machine(const std::string& name);
  bool is_chosen(const Machine& machine) const {
    return plan_.is_machine_chosen_.empty() || plan_.is_machine_chosen_[machine.id()];
  }
  bool is_chosen(const Network& network) const;
  std::string plan_pattern();
  void capture_attachments(std::string_view folder, std::string_view pattern);
  void capture_networks(std::string_view folder, std::string_view pattern);
  void capture_machine_files();
  void reserve_taps();
  std::uint32_t add_point(const std::string& folder, const std::string& path,
                          const CaptureInterface& interface, const Machine* machine);
  std::uint32_t add_tap_point(const Tap& tap, const std::string& folder, const std::string& path);

  const World& world_;
  CapturePlan& plan_;
  std::vector<bool> is_network_chosen_;
  std::unordered_map<std::string, std::uint32_t> file_of_;
  bool is_alone_ = false;  // the pattern has no placeholder
};

std::string CapturePlan::Planner::plan() {
  std::string mistake = choose();
  if (mistake.empty() && !plan_.request_.pattern.empty()) mistake = plan_pattern();
  if (mistake.empty()) capture_machine_files();
  if (mistake.empty() && plan_.files_.size() > most_files) {
    mistake = fmt::format(
        "these would be {} capture files, more than {}; choose machines or networks with "
        "--pcap-filter, or capture by {{network}}",
        plan_.files_.size(), most_files);
  }
  return mistake;
}

std::string CapturePlan::Planner::choose() {
  const CaptureFilter& filter = plan_.request_.filter;
  if (!filter.machines.empty()) plan_.is_machine_chosen_.assign(world_.machine_count(), false);
  for (const std::string& name : filter.machines) {
    if (!choose_machine(name)) return fmt::format("no machine is called `{}`", name);
  }
  is_network_chosen_.assign(world_.network_count(), filter.networks.empty());
  for (const std::string& name : filter.networks) {
    bool is_found = false;
    for (std::size_t i = 0; i < world_.network_count(); ++i) {
      if (world_.network(i).name() != name) continue;
      is_network_chosen_[i] = is_found = true;
    }
    if (!is_found) return fmt::format("no network has id `{}`", name);
  }
  return {};
}

// A name means a machine, or all machines of a group.
bool CapturePlan::Planner::choose_machine(const std::string& name) {
  bool is_found = false;
  for (std::size_t i = 0; i < world_.group_count(); ++i) {
    const MachineGroup& group = world_.group(i);
    if (!name.starts_with(group.name)) continue;
    for (std::uint32_t place = 0; place < group.count; ++place) {
      if (name != group.name && name != group.name_of(place)) continue;
      plan_.is_machine_chosen_[group.first + place] = is_found = true;
    }
  }
  return is_found;
}

bool CapturePlan::Planner::is_chosen(const Network& network) const {
  if (!is_network_chosen_[network.index()]) return false;
  if (plan_.is_machine_chosen_.empty()) return true;
  for (std::size_t i = 0; i < network.tap_count(); ++i) {
    if (is_chosen(network.tap(i).machine())) return true;
  }
  return false;
}

// What stands in front of the first part with a placeholder is the user's word; below it, names
// from the scenario decide.
std::string CapturePlan::Planner::plan_pattern() {
  const std::string_view pattern = plan_.request_.pattern;
  std::string mistake = mistake_in_pattern(pattern);
  if (!mistake.empty()) return mistake;
  const std::size_t mark = pattern.find('{');
  is_alone_ = mark == std::string_view::npos;
  const std::size_t slash = is_alone_ ? std::string_view::npos : pattern.rfind('/', mark);
  const bool is_here = slash == std::string_view::npos;
  const std::string_view folder = is_here ? "." : slash == 0 ? "/" : pattern.substr(0, slash);
  const std::string_view rest = is_here ? pattern : pattern.substr(slash + 1);
  if (!is_alone_ && has_odd_component(rest)) {
    return "a pattern must not contain empty parts, `.` or `..` behind a placeholder";
  }
  if (pattern.find(machine_mark) != std::string_view::npos) {
    capture_attachments(folder, rest);
  } else {
    capture_networks(folder, rest);
  }
  return {};
}

void CapturePlan::Planner::reserve_taps() {
  if (!plan_.taps_.empty()) return;
  plan_.taps_.resize(world_.network_count());
  for (std::size_t i = 0; i < world_.network_count(); ++i) {
    plan_.taps_[i].assign(world_.network(i).tap_count(), {none, none});
  }
}

void CapturePlan::Planner::capture_attachments(std::string_view folder, std::string_view pattern) {
  reserve_taps();
  for (std::size_t i = 0; i < world_.machine_count(); ++i) {
    const Machine& machine = world_.machine(i);
    if (!is_chosen(machine)) continue;
    const std::string name = file_name_of(machine.name());
    for (const Tap& tap : machine.taps()) {
      if (!is_network_chosen_[tap.network().index()]) continue;
      plan_.taps_[tap.network().index()][tap.index()].first = add_tap_point(
          tap, std::string{folder}, replaced(pattern, name, file_name_of(tap.network().name())));
    }
  }
}

void CapturePlan::Planner::capture_networks(std::string_view folder, std::string_view pattern) {
  plan_.networks_.assign(world_.network_count(), none);
  for (std::size_t i = 0; i < world_.network_count(); ++i) {
    const Network& network = world_.network(i);
    if (!is_chosen(network)) continue;
    const CaptureInterface interface{
        network.name(), fmt::format("network {}, {} attached", network.name(), network.tap_count()),
        std::nullopt, network.properties().throughput};
    plan_.networks_[i] =
        add_point(std::string{folder}, replaced(pattern, {}, file_name_of(network.name())),
                  interface, nullptr);
  }
  // One file for all is there even if there is nothing to write.
  if (is_alone_ && plan_.files_.empty()) {
    plan_.files_.push_back(
        {std::string{folder}, std::string{pattern}, true, capture_format_of(pattern), {}, {}});
  }
}

void CapturePlan::Planner::capture_machine_files() {
  is_alone_ = false;
  for (const auto& [id, path] : plan_.request_.machine_files) {
    const Machine& machine = world_.machine(id);
    if (!is_chosen(machine)) continue;
    reserve_taps();
    for (const Tap& tap : machine.taps()) {
      if (!is_network_chosen_[tap.network().index()]) continue;
      plan_.taps_[tap.network().index()][tap.index()].second =
          add_tap_point(tap, plan_.request_.folder, path);
    }
  }
}

std::uint32_t CapturePlan::Planner::add_tap_point(const Tap& tap, const std::string& folder,
                                                  const std::string& path) {
  const std::string machine = tap.machine().name();
  const std::string& network = tap.network().name();
  return add_point(folder, path,
                   {fmt::format("{}/{}", machine, network),
                    fmt::format("machine {} on network {}", machine, network), tap.mac(),
                    tap.network().properties().throughput},
                   &tap.machine());
}

// Points whose names come to the same file share it: each has an interface of its own in it.
std::uint32_t CapturePlan::Planner::add_point(const std::string& folder, const std::string& path,
                                              const CaptureInterface& interface,
                                              const Machine* machine) {
  const auto next = static_cast<std::uint32_t>(plan_.files_.size());
  const auto [found, is_new] = file_of_.try_emplace(folder + '\0' + path, next);
  std::optional<std::uint32_t> owner;
  if (machine != nullptr) owner = machine->id();
  if (is_new) plan_.files_.push_back({folder, path, is_alone_, capture_format_of(path), {}, owner});
  CaptureFile& file = plan_.files_[found->second];
  if (file.machine != owner) file.machine.reset();
  std::vector<CaptureInterface>& interfaces = file.interfaces;
  plan_.points_.push_back({found->second, static_cast<std::uint32_t>(interfaces.size())});
  interfaces.push_back(interface);
  return static_cast<std::uint32_t>(plan_.points_.size() - 1);
}

CapturePlan::CapturePlan(const World& world, CaptureRequest request, std::string& mistake)
    : request_{std::move(request)} {
  mistake = Planner{world, *this}.plan();
}

// ===== CapturePlan: where a frame is seen =====

std::uint32_t CapturePlan::point_of(const Tap& from, const Message& frame) const {
  const std::uint32_t point = networks_[from.network().index()];
  if (point == none || is_machine_chosen_.empty() || is_machine_chosen_[from.machine().id()]) {
    return point;
  }
  // Of machines that were chosen: what is for one of them, or for a group.
  std::uint8_t scratch[EthernetHeader::size];
  const std::uint8_t* const bytes = frame.front(EthernetHeader::size, scratch);
  if (bytes == nullptr) return none;
  const MacAddress destination = EthernetHeader::parse(bytes, EthernetHeader::size)->destination;
  if (destination.is_group()) return point;
  const Tap* const to = from.network().tap_with(destination);
  return to != nullptr && is_machine_chosen_[to->machine().id()] ? point : none;
}

}  // namespace elvis
