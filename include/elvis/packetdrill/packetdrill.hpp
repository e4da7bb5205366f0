// SPDX-License-Identifier: MIT
// Runs scripts in packetdrill's language against the stack, in virtual time.
//
// A script is a time line of system calls, packets that come from a remote end which the script
// plays, and packets that the stack is expected to send (Cardwell et al., "packetdrill: Scriptable
// Network Stack Testing, from Sockets to Packets", USENIX ATC 2013). docs/packetdrill.md says what
// of the language there is.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace elvis::packetdrill {

/// Whose TCP a script was written for: its defaults, and the order of its options.
enum class Layout : std::uint8_t {
  automatic,     ///< As the script's commands tell, else Elvis's own; any order of options will do.
  like_linux,    ///< mss, sackOK, TS, nop, wscale.
  like_freebsd,  ///< mss, nop, wscale, sackOK, TS.
  rfc,           ///< The RFCs' own values of timers; any order of options will do.
};

struct RunOptions {
  Layout layout = Layout::automatic;
  /// As in the head of a script, and stronger: {"tolerance_usecs", "10000"}.
  std::vector<std::pair<std::string, std::string>> flags;
  /// Words that the script uses for something else.
  std::vector<std::pair<std::string, std::string>> definitions;
  bool only_parses = false;  ///< Nothing is run.
  bool has_colour = false;   ///< In `report`.
};

struct Verdict {
  enum class Kind : std::uint8_t {
    passed,
    failed,  ///< The stack did something else than what the script expects.
    wrong,   ///< The script cannot be read, or asks for what is not there.
  };

  Kind kind = Kind::passed;
  std::string report;              ///< What went wrong, for people; empty if nothing did.
  std::vector<std::string> notes;  ///< What of the script had no effect.
};

/// Runs the script in the file `path`.
Verdict run_file(const std::string& path, const RunOptions& options);
/// Runs the script `text`; `name` stands for its file in the report.
Verdict run_text(const std::string& name, const std::string& text, const RunOptions& options);

}  // namespace elvis::packetdrill
