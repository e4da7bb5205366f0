// SPDX-License-Identifier: MIT
// What differs between the machines of a group.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>

#include "argument_reader.hpp"
#include "group_planner.hpp"

namespace elvis {

namespace {

class MachinesPlanner {
 public:
  MachinesPlanner(const PlanningContext& context, std::uint32_t index, PlannedGroup& group,
                  const GroupTraits& traits, AddressBook& book)
      : context_{context},
        index_{index},
        group_{group},
        book_{book},
        may_claim_{!traits.is_astray} {}

  void attach_each();
  void read_each(const ndl::Section& section, std::string_view owner, bool varies,
                 Options& options);

 private:
  // One [Network] line of the machines.
  struct Line {
    ndl::Section section;
    ndl::Argument id;
  };

  std::vector<Line> lines() const;
  void attach(const std::vector<Line>& all, std::uint32_t place);
  void add_stretch(std::uint32_t place);
  std::span<const std::uint32_t> attachments_of(std::uint32_t place) const;
  void claim(const ArgumentReader& reader, std::uint32_t place);

  const PlanningContext& context_;
  std::uint32_t index_;
  PlannedGroup& group_;
  AddressBook& book_;
  bool may_claim_;
  std::string name_;
  std::string buffer_;
  std::vector<std::uint32_t> networks_;  // of one machine
  std::vector<std::size_t> line_of_;     // the line that each of them is from
};

// ===== MachinesPlanner: networks that differ =====

std::vector<MachinesPlanner::Line> MachinesPlanner::lines() const {
  std::vector<Line> result;
  for (const ndl::Section& section : group_.declaration.networks()) {
    const auto id = section.find("id");
    if (id && !id->is_broken()) result.push_back({section, *id});
  }
  return result;
}

void MachinesPlanner::attach_each() {
  const std::vector<Line> all = lines();
  for (std::uint32_t place = 0; place < group_.count; ++place) {
    attach(all, place);
    add_stretch(place);
    if (!may_claim_) return;  // a mistake was reported; the rest would only repeat it
  }
}

void MachinesPlanner::attach(const std::vector<Line>& all, std::uint32_t place) {
  group_.declaration.write_name(place, name_);
  networks_.clear();
  line_of_.clear();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Line& line = all[i];
    const auto id =
        line.id.evaluate({.index = place, .name = name_}, buffer_, context_.diagnostics);
    std::optional<std::uint32_t> network;
    if (id) {
      network = find_network(context_, line.id, *id, line.id.varies() ? name_ : std::string_view{});
    }
    if (!network) {
      may_claim_ = false;
      continue;
    }
    const auto before = std::find(networks_.begin(), networks_.end(), *network);
    if (before == networks_.end()) {
      networks_.push_back(*network);
      line_of_.push_back(i);
    } else {
      const auto first = static_cast<std::size_t>(before - networks_.begin());
      check_attached_once(context_, all[line_of_[first]].section, line.section, *id);
    }
  }
}

// The machine `place` is attached to networks_: as its neighbour is, or in another way.
void MachinesPlanner::add_stretch(std::uint32_t place) {
  if (!group_.stretches.empty()) {
    Stretch& last = group_.stretches.back();
    const auto begin = group_.attachments.begin() + last.first_network;
    if (std::equal(begin, begin + last.networks, networks_.begin(), networks_.end())) {
      ++last.count;
      return;
    }
  }
  const auto first = static_cast<std::uint32_t>(group_.attachments.size());
  group_.attachments.insert(group_.attachments.end(), networks_.begin(), networks_.end());
  group_.stretches.push_back({place, 1, first, static_cast<std::uint32_t>(networks_.size())});
}

std::span<const std::uint32_t> MachinesPlanner::attachments_of(std::uint32_t place) const {
  const auto after = std::partition_point(group_.stretches.begin(), group_.stretches.end(),
                                          [&](const Stretch& one) { return one.place <= place; });
  if (after == group_.stretches.begin()) return {};
  const Stretch& stretch = *std::prev(after);
  return {group_.attachments.data() + stretch.first_network, stretch.networks};
}

// ===== MachinesPlanner: values that differ =====

void MachinesPlanner::claim(const ArgumentReader& reader, std::uint32_t place) {
  for (const ArgumentReader::Claim& claim : reader.claims()) {
    if (!may_claim_) return;
    may_claim_ =
        book_.claim(index_, place, attachments_of(place), claim.address.value(), claim.argument);
  }
}

void MachinesPlanner::read_each(const ndl::Section& section, std::string_view owner, bool varies,
                                Options& options) {
  if (!varies && group_.count > 1) return;  // nothing that the first machine did not show
  ArgumentReader reader{context_.description, group_.declaration, section, owner,
                        context_.diagnostics};
  const bool may_claim = may_claim_;
  reader.read(options, 0);
  claim(reader, 0);
  for (std::uint32_t place = 1; place < group_.count && reader.has_varying(); ++place) {
    reader.read_varying(options, place);
    claim(reader, place);
  }
  may_claim_ = may_claim;  // the next section may have a mistake of its own
}

}  // namespace

void plan_machines(const PlanningContext& context, std::uint32_t index, PlannedGroup& group,
                   const GroupTraits& traits, AddressBook& book) {
  MachinesPlanner planner{context, index, group, traits, book};
  if (traits.networks_vary) planner.attach_each();
  for (const PlannedProtocol& planned : group.protocols) {
    if (!planned.section) continue;
    const auto options = planned.kind->make_options();
    planner.read_each(*planned.section, planned.kind->name, planned.varies, *options);
  }
  for (const PlannedApplication& planned : group.applications) {
    const auto options = planned.kind->make_options();
    planner.read_each(planned.section, planned.kind->name, planned.varies, *options);
  }
}

}  // namespace elvis
