// SPDX-License-Identifier: MIT
#include "elvis/ndl/section.hpp"

#include <fmt/format.h>

#include "records.hpp"

namespace elvis::ndl {

// ===== Argument =====

std::string_view Argument::key() const {
  return records_->key(index_);
}
Span Argument::key_span() const {
  return records_->key_span(index_);
}
Span Argument::span() const {
  return records_->value_span(index_);
}

Span Argument::span_of(std::size_t offset, std::size_t length) const {
  const Span whole = span();
  const std::size_t bytes = whole.end - whole.begin;
  if (records_->arguments[index_].state != ValueState::plain || offset + length > bytes)
    return whole;
  const std::uint32_t begin = whole.begin + static_cast<std::uint32_t>(offset);
  return {begin, begin + static_cast<std::uint32_t>(length)};
}

bool Argument::is_broken() const {
  return records_->arguments[index_].state == ValueState::broken;
}
bool Argument::varies() const {
  return records_->arguments[index_].state == ValueState::program;
}
std::string_view Argument::text() const {
  return records_->text(index_);
}

std::optional<std::string_view> Argument::evaluate(const Instance& instance, std::string& buffer,
                                                   Diagnostics& diagnostics) const {
  const ArgumentRecord& record = records_->arguments[index_];
  if (record.state == ValueState::broken) return std::nullopt;
  if (record.state != ValueState::program) return text();
  const ProgramRecord& program = records_->programs[record.value];
  const auto op_at = [&](std::size_t i) -> const Op& {
    return records_->ops[program.first_op + i];
  };
  buffer.clear();
  const auto fault = run_program(op_at, program.op_count, instance, buffer);
  if (!fault) return buffer;
  // The same mistake of many machines is one: the text does not say which machine it was.
  std::vector<Note> notes = origin();
  notes.push_back({span(), fmt::format("for machine {}, whose index is {}", quoted(instance.name),
                                       instance.index)});
  diagnostics.error({fault->place, fault->place + 1}, std::string{to_string(fault->fault)},
                    std::move(notes));
  return std::nullopt;
}

Reading<std::string> Argument::read_file(std::string_view name) const {
  const SourceSet& sources = records_->sources;
  const std::string_view here = sources.name(sources.file_of(key_span().begin));
  std::string path{name.starts_with('/') ? std::string_view{}
                                         : here.substr(0, here.rfind('/') + 1)};
  return sources.read_data(path.append(name));
}

void Argument::mark_read() const {
  records_->arguments[index_].was_read = true;
}
bool Argument::was_read() const {
  return records_->arguments[index_].was_read;
}

std::vector<Note> Argument::origin() const {
  return user_ == nothing ? std::vector<Note>{}
                          : records_->origin(records_->section_of(index_), user_);
}

// ===== Section =====

SectionKind Section::kind() const {
  return records_->sections[index_].kind;
}
Span Section::span() const {
  return records_->section_span(index_);
}
bool Section::is_damaged() const {
  return records_->sections[index_].is_damaged;
}

ViewRange<Argument> Section::arguments() const {
  return {*records_, records_->sections[index_].first_argument, records_->argument_end(index_),
          user_};
}

std::optional<Argument> Section::find(std::string_view key) const {
  const std::uint32_t found = records_->find(index_, key);
  if (found == nothing) return std::nullopt;
  return Argument{*records_, found, user_};
}

std::optional<Argument> Section::read(std::string_view key) const {
  const auto found = find(key);
  if (found) found->mark_read();
  return found;
}

std::string_view Section::name() const {
  const std::uint32_t found = records_->find(index_, "name");
  return found == nothing ? std::string_view{} : records_->text(found);
}

Span Section::name_span() const {
  const std::uint32_t found = records_->find(index_, "name");
  return found == nothing ? span() : records_->value_span(found);
}

std::vector<Note> Section::origin() const {
  return records_->origin(index_, user_);
}

}  // namespace elvis::ndl
