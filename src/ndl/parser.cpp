// SPDX-License-Identifier: MIT
#include "parser.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "elvis/util/fold.hpp"

namespace elvis::ndl {

namespace {

/// The folder of `path` with its last slash, or nothing.
std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash + 1);
}

/// The scope of the values of a section of `kind` in `context`.
Scope scope_of(SectionKind kind, Context context) {
  switch (context) {
    case Context::machines:
    case Context::machine:
    case Context::machine_networks:
    case Context::protocols:
    case Context::applications:
    case Context::routes:
    case Context::template_:
      return Scope::machine;
    default:
      return kind == SectionKind::template_ ? Scope::machine : Scope::outside;
  }
}

/// Whether the argument says what there is, and so is the same for all machines of a group.
bool is_structural(SectionKind kind, std::string_view key) {
  switch (kind) {
    case SectionKind::machine:
    case SectionKind::template_:
      return key == "name" || key == "count" || key == "template" || key == "auto-protocol";
    case SectionKind::protocol:
    case SectionKind::application:
      return key == "name";
    default:
      return false;
  }
}

/// The place of a machine's `Networks`, `Protocols`, `Applications` or `Routes` among the four.
std::optional<std::size_t> wrapper_place(SectionKind kind) {
  switch (kind) {
    case SectionKind::networks:
      return 0;
    case SectionKind::protocols:
      return 1;
    case SectionKind::applications:
      return 2;
    case SectionKind::routes:
      return 3;
    default:
      return std::nullopt;
  }
}

}  // namespace

// ===== Parser: files =====

void Parser::parse(FileId root) {
  frames_.push_back(std::make_unique<Frame>(
      Frame{root, Scanner{sources_.text(root), sources_.begin(root), diagnostics_}, {}, {}}));
  while (!frames_.empty()) {
    read_items();
  }
}

/// Reads the innermost file until it ends or includes another.
void Parser::read_items() {
  Frame& frame = *frames_.back();
  const std::size_t depth = frames_.size();
  while (frames_.size() == depth) {
    const Item item = frame.scanner.next();
    if (item == Item::section) section(frame);
    if (frame.scanner.take_lost_sections()) damage(frame);
    if (item == Item::end) {
      close_down_to(frame, 0);
      frames_.pop_back();
      return;
    }
  }
}

void Parser::include(Frame& frame, std::uint32_t section) {
  const std::uint32_t argument = records_.find(section, "file");
  if (argument == nothing) {
    records_.is_complete = false;
    if (!frame.scanner.is_damaged()) {
      diagnostics_.error(frame.scanner.name(), "`Include` needs a `file`");
    }
    return;
  }
  records_.arguments[argument].was_read = true;
  const Span place = records_.value_span(argument);
  const std::string_view file = records_.text(argument);
  if (file.empty() || frames_.size() >= max_includes) {
    records_.is_complete = false;
    if (records_.arguments[argument].state == ValueState::broken) return;
    diagnostics_.error(
        place, file.empty()
                   ? std::string{"`file` is empty"}
                   : fmt::format("more than {} files include each other in a row", max_includes));
    return;
  }
  std::string path{file.starts_with('/') ? std::string_view{}
                                         : folder_of(sources_.name(frame.file))};
  path += file;
  const std::optional<FileId> loaded = sources_.load(path, diagnostics_, place);
  if (!loaded || !check_cycle(*loaded, place)) {
    records_.is_complete = false;
    return;
  }
  frames_.push_back(std::make_unique<Frame>(Frame{
      *loaded, Scanner{sources_.text(*loaded), sources_.begin(*loaded), diagnostics_}, {}, {}}));
}

/// Whether the file is not one of those that are being read.
bool Parser::check_cycle(FileId file, Span place) {
  const auto same = std::find_if(frames_.begin(), frames_.end(), [&](const auto& frame) {
    return sources_.is_same(frame->file, file);
  });
  if (same == frames_.end()) return true;
  std::string chain;
  for (auto frame = same; frame != frames_.end(); ++frame) {
    chain += quoted(sources_.name((*frame)->file)) + " → ";
  }
  diagnostics_.error(place, fmt::format("the file includes itself: {}{}", chain,
                                        quoted(sources_.name((*same)->file))));
  return false;
}

