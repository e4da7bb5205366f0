// SPDX-License-Identifier: MIT
// Reads files into records: which sections there are, and whether each stands where it may.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "elvis/ndl/diagnostics.hpp"
#include "elvis/ndl/source.hpp"
#include "indentation.hpp"
#include "records.hpp"
#include "scanner.hpp"
#include "section_kinds.hpp"
#include "value_compiler.hpp"

namespace elvis::ndl {

/// A value that can be worked out when all parameters are known.
struct PendingValue {
  std::uint32_t argument;
  Scope scope;
};

/// Parses a file and all it includes, one section at a time.
class Parser {
 public:
  /// How many files may include each other in a row.
  static constexpr std::size_t max_includes = 64;

  /// How many arguments a section may have.
  static constexpr std::size_t max_arguments = 1000;

  /// The longest key.
  static constexpr std::size_t max_key = 255;

  Parser(SourceSet& sources, Records& records, ValueCompiler& values, Diagnostics& diagnostics)
      : sources_{sources}, records_{records}, values_{values}, diagnostics_{diagnostics} {}

  void parse(FileId root);

  const Segments<PendingValue>& pending() const { return pending_; }

 private:
  /// A section that may still get sections inside.
  struct Open {
    Context context;       ///< What it is to those inside.
    std::uint32_t record;  ///< Or nothing, if it is not recorded.
  };

  /// A file that is being read.
  struct Frame {
    FileId file;
    Scanner scanner;
    Indentation indentation;
    std::vector<Open> open;
  };

  void read_items();
  void section(Frame& frame);
  void close_down_to(Frame& frame, std::size_t depth);
  std::optional<SectionKind> find_kind(Frame& frame, Context context);
  bool check_wrapper(Frame& frame, Context context, SectionKind kind);
  void damage(Frame& frame);
  std::uint32_t record(Frame& frame, SectionKind kind, Context context);
  void add_arguments(const Frame& frame, SectionKind kind, Context context);
  bool check_argument(const ScannedArgument& argument, std::uint32_t first, std::uint32_t next);
  std::uint32_t duplicate_of(std::string_view key, std::uint32_t first, std::uint32_t next);
  std::uint32_t enter_key(std::string_view key, std::uint32_t argument);
  void remember(SectionKind kind, Context context, std::uint32_t section);
  void include(Frame& frame, std::uint32_t section);
  bool check_cycle(FileId file, Span place);

  SourceSet& sources_;
  Records& records_;
  ValueCompiler& values_;
  Diagnostics& diagnostics_;
  std::vector<std::unique_ptr<Frame>> frames_;
  Segments<PendingValue> pending_;
  std::array<Span, 4> wrappers_{};  ///< Those of the machine or template that is being read.

  /// Keys of the current section by hash; an entry counts if it has the section's stamp.
  struct KeySlot {
    std::uint32_t stamp = 0;
    std::uint32_t argument = 0;
  };
  std::vector<KeySlot> keys_;
  std::uint32_t stamp_ = 0;
};

}  // namespace elvis::ndl
