// SPDX-License-Identifier: MIT
// The Linker's part about templates.
#include <fmt/format.h>

#include <algorithm>

#include "linker.hpp"

namespace elvis::ndl {

void Linker::link_templates() {
  const auto name_of = [this](std::uint32_t number) {
    return records_.name(records_.templates[number].name);
  };
  auto& templates = records_.templates;
  for (std::uint32_t i = 0; i < templates.size(); ++i) {
    TemplateRecord& entry = templates[i];
    entry.name = records_.find(entry.section, "name");
    const auto name = text_of(entry.name);
    if (!name) continue;
    if (const auto first = records_.template_names.insert(*name, i, name_of)) {
      error(entry.name, fmt::format("a second template is called {}", quoted(*name)),
            {{records_.value_span(templates[*first].name), "the first one is here"}});
    }
  }
  for (TemplateRecord& entry : templates) entry.base = find_template(entry.section);
  for (std::uint32_t i = 0; i < templates.size(); ++i) link_chain(i);
}

/// The template that the section's `template` names; nothing if it has none or there is no such.
std::uint32_t Linker::find_template(std::uint32_t section) {
  const std::uint32_t argument = records_.find(section, "template");
  if (argument == nothing) return nothing;
  const auto name = text_of(argument);
  if (!name) return nothing;
  const auto name_of = [this](std::uint32_t number) {
    return records_.name(records_.templates[number].name);
  };
  if (const auto found = records_.template_names.find(*name, name_of)) return *found;
  Closest search{*name};
  for (std::uint32_t i = 0; i < records_.templates.size(); ++i) {
    if (records_.suggestion_budget == 0) break;
    --records_.suggestion_budget;
    search.consider(name_of(i));
  }
  error(argument, fmt::format("no template is called {}{}", quoted(*name), search.suggestion()));
  return nothing;
}

/// Links the template after those that it builds on.
void Linker::link_chain(std::uint32_t number) {
  auto& templates = records_.templates;
  std::vector<std::uint32_t> chain;
  for (std::uint32_t at = number; at != nothing && !templates[at].is_linked;
       at = templates[at].base) {
    // Marked now and completed below, from the far end back: a mark met again is a cycle.
    const auto met = std::find(chain.begin(), chain.end(), at);
    if (met != chain.end()) {
      std::string names;
      for (auto entry = met; entry != chain.end(); ++entry) {
        names += quoted(records_.name(templates[*entry].name)) + " → ";
      }
      TemplateRecord& last = templates[chain.back()];
      error(records_.find(last.section, "template"),
            fmt::format("the template is built on itself: {}{}", names,
                        quoted(records_.name(templates[at].name))));
      last.base = nothing;
      last.contents.is_damaged = true;
      break;
    }
    if (chain.size() >= max_template_depth) break;
    chain.push_back(at);
  }
  for (auto entry = chain.rbegin(); entry != chain.rend(); ++entry) complete(*entry);
}

/// Works out what the template has, itself and from the one that it is built on.
void Linker::complete(std::uint32_t number) {
  TemplateRecord& entry = records_.templates[number];
  TemplateContents& contents = entry.contents;
  entry.is_linked = true;
  if (entry.base != nothing) {
    const TemplateRecord& base = records_.templates[entry.base];
    if (!base.is_linked || base.contents.depth >= max_template_depth) {
      error(records_.find(entry.section, "template"),
            fmt::format("more than {} templates are built on each other", max_template_depth));
      entry.base = nothing;
      contents.is_damaged = true;
    } else {
      contents = base.contents;
      ++contents.depth;
    }
  }
  add_sections(records_.sections[entry.section], entry.section, contents);
  const std::uint32_t end = records_.arguments_end(entry.section);
  for (std::uint32_t i = records_.sections[entry.section].first_argument; i < end; ++i) {
    if (records_.arguments[i].state == ValueState::program) contents.varying = i;
  }
  const auto replace = [&](std::uint32_t& inherited, std::string_view key) {
    if (const auto own = records_.find(entry.section, key); own != nothing) inherited = own;
  };
  replace(contents.counts, "count");
  replace(contents.adds, "auto-protocol");
}

/// Adds the sections inside the template `section` to `contents`.
void Linker::add_sections(const SectionRecord& section, std::uint32_t number,
                          TemplateContents& contents) {
  contents.is_damaged = contents.is_damaged || section.is_damaged;
  for (std::uint32_t i = number + 1; i < section.end; i = records_.sections[i].end) {
    const SectionRecord& inside = records_.sections[i];
    switch (inside.kind) {
      case SectionKind::ip:
        contents.ip = i;
        continue;
      case SectionKind::networks:
        contents.has_wrapper[0] = true;
        break;
      case SectionKind::protocols:
        contents.has_wrapper[1] = true;
        contents.has_protocol = contents.has_protocol || inside.end > i + 1;
        break;
      case SectionKind::routes:
        break;
      default:
        contents.has_wrapper[2] = true;
    }
    contents.wrapper = i;
  }
}

/// Remembers that the template and those that it is built on are needed.
void Linker::use(std::uint32_t number) {
  for (std::uint32_t at = number; at != nothing && !records_.templates[at].is_used;
       at = records_.templates[at].base) {
    records_.templates[at].is_used = true;
  }
}

/// Gives the entity the template that it names, if it is fit for it.
void Linker::choose_template(EntityRecord& entity, bool is_machine) {
  const std::uint32_t argument = records_.find(entity.section, "template");
  if (argument == nothing) return;
  bool& is_damaged = records_.sections[entity.section].is_damaged;
  const std::uint32_t number = find_template(entity.section);
  if (number == nothing) {
    is_damaged = true;
    return;
  }
  use(number);
  const TemplateRecord& entry = records_.templates[number];
  const TemplateContents& contents = entry.contents;
  const std::string name = quoted(records_.name(entry.name));
  if (is_machine && contents.ip != nothing) {
    error(argument, fmt::format("template {} has addresses, which only networks can have", name),
          {{records_.section_span(contents.ip), "they are here"}});
  } else if (!is_machine && contents.wrapper != nothing) {
    error(argument,
          fmt::format("template {} has {}, which only machines can have", name,
                      quoted(to_string(records_.sections[contents.wrapper].kind))),
          {{records_.section_span(contents.wrapper), "it is here"}});
  } else if (!is_machine && contents.varying != nothing) {
    error(
        argument,
        fmt::format("template {} uses `${{index}}` or `${{name}}`, which only machines have", name),
        {{records_.value_span(contents.varying), "it is here"}});
  } else {
    entity.base = number;
    is_damaged = is_damaged || contents.is_damaged;
    return;
  }
  is_damaged = true;
}

}  // namespace elvis::ndl
