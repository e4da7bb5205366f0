// SPDX-License-Identifier: MIT
#include "argument_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "address_ranges.hpp"
#include "elvis/graph/world.hpp"
#include "suggested_name.hpp"

namespace elvis {

using ndl::quoted;

namespace {

// `address` for the first machine, the next one for the second, and so on, as NDL writes it.
std::string address_by_index(std::uint32_t address, std::uint64_t count) {
  const std::uint32_t last = address & 0xff;
  const std::string base = fmt::format("{}.{}.", address >> 24, address >> 16 & 0xff);
  const std::uint32_t third = address >> 8 & 0xff;
  if (last + count <= 256) {
    return last == 0 ? fmt::format("{}{}.${{index}}", base, third)
                     : fmt::format("{}{}.${{index + {}}}", base, third, last);
  }
  const std::string place = last == 0 ? "index" : fmt::format("(index + {})", last);
  return third == 0 ? fmt::format("{}${{{} / 256}}.${{{} % 256}}", base, place, place)
                    : fmt::format("{}${{{} + {} / 256}}.${{{} % 256}}", base, third, place, place);
}

bool looks_like_address(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

ArgumentReader::ArgumentReader(const ndl::Description& description, const ndl::MachineGroup& group,
                               const ndl::Section& section, std::string_view owner,
                               ndl::Diagnostics& diagnostics, World* world)
    : description_{description},
      group_{group},
      section_{section},
      owner_{owner},
      diagnostics_{diagnostics},
      world_{world} {}

void ArgumentReader::read(Options& options, std::uint64_t place) {
  place_ = place;
  only_varying_ = false;
  group_.write_name(place, name_);
  claims_.clear();
  varying_ = failed_varying_ = 0;
  ports_ = targets_ = 0;
  failed_.clear();
  bytes_ = 0;
  is_wrong_ = false;
  options.visit(*this);
  look_for_fault(options);
}

void ArgumentReader::read_varying(Options& options, std::uint64_t place) {
  place_ = place;
  only_varying_ = true;
  group_.write_name(place, name_);
  claims_.clear();
  options.visit(*this);
  look_for_fault(options);
}

// Values that are wrong themselves are at their defaults, which say nothing of the others.
void ArgumentReader::look_for_fault(const Options& options) {
  const std::string_view fault = is_wrong_ ? std::string_view{} : options.fault();
  if (fault.empty()) return;
  is_wrong_ = true;
  diagnostics_.error(
      section_.name_span(),
      varies_ ? fmt::format("{} (for {})", fault, quoted(name_)) : std::string{fault},
      section_.origin());
}

// ===== ArgumentReader: where values come from =====

std::optional<ArgumentReader::Value> ArgumentReader::value_of(const OptionInfo& info) {
  const std::optional<ndl::Argument> argument = section_.read(info.name);
  if (!argument) {
    if (info.is_required && !only_varying_ && !section_.is_damaged()) {
      diagnostics_.error(section_.name_span(),
                         fmt::format("{} needs the argument {}", quoted(owner_), quoted(info.name)),
                         section_.origin());
    }
    return std::nullopt;
  }
  if (!argument->varies()) {
    is_wrong_ = is_wrong_ || argument->is_broken();
    if (only_varying_ || argument->is_broken()) return std::nullopt;
    return Value{*argument, argument->text()};
  }
  if (std::find(failed_.begin(), failed_.end(), info.name) != failed_.end()) return std::nullopt;
  varies_ = true;
  if (!only_varying_) ++varying_;
  const auto text = argument->evaluate({.index = place_, .name = name_}, buffer_, diagnostics_);
  if (!text) {
    is_wrong_ = true;
    failed_.push_back(info.name);
    ++failed_varying_;
    return std::nullopt;
  }
  return Value{*argument, *text};
}

void ArgumentReader::fail(const Value& value, std::string text, std::vector<ndl::Note> notes) {
  if (value.argument.varies()) {
    text += fmt::format(" (for {})", quoted(name_));
    failed_.push_back(value.argument.key());
    ++failed_varying_;
  }
  is_wrong_ = true;
  for (ndl::Note& note : value.argument.origin()) notes.push_back(std::move(note));
  diagnostics_.error(value.argument.span(), std::move(text), std::move(notes));
}

template <typename T>
std::optional<T> ArgumentReader::accept(const Value& value, const ndl::Reading<T>& reading) {
  if (reading) return *reading;
  fail(value, fmt::format("{} {}", quoted(value.argument.key()), reading.error()));
  return std::nullopt;
}

// ===== ArgumentReader: the types of arguments =====

void ArgumentReader::option(const OptionInfo& info, std::string& value) {
  bytes_ += sizeof(std::string);
  const auto given = value_of(info);
  if (!given) return;
  value = given->text;
  bytes_ += given->text.size();
}

void ArgumentReader::option(const OptionInfo& info, Payload& value) {
  bytes_ += sizeof value;
  const auto given = value_of(info);
  if (!given) return;
  payload_bytes_ = std::max(payload_bytes_, given->text.size());
  if (given->argument.varies()) bytes_ += sizeof(Chunk) + given->text.size();
  if (world_ == nullptr || given->text.empty()) return;
  const bool is_shared = !given->argument.varies();
  if (is_shared) {
    for (const auto& [key, payload] : shared_) {
      if (key == info.name) {
        value = payload;
        return;
      }
    }
  }
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(given->text.data());
  value = Payload{world_->constant({bytes, given->text.size()})};
  if (is_shared) shared_.emplace_back(info.name, value);
}

void ArgumentReader::option(const OptionInfo& info, std::uint64_t& value) {
  bytes_ += sizeof value;
  const auto given = value_of(info);
  if (!given) return;
  const auto number = accept(*given, ndl::read_integer(given->text, info.minimum, info.maximum));
  if (number) value = *number;
}

void ArgumentReader::option(const OptionInfo& info, bool& value) {
  bytes_ += sizeof value;
  const auto given = value_of(info);
  if (!given) return;
  if (const auto answer = accept(*given, ndl::read_bool(given->text))) value = *answer;
}

void ArgumentReader::option(const OptionInfo& info, Duration& value) {
  bytes_ += sizeof value;
  const auto given = value_of(info);
  if (!given) return;
  if (const auto duration = accept(*given, ndl::read_duration(given->text))) value = *duration;
  if (value != Duration{}) waits_ = true;
}

void ArgumentReader::option(const OptionInfo& info, Target& value) {
  bytes_ += sizeof value;
  const auto given = value_of(info);
  if (!given) return;
  if (!only_varying_) ++targets_;
  varies_target_ |= given->argument.varies();
  find_target(*given, value);
}

void ArgumentReader::option(const OptionInfo& info, OwnAddress& value) {
  bytes_ += sizeof value;
  const auto given = value_of(info);
  if (!given) return;
  const auto address = accept(*given, ndl::read_address(given->text));
  if (!address) return;
  if (is_unusable({*address, *address})) {
    return fail(*given, fmt::format("{} cannot be {}, which no machine may have", quoted(info.name),
                                    quoted(ndl::format_address(*address))));
  }
  if (is_fixed_for_many(*given, *address)) return;
  value.address = Ipv4Address{*address};
  claims_.push_back({*value.address, given->argument});
}

void ArgumentReader::option(const OptionInfo& info, GroupAddress& value) {
  bytes_ += sizeof value;
  const auto given = value_of(info);
  if (!given) return;
  const auto address = accept(*given, ndl::read_address(given->text));
  if (!address) return;
  if (!Ipv4Address{*address}.is_multicast()) {
    return fail(*given, fmt::format("{} needs the address of a group, 224.0.0.0 to 239.255.255.255",
                                    quoted(info.name)));
  }
  value.address = Ipv4Address{*address};
}

void ArgumentReader::port(const OptionInfo& info, std::uint16_t& value) {
  bytes_ += sizeof value;
  if (!only_varying_) ++ports_;
  const auto given = value_of(info);
  if (!given) return;
  if (const auto port = accept(*given, ndl::read_port(given->text))) value = *port;
}

void ArgumentReader::choice(const OptionInfo& info, std::span<const std::string_view> names,
                            int& value) {
  bytes_ += sizeof value;
  const bool is_transport = info.name == "transport";
  if (is_transport && !only_varying_) {
    wants_transport_ = names.size() == 1 ? Wants::udp : Wants::any;
  }
  const auto given = value_of(info);
  if (!given) return;
  if (is_transport && given->text == "udp") wants_transport_ = Wants::udp;
  if (is_transport && given->text == "tcp" && names.size() != 1) wants_transport_ = Wants::tcp;
  const auto found = std::find(names.begin(), names.end(), given->text);
  if (found != names.end()) {
    value = static_cast<int>(found - names.begin());
    return;
  }
  ndl::Closest search{given->text};
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i) {
    search.consider(names[i]);
    list += i == 0 ? "" : i + 1 == names.size() ? " or " : ", ";
    list += quoted(names[i]);
  }
  fail(*given, fmt::format("{} must be {}, got {}{}", quoted(info.name), list, quoted(given->text),
                           search.suggestion()));
}

// ===== ArgumentReader: machines and addresses =====

void ArgumentReader::find_target(const Value& value, Target& target) {
  const std::string_view key = value.argument.key();
  const auto found = description_.find_machine(value.text);
  if (looks_like_address(value.text) && (!found || ndl::read_address(value.text))) {
    const auto address = accept(value, ndl::read_address(value.text));
    if (!address) return;
    if (*address == 0) return fail(value, fmt::format("{} cannot be `0.0.0.0`", quoted(key)));
    target.address = Ipv4Address{*address};
    target.machine.clear();
    return;
  }
  names_machines_ = true;
  if (found && !found->is_group) {
    target.machine = value.text;
    return;
  }
  if (found) {
    const ndl::MachineGroup group = description_.group(found->group);
    std::string example;
    group.write_name(0, example);
    return fail(value,
                fmt::format("{} is the name of {} machines; name one of them, for example {}",
                            quoted(value.text), group.count(),
                            quoted(fmt::format("{}='{}'", key, example))),
                {{group.name_span(), fmt::format("{} is declared here", quoted(group.name()))}});
  }
  if (const auto group = counted_group(value.text)) {
    std::string last;
    group->write_name(group->count() - 1, last);
    return fail(value,
                fmt::format("no machine is called {}: the last of {} is {}", quoted(value.text),
                            quoted(group->name()), quoted(last)),
                {{group->name_span(), fmt::format("{} is declared here", quoted(group->name()))}});
  }
  const std::string suggestion = description_.suggest_machine(value.text);
  // A machine that could not be read may be the one that is meant.
  if (suggestion.empty() && !description_.is_complete()) return;
  std::vector<ndl::Note> notes;
  if (const auto near = description_.find_machine(suggested_name(suggestion))) {
    const ndl::MachineGroup group = description_.group(near->group);
    notes.push_back({group.name_span(), fmt::format("{} is declared here", quoted(group.name()))});
  }
  fail(value, fmt::format("no machine is called {}{}", quoted(value.text), suggestion),
       std::move(notes));
}

// The group of many that `name` names a machine of, if it ends with a number.
std::optional<ndl::MachineGroup> ArgumentReader::counted_group(std::string_view name) const {
  const std::size_t dash = name.rfind('-');
  if (dash == std::string_view::npos || dash + 1 == name.size() ||
      name.find_first_not_of("0123456789", dash + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  const auto found = description_.find_machine(name.substr(0, dash));
  if (!found || !found->is_group) return std::nullopt;
  return description_.group(found->group);
}

// Machines of one group can't all have the same address.
bool ArgumentReader::is_fixed_for_many(const Value& value, std::uint32_t address) {
  if (value.argument.varies() || group_.count() < 2) return false;
  const std::string form =
      fmt::format("{}='{}'", value.argument.key(), address_by_index(address, group_.count()));
  fail(value, fmt::format("{} is the same for all {} machines of {}; write {}",
                          quoted(value.argument.key()), group_.count(), quoted(group_.name()),
                          quoted(form)));
  return true;
}

}  // namespace elvis
