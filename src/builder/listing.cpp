// SPDX-License-Identifier: MIT
// What `elvis list` prints, from the tables that NDL is read by.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "elvis/builder/catalog.hpp"
#include "elvis/ndl/values.hpp"
#include "link_properties.hpp"

namespace elvis {

namespace {

struct Row {
  std::string name;
  std::string type;
  std::string fallback;
  std::string summary;
};

std::string duration_text(Duration duration) {
  struct Unit {
    std::int64_t nanoseconds;
    std::string_view name;
  };
  constexpr Unit units[]{{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "us"}, {1, "ns"}};
  if (duration == Duration{}) return "0";
  for (const Unit& unit : units) {
    if (duration.count() % unit.nanoseconds == 0) {
      return fmt::format("{}{}", duration.count() / unit.nanoseconds, unit.name);
    }
  }
  return {};
}

// Makes a row of each argument. What it visits is at its defaults.
class RowCollector final : public OptionVisitor {
 public:
  std::vector<Row> rows;

  void option(const OptionInfo& info, std::string& value) override { add(info, "text", value); }
  void option(const OptionInfo& info, Payload& value) override {
    add(info, "text", std::string{value.text()});
  }
  void option(const OptionInfo& info, std::uint64_t& value) override {
    constexpr std::uint64_t any = std::numeric_limits<std::uint64_t>::max();
    add(info,
        info.maximum != any ? fmt::format("number {} to {}", info.minimum, info.maximum)
        : info.minimum != 0 ? fmt::format("number from {}", info.minimum)
                            : "number",
        fmt::format("{}", value));
  }
  void option(const OptionInfo& info, bool& value) override {
    add(info, "true or false", value ? "true" : "false");
  }
  void option(const OptionInfo& info, Duration& value) override {
    add(info, "time", duration_text(value));
  }
  void option(const OptionInfo& info, Target& value) override {
    add(info, "address or machine", value.machine);
  }
  void option(const OptionInfo& info, OwnAddress&) override { add(info, "address", ""); }
  void option(const OptionInfo& info, GroupAddress&) override { add(info, "group", ""); }
  void port(const OptionInfo& info, std::uint16_t& value) override {
    add(info, "port", value == 0 ? "" : fmt::format("{}", value));
  }
  void choice(const OptionInfo& info, std::span<const std::string_view> names,
              int& value) override {
    std::string type;
    for (const std::string_view name : names) {
      if (!type.empty()) type += " or ";
      type += name;
    }
    add(info, std::move(type),
        value < 0 ? std::string{} : std::string{names[static_cast<std::size_t>(value)]});
  }

 private:
  void add(const OptionInfo& info, std::string type, const std::string& fallback) {
    rows.push_back({std::string{info.name}, std::move(type),
                    info.is_required   ? "required"
                    : fallback.empty() ? "optional"
                                       : "default " + fallback,
                    std::string{info.summary}});
  }
};

// The rows with their columns aligned.
void print(const std::vector<Row>& rows, std::string& text) {
  std::size_t name = 0;
  std::size_t type = 0;
  std::size_t fallback = 0;
  for (const Row& row : rows) {
    name = std::max(name, row.name.size());
    type = std::max(type, row.type.size());
    fallback = std::max(fallback, row.fallback.size());
  }
  for (const Row& row : rows) {
    fmt::format_to(std::back_inserter(text), "    {:{}}  {:{}}  {:{}}  {}\n", row.name, name,
                   row.type, type, row.fallback, fallback, row.summary);
  }
}

template <typename Kind>
void print_kind(const Kind& kind, std::string& text) {
  fmt::format_to(std::back_inserter(text), "{}: {}\n", kind.name, kind.summary);
  RowCollector collector;
  kind.make_options()->visit(collector);
  print(collector.rows, text);
}

}  // namespace

std::string list_protocols(const Catalog& catalog) {
  std::string text;
  for (const ProtocolKind& kind : catalog.protocols) print_kind(kind, text);
  for (const std::string_view planned : catalog.planned_protocols) {
    fmt::format_to(std::back_inserter(text), "{}: not yet available\n", planned);
  }
  return text;
}

std::string list_applications(const Catalog& catalog) {
  std::string text;
  for (const ApplicationKind& kind : catalog.applications) print_kind(kind, text);
  return text;
}

std::string list_links() {
  std::vector<Row> rows;
  for (const LinkArgument& link : link_arguments()) {
    rows.push_back({std::string{link.name}, std::string{link.type},
                    fmt::format("default {}", link.fallback), std::string{link.summary}});
  }
  std::string text = "Network: what joins machines; its link properties\n";
  print(rows, text);
  rows = {{"at", "time", "required", "when it happens"},
          {"network", "id", "optional", "the network that changes, or"},
          {"machine", "name", "optional", "the machine that is switched off or on"},
          {"set", "up or down", "optional", "whether it works from now on"}};
  for (const LinkArgument& link : link_arguments()) {
    if (!link.may_change) continue;
    rows.push_back({std::string{link.name}, std::string{link.type}, "optional",
                    "of the network, from now on"});
  }
  text += "Event: what changes while the simulation runs\n";
  print(rows, text);
  return text;
}

}  // namespace elvis
