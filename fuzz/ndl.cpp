// SPDX-License-Identifier: MIT
// The NDL front end: any bytes give a description or diagnostics, every value evaluates or says why
// not, and formatting neither changes what a text means nor anything when it is done again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "elvis/ndl/format.hpp"
#include "elvis/ndl/front_end.hpp"
#include "elvis/util/assert.hpp"

namespace {

using namespace elvis::ndl;

/// Adds everything that the arguments say about the machine to `out`.
void append(const auto& arguments, const Instance& instance, Diagnostics& diagnostics,
            std::string& out) {
  std::string buffer;
  for (const Argument argument : arguments) {
    out += argument.key();
    out += '=';
    ELVIS_ASSERT(argument.span().begin <= argument.span().end);
    if (const auto value = argument.evaluate(instance, buffer, diagnostics)) out += *value;
    out += ';';
    static_cast<void>(argument.origin());
  }
  out += '\n';
}

void append(const SectionList& sections, const Instance& instance, Diagnostics& diagnostics,
            std::string& out) {
  for (const Section section : sections) {
    out += to_string(section.kind());
    out += section.name();
    append(section.arguments(), instance, diagnostics, out);
  }
}

/// What `text` means, and in `errors` whether it has any. Its diagnostics are drawn if `is_drawn`.
std::string meaning(std::string_view text, bool& errors, bool is_drawn) {
  SourceSet sources{SourceSet::Disk::closed};
  sources.offer("x", std::string{text});
  Diagnostics diagnostics;
  std::string out;
  const auto description = read_description(sources, "x", {}, diagnostics);
  errors = diagnostics.has_errors();
  if (description) {
    for (std::size_t i = 0; i < description->network_count(); ++i) {
      const NetworkDeclaration network = description->network(i);
      append(network.arguments(), {}, diagnostics, out);
      append(network.ips(), {}, diagnostics, out);
      static_cast<void>(description->suggest_network(network.id()));
    }
    std::string name;
    for (std::size_t i = 0; i < description->group_count(); ++i) {
      const MachineGroup group = description->group(i);
      const std::uint64_t last = group.count() - 1;
      group.write_name(last, name);
      if (!errors) {
        const auto found = description->find_machine(name);
        ELVIS_ASSERT(found && found->group == i && found->index == last && !found->is_group);
      }
      out += name;
      append(group.arguments(), {last, name}, diagnostics, out);
      append(group.networks(), {last, name}, diagnostics, out);
      append(group.protocols(), {last, name}, diagnostics, out);
      append(group.applications(), {last, name}, diagnostics, out);
    }
    description->for_each_unread([&](const Section& section, const Argument& argument) {
      diagnostics.warning(argument.key_span(), "unread", section.origin());
    });
  }
  if (!is_drawn) return out;
  for (const char byte : render(diagnostics, sources, {.most = 4})) {
    ELVIS_ASSERT(byte == '\n' || static_cast<std::uint8_t>(byte) >= 0x20);
  }
  return out;
}

/// The text of `text` in canonical layout, or nothing.
std::optional<std::string> formatted(std::string_view text) {
  SourceSet sources{SourceSet::Disk::closed};
  sources.offer("x", std::string{text});
  Diagnostics diagnostics;
  const auto file = sources.load("x", diagnostics);
  if (!file) return std::nullopt;
  auto result = format_text(sources, *file, diagnostics);
  ELVIS_ASSERT(result || diagnostics.has_errors());
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  bool errors = false;
  const std::string before = meaning(text, errors, true);
  const auto once = formatted(text);
  if (!once) {
    ELVIS_ASSERT(errors);
    return 0;
  }
  ELVIS_ASSERT(formatted(*once) == once);
  if (errors) return 0;
  ELVIS_ASSERT(meaning(*once, errors, false) == before);
  ELVIS_ASSERT(!errors);
  return 0;
}
