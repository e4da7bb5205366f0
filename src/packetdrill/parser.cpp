// SPDX-License-Identifier: MIT
#include "parser.hpp"

#include <fmt/format.h>

#include <utility>

namespace elvis::packetdrill {

using ndl::quoted;

// ===== Everywhere =====

bool Parser::fail(Span span, std::string text) {
  diagnostics_.error(span, std::move(text));
  return false;
}

bool Parser::expect(char symbol, const char* where) {
  const Token token = scanner_.take();
  if (token.is(symbol)) return true;
  if (token.kind == Token::Kind::end) {
    return fail(token.span, fmt::format("the script ends where `{}` is due {}", symbol, where));
  }
  return fail(token.span,
              fmt::format("expected `{}` {}, got {}", symbol, where, quoted(token.text)));
}

bool Parser::take_if(char symbol) {
  if (!scanner_.peek().is(symbol)) return false;
  scanner_.take();
  return true;
}

bool Parser::parse_number(std::int64_t least, std::int64_t most, const char* what,
                          std::int64_t& number) {
  const Token token = scanner_.take();
  if (token.kind != Token::Kind::number && token.kind != Token::Kind::hex) {
    return fail(token.span, fmt::format("expected {}, got {}", what, quoted(token.text)));
  }
  if (token.number < least || token.number > most) {
    return fail(token.span, fmt::format("{} is out of range: {} to {}", what, least, most));
  }
  number = token.number;
  return true;
}

// ===== The head of a script =====

std::optional<Script> Parser::parse() {
  Script script;
  if (!parse_options(script)) return std::nullopt;
  if (scanner_.peek().kind == Token::Kind::command) {
    const Token command = scanner_.take();
    script.first_command = CommandEvent{command.text};
    script.first_command_span = command.span;
  }
  for (;;) {
    const Token& token = scanner_.peek();
    if (token.kind == Token::Kind::end) break;
    if (token.kind == Token::Kind::command) {
      script.last_command = CommandEvent{scanner_.take().text};
      if (scanner_.peek().kind == Token::Kind::end) break;
      fail(scanner_.peek().span, "a command without a time stands at the begin or at the end");
      return std::nullopt;
    }
    if (!parse_event(script)) return std::nullopt;
  }
  if (scanner_.has_failed()) return std::nullopt;
  if (script.events.empty()) {
    fail(scanner_.peek().span, "there is no event in this script");
    return std::nullopt;
  }
  return script;
}

bool Parser::parse_options(Script& script) {
  for (;;) {
    const Token& token = scanner_.peek();
    const bool is_define = token.is('-');
    if (token.kind != Token::Kind::option && !is_define) return true;
    if (!parse_option(script)) return false;
  }
}

bool Parser::parse_option(Script& script) {
  Token name = scanner_.take();
  if (name.is('-')) {
    const Token letter = scanner_.take_raw("");
    if (letter.text == "v") return true;
    if (letter.text == "D") return parse_define(scanner_.take_raw("=\""));
    return fail(letter.span, fmt::format("there is no option {}", quoted("-" + letter.text)));
  }
  ScriptOption option{name.text, {}, name.span};
  if (take_if('=')) {
    if (option.name == "define") return parse_define(scanner_.take_raw("=\""));
    const char quote = scanner_.follows();
    const Token value = quote == '"' || quote == '`'
                            ? scanner_.take()
                            : scanner_.take_raw("`\"", Scanner::Blanks::end_it);
    if (value.text.empty() && value.kind == Token::Kind::word) {
      return fail(name.span, fmt::format("{} has no value behind its `=`", quoted(name.text)));
    }
    option.value = value.text;
    option.span.end = value.span.end;
  }
  script.options.push_back(std::move(option));
  return true;
}

// The name is taken; `=value` follows.
bool Parser::parse_define(Token name) {
  if (name.text.empty()) return fail(name.span, "a definition needs NAME=value");
  if (!expect('=', "behind the name of a definition")) return false;
  const char quote = scanner_.follows();
  std::string value = quote == '"' || quote == '`'
                          ? quote + scanner_.take().text + quote
                          : scanner_.take_raw("", Scanner::Blanks::end_it).text;
  definitions_[name.text] = std::move(value);
  return true;
}

// ===== Events =====

bool Parser::parse_seconds(Duration& seconds) {
  const Token token = scanner_.take();
  if (token.kind != Token::Kind::number && token.kind != Token::Kind::decimal) {
    return fail(token.span, fmt::format("expected a time in seconds, got {}", quoted(token.text)));
  }
  if (token.text.starts_with('-')) return fail(token.span, "a time is not negative");
  // Exactly, to the nanosecond: no rounding of binary fractions decides when something happens.
  constexpr std::int64_t most_seconds = 1'000'000'000;
  const std::size_t point = std::min(token.text.find('.'), token.text.size());
  std::int64_t whole = 0;
  for (const char digit : token.text.substr(0, point)) {
    whole = 10 * whole + (digit - '0');
    if (whole > most_seconds) return fail(token.span, "this time is too long");
  }
  std::int64_t nanoseconds = 0;
  std::int64_t unit = 100'000'000;
  for (std::size_t at = point + 1; at < token.text.size(); ++at) {
    nanoseconds += unit * (token.text[at] - '0');
    unit /= 10;
  }
  seconds = Duration{whole * 1'000'000'000 + nanoseconds};
  return true;
}

bool Parser::parse_time(EventTime& time) {
  if (take_if('*')) {
    time.kind = EventTime::Kind::any;
    return true;
  }
  const bool is_relative = take_if('+');
  if (!parse_seconds(time.from)) return false;
  time.kind = is_relative ? EventTime::Kind::relative : EventTime::Kind::absolute;
  time.to = time.from;
  if (!take_if('~')) return true;
  time.kind = is_relative ? EventTime::Kind::relative_range : EventTime::Kind::absolute_range;
  const Span span = scanner_.peek().span;
  const bool is_end_relative = take_if('+');
  if (is_end_relative && !is_relative) {
    return fail(span, "the range begins with an absolute time and ends with a relative one");
  }
  if (!parse_seconds(time.to)) return false;
  if (time.to < time.from) return fail(span, "this range of times is backwards");
  return true;
}

const char* Parser::mistake_of(const Event& event) {
  const auto* const packet = std::get_if<PacketEvent>(&event.what);
  if (packet != nullptr && !packet->is_inbound) return nullptr;
  if (event.time.kind == EventTime::Kind::any) return "`*` is for packets that are expected";
  if (event.time.is_range()) return "a range of times is for packets that are expected";
  return nullptr;
}

bool Parser::parse_event(Script& script) {
  Event event;
  event.span = scanner_.peek().span;
  const Token& first = scanner_.peek();
  if (first.kind != Token::Kind::number && first.kind != Token::Kind::decimal && !first.is('+') &&
      !first.is('*')) {
    return fail(first.span,
                fmt::format("expected the time of an event, got {}", quoted(first.text)));
  }
  if (!parse_time(event.time)) return false;
  const Token& token = scanner_.peek();
  if (token.is('<') || token.is('>')) {
    PacketEvent packet;
    if (!parse_packet(packet)) return false;
    event.what = std::move(packet);
  } else if (token.kind == Token::Kind::command) {
    event.what = CommandEvent{scanner_.take().text};
  } else if (token.kind == Token::Kind::code) {
    Token code = scanner_.take();
    event.what = CodeEvent{code.text, {code.span.begin + 2, code.span.end - 2}};
  } else if (token.kind == Token::Kind::word || token.kind == Token::Kind::ellipsis) {
    if (!parse_call(event)) return false;
  } else {
    return fail(token.span,
                fmt::format("expected a packet, a system call, a command or code, got {}",
                            quoted(token.text)));
  }
  event.span.end = scanner_.last_end();
  if (const char* const mistake = mistake_of(event)) {
    return fail(event.span, mistake);
  }
  script.events.push_back(std::move(event));
  return !scanner_.has_failed();
}

bool Parser::parse_call(Event& event) {
  CallEvent call;
  const Token& first = scanner_.peek();
  if (first.kind == Token::Kind::ellipsis) {
    const Span span = scanner_.take().span;
    Duration end{};
    if (!parse_seconds(end)) return false;
    if (end < event.time.from) return fail(span, "this call ends before it begins");
    call.end = end;
  }
  const Token name = scanner_.take();
  if (name.kind != Token::Kind::word) {
    return fail(name.span,
                fmt::format("expected the name of a system call, got {}", quoted(name.text)));
  }
  call.name = name.text;
  if (!expect('(', "behind the name of a system call")) return false;
  if (!parse_expressions(call.arguments, ')')) return false;
  if (!expect('=', "in front of a system call's result")) return false;
  if (!parse_expression(call.result)) return false;
  if (!parse_end_of_call(call)) return false;
  event.what = std::move(call);
  return true;
}

// `ECONNREFUSED (Connection refused)`, or a note alone, or nothing.
bool Parser::parse_end_of_call(CallEvent& call) {
  if (scanner_.peek().kind == Token::Kind::word) call.error = scanner_.take().text;
  if (!scanner_.peek().is('(')) return true;
  scanner_.take();
  scanner_.take_through(')');
  return !scanner_.has_failed();
}

std::optional<Script> parse_script(const ndl::SourceSet& sources, ndl::FileId file,
                                   Definitions& definitions, ndl::Diagnostics& diagnostics) {
  const std::size_t errors = diagnostics.error_count();
  Scanner scanner{sources.text(file), sources.begin(file), definitions, diagnostics};
  std::optional<Script> script = Parser{scanner, definitions, diagnostics}.parse();
  if (diagnostics.error_count() != errors) return std::nullopt;
  return script;
}

}  // namespace elvis::packetdrill
