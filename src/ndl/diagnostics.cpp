// SPDX-License-Identifier: MIT
#include "elvis/ndl/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>

#include "elvis/util/fold.hpp"
#include "utf8.hpp"

namespace elvis::ndl {

namespace {

/// How many diagnostics of each severity are kept; more than anybody will be shown.
constexpr std::size_t kept_each = 500;

std::uint64_t fingerprint(const Diagnostic& diagnostic) {
  std::uint64_t state = fold(0, diagnostic.span.begin, diagnostic.span.end);
  for (const char c : diagnostic.text) state = fold(state, static_cast<std::uint8_t>(c));
  return state;
}

char lowered(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

// ===== Diagnostics: collecting =====

void Diagnostics::error(Span span, std::string text, std::vector<Note> notes) {
  add({Severity::error, span, std::move(text), std::move(notes)});
}

void Diagnostics::warning(Span span, std::string text, std::vector<Note> notes) {
  const Severity severity = mode_ == Mode::strict ? Severity::error : Severity::warning;
  add({severity, span, std::move(text), std::move(notes)});
}

void Diagnostics::add(Diagnostic diagnostic) {
  std::size_t& count = diagnostic.severity == Severity::error ? errors_ : warnings_;
  if (count >= patience || !seen_.insert(fingerprint(diagnostic)).second) return;
  ++count;
  kept_.push_back(std::move(diagnostic));
  if (kept_.size() > 8 * kept_each) sort_and_trim();
}

std::span<const Diagnostic> Diagnostics::by_place() {
  sort_and_trim();
  return kept_;
}

void Diagnostics::sort_and_trim() {
  std::sort(kept_.begin(), kept_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.span.begin, a.span.end, a.severity, a.text) <
           std::tie(b.span.begin, b.span.end, b.severity, b.text);
  });
  std::size_t errors = 0;
  std::size_t warnings = 0;
  std::erase_if(kept_, [&](const Diagnostic& diagnostic) {
    return ++(diagnostic.severity == Severity::error ? errors : warnings) > kept_each;
  });
}

// ===== Names in messages =====

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = decode(text);
    const std::size_t bytes = std::max(1U, point.bytes);
    if (point.bytes != 0 && !steers_terminal(point.value)) {
      result += text.substr(0, bytes);
    } else if (text[0] == '\n') {
      result += "\\n";
    } else if (text[0] == '\t') {
      result += "\\t";
    } else {
      for (const char byte : text.substr(0, bytes)) {
        fmt::format_to(std::back_inserter(result), "\\x{:02x}", static_cast<std::uint8_t>(byte));
      }
    }
    text.remove_prefix(bytes);
  }
  return result;
}

std::string quoted(std::string_view name) {
  constexpr std::size_t most = 60;
  std::size_t end = 0;
  for (std::size_t points = 0; end < name.size() && points < most; ++points) {
    end += std::max(1U, decode(name.substr(end)).bytes);
  }
  return fmt::format("`{}{}`", printable(name.substr(0, end)), end < name.size() ? "…" : "");
}

// ===== Closest: what may have been meant =====

Closest::Closest(std::string_view text) : text_{text} {
  const std::size_t size = text.size();
  limit_ = size <= 1 || size > 64 ? 0
           : size <= 4            ? 1
           : size <= 8            ? 2
                                  : std::min<std::size_t>(size / 3, 4);
}

void Closest::consider(std::string_view candidate) {
  const std::size_t size = text_.size();
  if (size == 0 || size > 64 || candidate.size() > size + limit_ ||
      candidate.size() + limit_ < size) {
    return;
  }
  // Optimal string alignment (Damerau and Levenshtein's edits, none on top of another), with three
  // rows of the table; letters of either case are equal.
  constexpr std::size_t width = 64 + 4 + 1;
  std::array<std::array<std::size_t, width>, 3> rows;
  for (std::size_t j = 0; j <= candidate.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= size; ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i - 1) % 3];
    row[0] = i;
    std::size_t least = i;
    for (std::size_t j = 1; j <= candidate.size(); ++j) {
      const char a = lowered(text_[i - 1]);
      const char b = lowered(candidate[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a == b ? 0U : 1U)});
      if (i > 1 && j > 1 && a == lowered(candidate[j - 2]) && b == lowered(text_[i - 2])) {
        row[j] = std::min(row[j], rows[(i - 2) % 3][j - 2] + 1);
      }
      least = std::min(least, row[j]);
    }
    if (least > limit_) return;
  }
  const std::size_t distance = rows[size % 3][candidate.size()];
  if (distance > limit_ || (!best_.empty() && distance == limit_)) return;
  best_ = candidate;
  limit_ = distance;
}

std::string Closest::suggestion() const {
  return best_.empty() ? std::string{} : fmt::format("; did you mean {}?", quoted(best_));
}

std::string_view closest(std::string_view text, std::span<const std::string_view> candidates) {
  Closest search{text};
  for (const std::string_view candidate : candidates) search.consider(candidate);
  return search.found();
}

}  // namespace elvis::ndl
