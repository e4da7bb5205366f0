// SPDX-License-Identifier: MIT
// Script: a parsed script, with the place in the text that each part came from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "elvis/ndl/source.hpp"
#include "elvis/util/units.hpp"
#include "packet.hpp"

namespace elvis::packetdrill {

using ndl::Span;

/// An argument or a result of a system call.
struct Expression {
  enum class Kind : std::uint8_t {
    ellipsis,  ///< `...`: anything
    number,    ///< `-1`, `0x10`
    word,      ///< `SOL_SOCKET`
    text,      ///< `"abc"`
    either,    ///< `O_RDWR|O_NONBLOCK`: of its parts
    list,      ///< `[1, 2]`: its parts
    record,    ///< `{sa_family=AF_INET, ...}`: its parts, of which `field` is the name
    call,      ///< `htons(8080)`: a word and its arguments
  };

  Kind kind = Kind::ellipsis;
  Span span;
  std::int64_t number = 0;
  std::string word;   ///< Of a word, a call or a text.
  std::string field;  ///< The name in front of `=`, if this is a named part.
  std::vector<Expression> parts;

  bool is_ellipsis() const { return kind == Kind::ellipsis; }
  /// The part of a record with this name, or null.
  const Expression* part(std::string_view name) const;
};

/// When an event takes place.
struct EventTime {
  enum class Kind : std::uint8_t { absolute, relative, absolute_range, relative_range, any };

  Kind kind = Kind::absolute;
  Duration from{};
  Duration to{};  ///< Of ranges.

  bool is_relative() const { return kind == Kind::relative || kind == Kind::relative_range; }
  bool is_range() const { return kind == Kind::absolute_range || kind == Kind::relative_range; }
};

struct PacketEvent {
  bool is_inbound = true;  ///< `<`: towards the stack under test.
  Packet packet;
  std::string encapsulation;  ///< What stands around it first, such as `ipv4`; or empty.
};

struct CallEvent {
  std::string name;
  std::vector<Expression> arguments;
  std::optional<Duration> end;  ///< Of a call that blocks; on the same scale as the start.
  Expression result;
  std::string error;  ///< `ECONNREFUSED`, or empty.
};

/// A shell command between backquotes.
struct CommandEvent {
  std::string text;
};

/// Python between `%{` and `}%`.
struct CodeEvent {
  std::string text;
  Span span;  ///< Of `text`.
};

struct Event {
  EventTime time;
  Span span;  ///< Of the whole event.
  std::variant<PacketEvent, CallEvent, CommandEvent, CodeEvent> what;
};

/// An option in the head of a script: `--mss=1000`.
struct ScriptOption {
  std::string name;
  std::string value;
  Span span;
};

struct Script {
  std::vector<ScriptOption> options;
  std::optional<CommandEvent> first_command;
  Span first_command_span;
  std::vector<Event> events;
  std::optional<CommandEvent> last_command;
};

}  // namespace elvis::packetdrill
