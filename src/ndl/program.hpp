// SPDX-License-Identifier: MIT
// What a value with `${…}` is compiled to: a few operations, run once per machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "elvis/ndl/section.hpp"

namespace elvis::ndl {

/// What an operation does. Arithmetic takes its operands from a stack of integers.
enum class OpCode : std::uint8_t {
  text,    ///< Appends a text to the result.
  name,    ///< Appends the machine's name.
  number,  ///< Pushes a constant.
  index,   ///< Pushes the machine's index.
  negate,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  append,  ///< Pops a number and appends it in decimal.
};

/// One operation. `place` is what a mistake in it points at.
struct Op {
  union {
    std::int64_t number;
    const char* text;
  };
  std::uint32_t place;
  std::uint32_t length : 28;  ///< Of the text.
  std::uint32_t code : 4;

  OpCode op_code() const { return static_cast<OpCode>(code); }
  std::string_view view() const { return {text, length}; }
};

/// The longest text of one operation.
inline constexpr std::size_t max_op_text = std::size_t{1} << 24;

Op make_op(OpCode code, std::uint32_t place, std::int64_t number = 0);
Op make_text_op(std::string_view text, std::uint32_t place);

/// The most integers that a program may keep at a time; the compiler sees to it.
inline constexpr std::size_t max_program_stack = 256;

/// Why an operation has no result.
enum class Fault : std::uint8_t { none, overflow, division_by_zero };

/// The clause that says so.
std::string_view to_string(Fault fault);

/// `a` op `b` in 64-bit integers; division rounds toward zero and the remainder has the sign of
/// `a`, as in C++. A negation uses `b` only.
Fault calculate(OpCode code, std::int64_t a, std::int64_t b, std::int64_t& result);

/// What went wrong at which place.
struct ProgramFault {
  Fault fault;
  std::uint32_t place;
};

/// Runs a program of `count` operations, `op_at(i)` being the i-th, and appends to `out`.
template <typename OpAt>
std::optional<ProgramFault> run_program(const OpAt& op_at, std::size_t count,
                                        const Instance& instance, std::string& out) {
  std::int64_t stack[max_program_stack];
  std::size_t top = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Op& op = op_at(i);
    switch (op.op_code()) {
      case OpCode::text:
        out += op.view();
        break;
      case OpCode::name:
        out += instance.name;
        break;
      case OpCode::number:
        stack[top++] = op.number;
        break;
      case OpCode::index:
        stack[top++] = static_cast<std::int64_t>(instance.index);
        break;
      case OpCode::append:
        out += std::to_string(stack[--top]);
        break;
      default: {
        const std::int64_t right = stack[--top];
        const std::int64_t left = op.op_code() == OpCode::negate ? 0 : stack[--top];
        const Fault fault = calculate(op.op_code(), left, right, stack[top]);
        if (fault != Fault::none) return ProgramFault{fault, op.place};
        ++top;
      }
    }
  }
  return std::nullopt;
}

}  // namespace elvis::ndl
