// SPDX-License-Identifier: MIT
#include "dump.hpp"

#include <fmt/format.h>

namespace elvis::ndl {

namespace {

std::string value_of(const Argument& argument, const Instance& instance, Diagnostics& diagnostics) {
  std::string buffer;
  const auto value = argument.evaluate(instance, buffer, diagnostics);
  return value ? fmt::format("{}='{}'", argument.key(), printable(*value))
               : fmt::format("{}=?", argument.key());
}

std::string arguments_of(const auto& arguments, const MachineGroup* group,
                         Diagnostics& diagnostics) {
  std::string text;
  for (const Argument argument : arguments) {
    text += ' ';
    Instance instance;
    std::string name;
    if (group != nullptr) group->write_name(0, name);
    instance.name = name;
    text += value_of(argument, instance, diagnostics);
    if (!argument.varies() || group == nullptr || group->count() == 1) continue;
    group->write_name(1, name);
    instance = {1, name};
    text += ", " + value_of(argument, instance, diagnostics);
  }
  return text + "\n";
}

}  // namespace

std::string dump(const Description& description) {
  std::string text;
  Diagnostics diagnostics;
  for (const ParameterValue& parameter : description.parameters()) {
    text += fmt::format("parameter {}='{}'{}\n", parameter.name, parameter.value,
                        parameter.is_set ? " set" : "");
  }
  for (std::size_t i = 0; i < description.network_count(); ++i) {
    const NetworkDeclaration network = description.network(i);
    text += fmt::format("network {}:{}", network.id(),
                        arguments_of(network.arguments(), nullptr, diagnostics));
    for (const Section ip : network.ips()) {
      text += "  ip" + arguments_of(ip.arguments(), nullptr, diagnostics);
    }
  }
  for (std::size_t i = 0; i < description.group_count(); ++i) {
    const MachineGroup group = description.group(i);
    text += fmt::format("machine {} * {}{}:{}", group.name(), group.count(),
                        group.adds_protocols() ? " auto" : "",
                        arguments_of(group.arguments(), &group, diagnostics));
    const auto list = [&](std::string_view noun, const SectionList& sections) {
      for (const Section section : sections) {
        text += fmt::format("  {}{}", noun, arguments_of(section.arguments(), &group, diagnostics));
      }
    };
    list("network", group.networks());
    list("protocol", group.protocols());
    list("application", group.applications());
  }
  return text + fmt::format("{} machines\n", description.machine_count());
}

std::string outcome(const std::string& text) {
  SourceSet sources{SourceSet::Disk::closed};
  sources.offer("test.ndl", text);
  Diagnostics diagnostics;
  const auto description = read_description(sources, "test.ndl", {}, diagnostics);
  const std::string errors = render(diagnostics, sources);
  return errors.empty() ? dump(*description) : errors;
}

}  // namespace elvis::ndl
