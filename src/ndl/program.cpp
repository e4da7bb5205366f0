// SPDX-License-Identifier: MIT
#include "program.hpp"

#include "elvis/util/assert.hpp"

namespace elvis::ndl {

Op make_op(OpCode code, std::uint32_t place, std::int64_t number) {
  Op op{};
  op.number = number;
  op.place = place;
  op.code = static_cast<std::uint32_t>(code) & 0xfU;
  return op;
}

Op make_text_op(std::string_view text, std::uint32_t place) {
  Op op = make_op(OpCode::text, place);
  op.text = text.data();
  op.length = static_cast<std::uint32_t>(text.size()) & 0xfff'ffffU;
  return op;
}

std::string_view to_string(Fault fault) {
  switch (fault) {
    case Fault::overflow:
      return "the result does not fit into 64 bits";
    case Fault::division_by_zero:
      return "division by zero";
    case Fault::none:
      break;
  }
  return "";
}

Fault calculate(OpCode code, std::int64_t a, std::int64_t b, std::int64_t& result) {
  bool overflows = false;
  switch (code) {
    case OpCode::negate:
      overflows = __builtin_sub_overflow(0, b, &result);
      break;
    case OpCode::add:
      overflows = __builtin_add_overflow(a, b, &result);
      break;
    case OpCode::subtract:
      overflows = __builtin_sub_overflow(a, b, &result);
      break;
    case OpCode::multiply:
      overflows = __builtin_mul_overflow(a, b, &result);
      break;
    case OpCode::divide:
    case OpCode::modulo:
      if (b == 0) return Fault::division_by_zero;
      if (b == -1) {
        // The smallest integer has no negative, so that even its remainder would trap.
        if (code == OpCode::divide) return calculate(OpCode::negate, 0, a, result);
        result = 0;
        return Fault::none;
      }
      result = code == OpCode::divide ? a / b : a % b;
      break;
    default:
      ELVIS_UNREACHABLE();
  }
  return overflows ? Fault::overflow : Fault::none;
}

}  // namespace elvis::ndl
