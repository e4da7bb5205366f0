// SPDX-License-Identifier: MIT
// Reads a script from a text, for tests.
#pragma once

#include <optional>
#include <string>

#include "../../src/packetdrill/parser.hpp"
#include "elvis/ndl/diagnostics.hpp"
#include "elvis/ndl/source.hpp"

namespace elvis::packetdrill {

struct Reader {
  explicit Reader(const std::string& text) {
    sources.offer("a.pkt", text);
    const auto file = sources.load("a.pkt", diagnostics);
    if (file) script = parse_script(sources, *file, definitions, diagnostics);
    report = ndl::render(diagnostics, sources);
  }

  const Event& event(std::size_t place) const { return script->events.at(place); }
  const Packet& packet(std::size_t place) const {
    return std::get<PacketEvent>(event(place).what).packet;
  }
  const CallEvent& call(std::size_t place) const { return std::get<CallEvent>(event(place).what); }

  ndl::SourceSet sources{ndl::SourceSet::Disk::closed};
  ndl::Diagnostics diagnostics;
  Definitions definitions;
  std::optional<Script> script;
  std::string report;
};

}  // namespace elvis::packetdrill