// ===== Parser: where a section stands =====

void Parser::section(Frame& frame) {
  Scanner& scanner = frame.scanner;
  close_down_to(frame, frame.indentation.enter(scanner.indentation(), scanner.indentation_span(),
                                               diagnostics_));
  const Context context = frame.open.empty() ? Context::top : frame.open.back().context;
  const std::optional<SectionKind> kind = find_kind(frame, context);
  if (!kind || !check_wrapper(frame, context, *kind)) {
    if (context != Context::unknown) damage(frame);
    frame.open.push_back({Context::unknown, nothing});
    return;
  }
  const std::uint32_t section = record(frame, *kind, context);
  frame.open.push_back({*inside(context, *kind), section});
  remember(*kind, context, section);
  if (*kind == SectionKind::include) include(frame, section);
}

/// Closes sections until `depth` are open.
void Parser::close_down_to(Frame& frame, std::size_t depth) {
  for (; frame.open.size() > depth; frame.open.pop_back()) {
    const std::uint32_t closed = frame.open.back().record;
    if (closed == nothing) continue;
    records_.sections[closed].end = static_cast<std::uint32_t>(records_.sections.size());
  }
}

/// The section's kind, if it may stand in `context`; a misspelt one counts as what was meant.
std::optional<SectionKind> Parser::find_kind(Frame& frame, Context context) {
  if (context == Context::unknown) return std::nullopt;
  const Span place = frame.scanner.name();
  if (place.begin == place.end) return std::nullopt;
  const std::string_view name = sources_.text(place);
  std::optional<SectionKind> kind = section_kind(name);
  if (!kind) {
    kind = meant_kind(name, context);
    diagnostics_.error(
        place,
        fmt::format("no section is called {}{}", quoted(name),
                    kind ? fmt::format("; did you mean `{}`?", to_string(*kind)) : std::string{}));
    return kind && inside(context, *kind) ? kind : std::nullopt;
  }
  if (inside(context, *kind)) return kind;
  if (context == Context::leaf) {
    const std::uint32_t parent = frame.open.back().record;
    diagnostics_.error(place, fmt::format("nothing can stand inside `{}`; `{}` belongs {}",
                                          to_string(records_.sections[parent].kind),
                                          to_string(*kind), home_of(*kind)));
  } else {
    diagnostics_.error(place, fmt::format("`{}` cannot stand {}; it belongs {}", to_string(*kind),
                                          describe(context), home_of(*kind)));
  }
  return std::nullopt;
}

/// Whether the section is not the second of its kind in a machine or template.
bool Parser::check_wrapper(Frame& frame, Context context, SectionKind kind) {
  if (context != Context::machine && context != Context::template_) return true;
  const auto place = wrapper_place(kind);
  if (!place) return true;
  Span& first = wrappers_[*place];
  if (first.is_nowhere()) {
    first = frame.scanner.name();
    return true;
  }
  diagnostics_.error(frame.scanner.name(),
                     fmt::format("a second `{}` in one {}", to_string(kind),
                                 context == Context::machine ? "machine" : "template"),
                     {{first, "the first one is here"}});
  return false;
}

/// Marks what is open: a part of it was lost.
void Parser::damage(Frame& frame) {
  records_.is_complete = false;
  for (const Open& open : frame.open) {
    if (open.record != nothing) records_.sections[open.record].is_damaged = true;
  }
}

// ===== Parser: records =====

std::uint32_t Parser::record(Frame& frame, SectionKind kind, Context context) {
  const auto next = static_cast<std::uint32_t>(records_.sections.size());
  records_.sections.push_back({frame.scanner.name().begin,
                               static_cast<std::uint32_t>(records_.arguments.size()), next + 1,
                               kind, frame.scanner.is_damaged()});
  add_arguments(frame, kind, context);
  return next;
}

