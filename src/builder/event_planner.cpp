// SPDX-License-Identifier: MIT
#include "event_planner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "link_properties.hpp"

namespace elvis {

namespace {

using ndl::Argument;
using ndl::quoted;

// An event that has a time and a subject.
struct Event {
  ndl::Section section;
  Time at;
  std::size_t place = 0;                   // in the order of reading
  std::optional<bool> set{};               // up?
  std::size_t network = 0;                 // unless
  std::optional<std::uint32_t> machine{};  // is given
};

class EventPlanner {
 public:
  EventPlanner(const ndl::Description& description, Plan& plan, ndl::Diagnostics& diagnostics)
      : description_{description}, plan_{plan}, diagnostics_{diagnostics} {}

  void plan();

 private:
  std::optional<Event> read(const ndl::Section& section);
  std::optional<Duration> read_time(const Argument& argument);
  bool read_set(const Argument& argument, Event& event);
  bool find_network(const Argument& argument, Event& event);
  bool find_machine(const Argument& argument, Event& event);
  void change_network(const Event& event);
  void switch_machine(const Event& event);
  void warn_of_no_effect(const Event& event);
  void refuse(const Argument& argument, std::string text, std::vector<ndl::Note> notes = {}) {
    diagnostics_.error(argument.span(), std::move(text), std::move(notes));
  }

