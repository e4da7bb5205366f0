// SPDX-License-Identifier: MIT
#include "value_compiler.hpp"

#include <algorithm>

namespace elvis::ndl {

namespace {

/// Bytes that values may always become longer by.
constexpr std::size_t free_growth = std::size_t{1} << 26;

std::uint8_t nibble(char c) {
  if (c <= '9') return static_cast<std::uint8_t>(c - '0');
  return static_cast<std::uint8_t>((c | 0x20) - 'a' + 10);
}

}  // namespace

void ValueCompiler::compile(std::uint32_t argument, Scope scope) {
  ArgumentRecord& record = records_.arguments[argument];
  const Span place = records_.value_span(argument);
  const std::string_view raw = records_.sources.text(place);
  const auto raw_length = static_cast<std::uint32_t>(raw.size());
  ops_.clear();
  record.state = ValueState::broken;
  if (!compile_parts(raw, place.begin, scope, records_.key(argument))) return;

  const auto varies = [](const Op& op) {
    return op.op_code() == OpCode::index || op.op_code() == OpCode::name;
  };
  if (std::none_of(ops_.begin(), ops_.end(), varies)) {
    scratch_.clear();
    run_program([this](std::size_t i) -> const Op& { return ops_[i]; }, ops_.size(), {}, scratch_);
    if (!check_length(scratch_.size() > raw.size() ? scratch_.size() - raw.size() : 0, place))
      return;
    const std::string_view text = records_.keep(scratch_);
    record.value = records_.cooked.push_back(
        {text.data(), static_cast<std::uint32_t>(text.size()), raw_length});
    record.state = ValueState::cooked;
    return;
  }
  const auto first = static_cast<std::uint32_t>(records_.ops.size());
  for (const Op& op : ops_) records_.ops.push_back(op);
  record.value =
      records_.programs.push_back({first, static_cast<std::uint32_t>(ops_.size()), raw_length});
  record.state = ValueState::program;
}

/// Cuts the value at its expressions.
bool ValueCompiler::compile_parts(std::string_view raw, std::uint32_t begin, Scope scope,
                                  std::string_view key) {
  bool is_good = true;
  std::size_t bytes = 0;
  std::size_t from = 0;
  std::size_t at = 0;
  while (at < raw.size()) {
    if (raw[at] == '\\') {
      at += 2;
    } else if (raw[at] == '$' && at + 1 < raw.size() && raw[at + 1] == '{') {
      literal(raw.substr(from, at - from), begin + static_cast<std::uint32_t>(from));
      const std::size_t ops = ops_.size();
      is_good = expressions_.compile(raw, begin, at, scope, key, ops_) && is_good;
      for (std::size_t i = ops; is_good && i < ops_.size(); ++i) {
        if (ops_[i].op_code() == OpCode::text) bytes += ops_[i].length;
      }
      if (bytes > max_bytes) {
        diagnostics_.error({begin, begin + static_cast<std::uint32_t>(raw.size())},
                           "the value becomes longer than 1 MiB");
        return false;
      }
      from = at;
    } else {
      ++at;
    }
  }
  literal(raw.substr(std::min(from, raw.size())), begin + static_cast<std::uint32_t>(from));
  return is_good;
}

void ValueCompiler::literal(std::string_view raw, std::uint32_t begin) {
  if (raw.empty()) return;
  std::string_view text = raw;
  if (raw.find('\\') != std::string_view::npos || raw.find('\r') != std::string_view::npos) {
    unescape(raw);
    text = records_.keep(scratch_);
  }
  for (; !text.empty(); text.remove_prefix(std::min(text.size(), max_op_text))) {
    ops_.push_back(make_text_op(text.substr(0, max_op_text), begin));
  }
}

/// Writes what `raw` means to scratch_. Its escapes are known to be good.
void ValueCompiler::unescape(std::string_view raw) {
  scratch_.clear();
  for (std::size_t at = 0; at < raw.size(); ++at) {
    if (raw[at] == '\r' && at + 1 < raw.size() && raw[at + 1] == '\n') continue;
    if (raw[at] != '\\' || at + 1 >= raw.size()) {
      scratch_ += raw[at];
      continue;
    }
    const char c = raw[++at];
    if (c == 'x' && at + 2 < raw.size()) {
      scratch_ += static_cast<char>(nibble(raw[at + 1]) << 4 | nibble(raw[at + 2]));
      at += 2;
    } else {
      scratch_ += c == 'n' ? '\n' : c == 't' ? '\t' : c;
    }
  }
}

/// Whether there is room for a value that became longer by `bytes`.
bool ValueCompiler::check_length(std::size_t bytes, Span place) {
  growth_ += bytes;
  const std::size_t text = records_.sources.text(records_.sources.file_of(place.begin)).size();
  if (growth_ <= free_growth + max_growth * text) return true;
  diagnostics_.error(place, "the values of the scenario become too long");
  return false;
}

}  // namespace elvis::ndl
