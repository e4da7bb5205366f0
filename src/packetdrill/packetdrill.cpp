// SPDX-License-Identifier: MIT
#include "elvis/packetdrill/packetdrill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "elvis/ndl/diagnostics.hpp"
#include "elvis/ndl/source.hpp"
#include "parser.hpp"
#include "process.hpp"
#include "runner.hpp"
#include "setup.hpp"

namespace elvis::packetdrill {

namespace {

// The diagnostics as text, without the count at their end.
std::string drawn(ndl::Diagnostics& diagnostics, const ndl::SourceSet& sources,
                  const RunOptions& options) {
  std::string text = ndl::render(diagnostics, sources, {.colour = options.has_colour});
  if (text.size() < 2) return text;
  return text.substr(0, text.rfind('\n', text.size() - 2) + 1);
}

Verdict wrong(ndl::Diagnostics& diagnostics, const ndl::SourceSet& sources,
              const RunOptions& options) {
  return {Verdict::Kind::wrong, drawn(diagnostics, sources, options), {}};
}

// Flags of the head first, as those of the command line are stronger.
void apply_flags(Setup& setup, const Script& script, const RunOptions& options,
                 ndl::Diagnostics& diagnostics) {
  for (const ScriptOption& option : script.options) {
    std::string mistake = setup.apply_flag(option.name, option.value);
    if (!mistake.empty()) diagnostics.error(option.span, std::move(mistake));
  }
  for (const auto& [name, value] : options.flags) {
    std::string mistake = setup.apply_flag(name, value);
    if (!mistake.empty()) diagnostics.error({}, std::move(mistake));
  }
}

void check_calls(const Script& script, ndl::Diagnostics& diagnostics) {
  for (const Event& event : script.events) {
    const auto* const call = std::get_if<CallEvent>(&event.what);
    if (call == nullptr || Process::knows(call->name)) continue;
    diagnostics.error(event.span,
                      "the system call " + ndl::quoted(call->name) + " is not supported");
  }
}

bool is_named(const Expression& expression, std::string_view word) {
  if (expression.kind == Expression::Kind::word) return expression.word == word;
  return std::any_of(expression.parts.begin(), expression.parts.end(),
                     [word](const Expression& part) { return is_named(part, word); });
}

// What a script needs that is not there at all is said at once, not where it first shows.
void check_features(const Script& script, bool only_parses, ndl::Diagnostics& diagnostics) {
  constexpr const char* no_digests = "digests of segments (RFC 2385) are not supported";
  for (const Event& event : script.events) {
    const char* missing = nullptr;
    if (const auto* const packet = std::get_if<PacketEvent>(&event.what)) {
      if (!packet->encapsulation.empty() && !only_parses) {
        diagnostics.error(event.span, fmt::format("encapsulation in {} is not supported",
                                                  ndl::quoted(packet->encapsulation)));
        return;
      }
      if (packet->is_inbound) continue;
      if (packet->packet.option(TcpOption::Kind::md5) != nullptr) missing = no_digests;
    } else if (const auto* const call = std::get_if<CallEvent>(&event.what)) {
      for (const Expression& argument : call->arguments) {
        for (const char* const name : {"TCP_MD5SIG", "TCP_MD5SIG_EXT"}) {
          if (is_named(argument, name)) missing = no_digests;
        }
        for (const char* const name : {"TCP_AO_ADD_KEY", "TCP_AO_DEL_KEY", "TCP_AO_INFO",
                                       "TCP_AO_GET_KEYS", "TCP_AO_REPAIR"}) {
          if (is_named(argument, name)) missing = "authentication (RFC 5925) is not supported";
        }
        if (is_named(argument, "TCP_ULP")) missing = "there is nothing above TCP here (TCP_ULP)";
        if (is_named(argument, "IPPROTO_SCTP")) missing = "there is no SCTP here";
        if (is_named(argument, "IPPROTO_MPTCP")) missing = "there is no MPTCP here";
        if (is_named(argument, "AF_INET6")) missing = "IPv6 is not supported";
      }
    }
    if (missing == nullptr) continue;
    diagnostics.error(event.span, missing);
    return;
  }
}

Verdict run_loaded(const ndl::SourceSet& sources, std::optional<ndl::FileId> file,
                   ndl::Diagnostics& diagnostics, const RunOptions& options) {
  // The cookies that Linux gives to the script's usual ends by the key of its defaults.sh, and by
  // one of zeros; its scripts call them so.
  Definitions definitions{{"TFO_COOKIE", "3021b9d889017eeb"},
                          {"TFO_COOKIE_ZERO", "b7c12350a90dc8f5"}};
  for (const auto& [name, value] : options.definitions) definitions[name] = value;
  std::optional<Script> script;
  if (file) script = parse_script(sources, *file, definitions, diagnostics);
  if (!script || diagnostics.has_errors()) return wrong(diagnostics, sources, options);
  Setup setup{options.layout, *script};
  apply_flags(setup, *script, options, diagnostics);
  check_features(*script, options.only_parses || setup.only_parses, diagnostics);
  if (!diagnostics.has_errors()) check_calls(*script, diagnostics);
  if (script->first_command) setup.apply_command(script->first_command->text);
  if (!setup.refusal.empty()) diagnostics.error(script->first_command_span, setup.refusal);
  if (diagnostics.has_errors()) return wrong(diagnostics, sources, options);
  if (options.only_parses || setup.only_parses) return {Verdict::Kind::passed, {}, setup.notes};

  const std::optional<Failure> failure = Runner{*script, setup}.run();
  Verdict verdict{Verdict::Kind::passed, {}, setup.notes};
  if (!failure) return verdict;
  verdict.kind = failure->kind;
  diagnostics.error(failure->span, failure->text);
  verdict.report = drawn(diagnostics, sources, options) + failure->details;
  return verdict;
}

}  // namespace

Verdict run_file(const std::string& path, const RunOptions& options) {
  ndl::SourceSet sources;
  ndl::Diagnostics diagnostics;
  const std::optional<ndl::FileId> file = sources.load(path, diagnostics);
  return run_loaded(sources, file, diagnostics, options);
}

Verdict run_text(const std::string& name, const std::string& text, const RunOptions& options) {
  ndl::SourceSet sources{ndl::SourceSet::Disk::closed};
  ndl::Diagnostics diagnostics;
  sources.offer(name, text);
  const std::optional<ndl::FileId> file = sources.load(name, diagnostics);
  return run_loaded(sources, file, diagnostics, options);
}

}  // namespace elvis::packetdrill