void Parser::add_arguments(const Frame& frame, SectionKind kind, Context context) {
  const auto first = static_cast<std::uint32_t>(records_.arguments.size());
  const Scope scope = scope_of(kind, context);
  for (const ScannedArgument& argument : frame.scanner.arguments()) {
    const auto next = static_cast<std::uint32_t>(records_.arguments.size());
    if (next - first >= max_arguments) {
      diagnostics_.error(argument.key,
                         fmt::format("more than {} arguments in one section", max_arguments));
      return;
    }
    if (!check_argument(argument, first, next)) continue;
    const std::string_view key = sources_.text(argument.key);
    ArgumentRecord added{argument.key.begin, argument.value.end - argument.value.begin,
                         static_cast<std::uint16_t>(argument.key.end - argument.key.begin),
                         ValueState::plain, false};
    if (argument.is_broken) {
      added.state = ValueState::broken;
    } else if (kind == SectionKind::include && argument.has_expression) {
      diagnostics_.error(argument.value,
                         "files are read before parameters are known; write the name");
      added.state = ValueState::broken;
    } else if (!argument.is_plain) {
      added.state = ValueState::pending;
    }
    records_.arguments.push_back(added);
    if (added.state != ValueState::pending) continue;
    const Scope of_value = is_structural(kind, key) ? Scope::structural : scope;
    if (argument.has_expression) {
      pending_.push_back({next, of_value});
    } else {
      values_.compile(next, of_value);
    }
  }
}

bool Parser::check_argument(const ScannedArgument& argument, std::uint32_t first,
                            std::uint32_t next) {
  const std::string_view key = sources_.text(argument.key);
  if (key.size() > max_key) {
    diagnostics_.error(argument.key, fmt::format("the key is longer than {} bytes", max_key));
    return false;
  }
  const std::uint32_t same = duplicate_of(key, first, next);
  if (same == nothing) return true;
  diagnostics_.error(argument.key, fmt::format("{} is given twice", quoted(key)),
                     {{records_.key_span(same), "the first one is here"}});
  return false;
}

/// The argument with that key among those from `first` to `next`, or nothing. Few are looked
/// through; more are entered into a hash table.
std::uint32_t Parser::duplicate_of(std::string_view key, std::uint32_t first, std::uint32_t next) {
  constexpr std::uint32_t few = 8;
  if (next - first < few) {
    for (std::uint32_t i = first; i < next; ++i) {
      if (records_.arguments[i].key_length == key.size() && records_.key(i) == key) return i;
    }
    return nothing;
  }
  if (next - first == few) {
    keys_.resize(4 * max_arguments);
    ++stamp_;
    for (std::uint32_t i = first; i < next; ++i) enter_key(records_.key(i), i);
  }
  return enter_key(key, next);
}

/// Enters the key of `argument`, or returns the argument that has it already.
std::uint32_t Parser::enter_key(std::string_view key, std::uint32_t argument) {
  std::uint64_t hash = key.size();
  for (const char c : key) hash = fold(hash, static_cast<std::uint8_t>(c));
  for (std::size_t at = hash % keys_.size();; at = (at + 1) % keys_.size()) {
    KeySlot& slot = keys_[at];
    if (slot.stamp != stamp_) {
      slot = {stamp_, argument};
      return nothing;
    }
    if (slot.argument == argument || records_.key(slot.argument) == key) return slot.argument;
  }
}

/// Notes down what later steps look for.
void Parser::remember(SectionKind kind, Context context, std::uint32_t section) {
  EntityRecord entity{section};
  switch (kind) {
    case SectionKind::network:
      if (context == Context::networks) records_.networks.push_back(entity);
      break;
    case SectionKind::machine:
      wrappers_ = {};
      records_.groups.push_back(entity);
      break;
    case SectionKind::template_:
      wrappers_ = {};
      records_.templates.push_back({entity});
      break;
    case SectionKind::event:
      records_.events.push_back(section);
      break;
    case SectionKind::parameter:
      records_.parameters.push_back({section});
      break;
    default:
      break;
  }
}

}  // namespace elvis::ndl
