// SPDX-License-Identifier: MIT
#include "link_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace elvis {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return text.substr(text.size());
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

}  // namespace

void LinkValue::refuse(std::string text) {
  diagnostics_.error(argument_.span(), std::move(text), argument_.origin());
}

void LinkValue::refuse_name(std::string_view name, std::span<const std::string_view> known) {
  ndl::Closest search{name};
  for (const std::string_view one : known) search.consider(one);
  std::string what = search.suggestion();
  if (what.empty()) {
    what = known.size() == 1 ? ", only " : "; write one of ";
    for (const std::string_view one : known) {
      if (one != known.front()) what += ", ";
      what += ndl::quoted(one);
    }
  }
  refuse(
      fmt::format("{} does not know {}{}", ndl::quoted(argument_.key()), ndl::quoted(name), what));
}

std::vector<std::string_view> LinkValue::split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t comma = text.find(',');
    parts.push_back(trimmed(text.substr(0, comma)));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::optional<LinkValue::Form> LinkValue::form() const {
  const std::string_view whole = trimmed(text());
  const std::size_t open = whole.find('(');
  if (open == std::string_view::npos || !whole.ends_with(')')) return std::nullopt;
  return Form{trimmed(whole.substr(0, open)),
              split(whole.substr(open + 1, whole.size() - open - 2))};
}

void LinkValue::complain(std::string_view part, const std::string& clause) {
  const auto offset = static_cast<std::size_t>(part.data() - text().data());
  diagnostics_.error(argument_.span_of(offset, part.size()),
                     fmt::format("{} {}", ndl::quoted(argument_.key()), clause),
                     argument_.origin());
}

}  // namespace elvis
