// SPDX-License-Identifier: MIT
#include "section_kinds.hpp"

#include <algorithm>
#include <array>

#include "elvis/ndl/description.hpp"
#include "elvis/ndl/diagnostics.hpp"

namespace elvis::ndl {

namespace {

struct Kind {
  std::string_view name;
  std::string_view home;
};

constexpr std::array<Kind, 17> kinds{{
    {"Networks", "at the top level or inside a `Machine` or `Template`"},
    {"Network", "inside `Networks`"},
    {"IP", "inside a `Network` of the top level or a `Template`"},
    {"Machines", "at the top level"},
    {"Machine", "inside `Machines`"},
    {"Protocols", "inside a `Machine` or `Template`"},
    {"Protocol", "inside `Protocols`"},
    {"Applications", "inside a `Machine` or `Template`"},
    {"Application", "inside `Applications`"},
    {"Parameters", "at the top level"},
    {"Parameter", "inside `Parameters`"},
    {"Template", "at the top level"},
    {"Include", "at the top level"},
    {"Events", "at the top level"},
    {"Event", "inside `Events`"},
    {"Routes", "inside a `Machine` or `Template`"},
    {"Route", "inside `Routes`"},
}};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lowered = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lowered(x) == lowered(y); });
}

}  // namespace

std::string_view to_string(SectionKind kind) {
  return kinds[static_cast<std::size_t>(kind)].name;
}
std::string_view home_of(SectionKind kind) {
  return kinds[static_cast<std::size_t>(kind)].home;
}

std::optional<SectionKind> section_kind(std::string_view name) {
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (equal_ignoring_case(name, kinds[i].name)) return static_cast<SectionKind>(i);
  }
  return std::nullopt;
}

std::optional<Context> inside(Context context, SectionKind kind) {
  const auto only = [kind](SectionKind allowed, Context result) {
    return kind == allowed ? std::optional{result} : std::nullopt;
  };
  switch (context) {
    case Context::top:
      switch (kind) {
        case SectionKind::networks:
          return Context::networks;
        case SectionKind::machines:
          return Context::machines;
        case SectionKind::parameters:
          return Context::parameters;
        case SectionKind::template_:
          return Context::template_;
        case SectionKind::events:
          return Context::events;
        case SectionKind::include:
          return Context::leaf;
        default:
          return std::nullopt;
      }
    case Context::template_:
      if (kind == SectionKind::ip) return Context::leaf;
      [[fallthrough]];
    case Context::machine:
      switch (kind) {
        case SectionKind::networks:
          return Context::machine_networks;
        case SectionKind::protocols:
          return Context::protocols;
        case SectionKind::applications:
          return Context::applications;
        case SectionKind::routes:
          return Context::routes;
        default:
          return std::nullopt;
      }
    case Context::networks:
      return only(SectionKind::network, Context::network);
    case Context::network:
      return only(SectionKind::ip, Context::leaf);
    case Context::machines:
      return only(SectionKind::machine, Context::machine);
    case Context::machine_networks:
      return only(SectionKind::network, Context::leaf);
    case Context::protocols:
      return only(SectionKind::protocol, Context::leaf);
    case Context::applications:
      return only(SectionKind::application, Context::leaf);
    case Context::routes:
      return only(SectionKind::route, Context::leaf);
    case Context::parameters:
      return only(SectionKind::parameter, Context::leaf);
    case Context::events:
      return only(SectionKind::event, Context::leaf);
    case Context::leaf:
    case Context::unknown:
      break;
  }
  return std::nullopt;
}

std::string_view describe(Context context) {
  constexpr std::array<std::string_view, 14> names{"at the top level",
                                                   "inside `Networks`",
                                                   "inside `Network`",
                                                   "inside `Machines`",
                                                   "inside `Machine`",
                                                   "inside a machine's `Networks`",
                                                   "inside `Protocols`",
                                                   "inside `Applications`",
                                                   "inside `Routes`",
                                                   "inside `Parameters`",
                                                   "inside `Template`",
                                                   "inside `Events`",
                                                   "here",
                                                   "here"};
  return names[static_cast<std::size_t>(context)];
}

std::optional<SectionKind> meant_kind(std::string_view name, Context context) {
  Closest here{name};
  Closest anywhere{name};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (inside(context, static_cast<SectionKind>(i))) here.consider(kinds[i].name);
    anywhere.consider(kinds[i].name);
  }
  return section_kind(here.found().empty() ? anywhere.found() : here.found());
}

std::span<const std::string_view> language_keys(SectionKind kind) {
  static constexpr std::array<std::string_view, 5> machine{"name", "count", "template",
                                                           "auto-protocol", "pcap"};
  static constexpr std::array<std::string_view, 2> network{"id", "template"};
  static constexpr std::array<std::string_view, 3> ip{"ip", "range", "subnet"};
  static constexpr std::array<std::string_view, 2> of_template{"name", "template"};
  static constexpr std::array<std::string_view, 1> name{"name"};
  static constexpr std::array<std::string_view, 2> parameter{"name", "value"};
  static constexpr std::array<std::string_view, 1> include{"file"};
  static constexpr std::array<std::string_view, 4> event{"at", "network", "machine", "set"};
  static constexpr std::array<std::string_view, 2> route{"to", "via"};
  switch (kind) {
    case SectionKind::network:
      return network;
    case SectionKind::ip:
      return ip;
    case SectionKind::machine:
      return machine;
    case SectionKind::protocol:
    case SectionKind::application:
      return name;
    case SectionKind::parameter:
      return parameter;
    case SectionKind::template_:
      return of_template;
    case SectionKind::include:
      return include;
    case SectionKind::event:
      return event;
    case SectionKind::route:
      return route;
    default:
      return {};
  }
}

}  // namespace elvis::ndl