  const ndl::Description& description_;
  Plan& plan_;
  ndl::Diagnostics& diagnostics_;
  std::unordered_map<std::uint32_t, bool> is_on_;  // machines that were switched before
};

void EventPlanner::plan() {
  std::vector<Event> events;
  for (std::size_t i = 0; i < description_.event_count() && diagnostics_.wants_more(); ++i) {
    if (auto event = read(description_.event(i))) {
      event->place = i;
      events.push_back(*event);
    }
  }
  // Those of one time happen in the order of reading.
  std::ranges::sort(events, [](const Event& one, const Event& other) {
    return std::pair{one.at, one.place} < std::pair{other.at, other.place};
  });
  for (const Event& event : events) {
    if (event.machine) {
      switch_machine(event);
    } else {
      change_network(event);
    }
  }
  plan_.events = events.size();
}

// ===== EventPlanner: one event =====

std::optional<Event> EventPlanner::read(const ndl::Section& section) {
  const auto at = section.read("at");
  const auto network = section.read("network");
  const auto machine = section.read("machine");
  const auto set = section.read("set");
  for (const auto& argument : {at, network, machine, set}) {
    if (argument && argument->is_broken()) return std::nullopt;
  }
  if (section.is_damaged()) return std::nullopt;
  if (network.has_value() == machine.has_value()) {
    diagnostics_.error(section.span(), network ? "an `Event` happens to a network or to a machine, "
                                                 "not to both"
                                               : "`Event` needs a `network` or a `machine`");
    return std::nullopt;
  }
  if (!at) return std::nullopt;  // reported before
  Event event{.section = section, .at = start_of_time};
  const auto time = read_time(*at);
  const bool is_set_right = !set || read_set(*set, event);
  const bool is_found = network ? find_network(*network, event) : find_machine(*machine, event);
  if (!time || !is_set_right || !is_found) return std::nullopt;
  event.at = start_of_time + *time;
  if (machine && !set) {
    diagnostics_.error(section.span(), "an `Event` of a machine needs `set='down'` or `set='up'`");
    return std::nullopt;
  }
  return event;
}

std::optional<Duration> EventPlanner::read_time(const Argument& argument) {
  const auto time = ndl::read_duration(argument.text());
  if (time) return *time;
  if (!argument.text().empty()) refuse(argument, fmt::format("`at` {}", time.error()));
  return std::nullopt;
}

bool EventPlanner::read_set(const Argument& argument, Event& event) {
  constexpr std::array<std::string_view, 2> states{"down", "up"};
  const auto found = std::ranges::find(states, argument.text());
  if (found != states.end()) {
    event.set = found != states.begin();
    return true;
  }
  ndl::Closest search{argument.text()};
  for (const std::string_view state : states) search.consider(state);
  refuse(argument, fmt::format("`set` must be `down` or `up`, got {}{}", quoted(argument.text()),
                               search.suggestion()));
  return false;
}

bool EventPlanner::find_network(const Argument& argument, Event& event) {
  if (const auto found = description_.find_network(argument.text())) {
    event.network = *found;
    return true;
  }
  refuse(argument, fmt::format("no network has id {}{}", quoted(argument.text()),
                               description_.suggest_network(argument.text())));
  return false;
}

bool EventPlanner::find_machine(const Argument& argument, Event& event) {
  const auto found = description_.find_machine(argument.text());
  if (!found) {
    refuse(argument, fmt::format("no machine is called {}{}", quoted(argument.text()),
                                 description_.suggest_machine(argument.text())));
    return false;
  }
  if (found->is_group) {
    const ndl::MachineGroup group = description_.group(found->group);
    std::string example;
    group.write_name(0, example);
    refuse(argument,
           fmt::format("{} is the name of {} machines; name one of them, for example {}",
                       quoted(argument.text()), group.count(),
                       quoted(fmt::format("machine='{}'", example))),
           {{group.name_span(), fmt::format("{} is declared here", quoted(group.name()))}});
    return false;
  }
  if (found->group >= plan_.groups.size()) return false;  // planning ended early
  event.machine = plan_.groups[found->group].first + static_cast<std::uint32_t>(found->index);
  return true;
}

// ===== EventPlanner: what follows =====

void EventPlanner::change_network(const Event& event) {
  if (event.network >= plan_.networks.size()) return;
  LinkProperties& properties = plan_.networks[event.network].properties;
  LinkProperties changed;
  static_cast<LinkState&>(changed) = properties.at(event.at);
  bool has_change = event.set.has_value();
  for (const LinkArgument& known : link_arguments()) {
    const std::optional<Argument> argument = event.section.read(known.name);
    if (!argument) continue;
    has_change = true;
    if (argument->is_broken()) continue;
    if (known.may_change) {
      LinkValue value{*argument, diagnostics_};
      known.read(value, changed);
    } else {
      diagnostics_.error(
          argument->key_span(),
          fmt::format("{} stays as the `Network` has it; an `Event` cannot change it",
                      quoted(known.name)));
    }
  }
  if (!has_change) {
    diagnostics_.error(event.section.span(),
                       "this `Event` changes nothing; it needs `set` or a "
                       "link property, for example `loss='5%'`");
  }
  if (event.set == changed.is_up) warn_of_no_effect(event);
  if (event.set) changed.is_up = *event.set;
  properties.changes.push_back({event.at, changed});
}

void EventPlanner::switch_machine(const Event& event) {
  for (const LinkArgument& link : link_arguments()) {
    const std::optional<Argument> argument = event.section.read(link.name);
    if (!argument) continue;
    diagnostics_.error(argument->key_span(),
                       fmt::format("{} belongs to a network, not to a machine", quoted(link.name)));
  }
  bool& is_on = is_on_.try_emplace(*event.machine, true).first->second;
  if (is_on == *event.set) return warn_of_no_effect(event);
  is_on = *event.set;
  plan_.switches.push_back({*event.machine, event.at, is_on});
}

void EventPlanner::warn_of_no_effect(const Event& event) {
  const auto subject = event.section.find(event.machine ? "machine" : "network");
  const auto set = event.section.find("set");
  diagnostics_.warning(set->span(),
                       fmt::format("{} is {} already at that time", quoted(subject->text()),
                                   *event.set ? "up" : "down"));
}

}  // namespace

void plan_events(const ndl::Description& description, Plan& plan, ndl::Diagnostics& diagnostics) {
  EventPlanner{description, plan, diagnostics}.plan();
}

}  // namespace elvis
