// SPDX-License-Identifier: MIT
// What is wrong with a scenario, collected with its places and drawn for the person who wrote it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "elvis/ndl/source.hpp"

namespace elvis::ndl {

enum class Severity : std::uint8_t { error, warning };

/// A second place that explains the first.
struct Note {
  Span span;
  std::string text;
};

/// One mistake. The text is a clause without capital or full stop; names in it are quoted().
struct Diagnostic {
  Severity severity = Severity::error;
  Span span;
  std::string text;
  std::vector<Note> notes;
};

/// Collects every mistake. The same text at the same place counts once, whatever its notes, so
/// that a mistake in a template used by a thousand machines is one mistake.
class Diagnostics {
 public:
  /// How many errors there may be before wants_more() turns false.
  static constexpr std::size_t patience = 100'000;

  /// In `strict` mode every warning is an error.
  enum class Mode : bool { tolerant, strict };

  explicit Diagnostics(Mode mode = Mode::tolerant) : mode_{mode} {}
  Mode mode() const { return mode_; }

  void error(Span span, std::string text, std::vector<Note> notes = {});
  void warning(Span span, std::string text, std::vector<Note> notes = {});

  std::size_t error_count() const { return errors_; }
  std::size_t warning_count() const { return warnings_; }
  bool has_errors() const { return errors_ != 0; }

  /// Whether it is worth looking for more errors.
  bool wants_more() const { return errors_ < patience; }

  /// The first ones by place, errors preferred if there are very many; sorts them.
  std::span<const Diagnostic> by_place();

 private:
  void add(Diagnostic diagnostic);
  void sort_and_trim();

  Mode mode_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
  std::vector<Diagnostic> kept_;
  std::unordered_set<std::uint64_t> seen_;
};

/// How diagnostics are drawn.
struct RenderOptions {
  bool colour = false;    ///< ANSI colours.
  std::size_t most = 20;  ///< How many are drawn before the rest is only counted.
};

/// All of `diagnostics` as text, each with line, column, excerpt, caret and notes, and the count in
/// the last line ("1 error, 3 warnings"). Empty if there are none.
std::string render(Diagnostics& diagnostics, const SourceSet& sources, RenderOptions options = {});

/// `name` between backticks for a message: control bytes escaped, a long one shortened.
std::string quoted(std::string_view name);

/// `text` with everything that could steer a terminal (control and direction characters, bytes that
/// are not UTF-8) written as an escape.
std::string printable(std::string_view text);

/// Finds which of many candidates somebody may have meant.
class Closest {
 public:
  explicit Closest(std::string_view text);

  /// Takes `candidate` into account; the first of equally close ones wins.
  void consider(std::string_view candidate);

  /// The closest candidate if it is close enough to be meant, else empty.
  std::string_view found() const { return best_; }

  /// "; did you mean `x`?" or nothing.
  std::string suggestion() const;

 private:
  std::string_view text_;
  std::string_view best_;
  std::size_t limit_;  ///< The greatest distance that is still of interest.
};

/// Which of `candidates` is closest to `text`; empty if none is close enough to be meant.
std::string_view closest(std::string_view text, std::span<const std::string_view> candidates);

}  // namespace elvis::ndl
