// SPDX-License-Identifier: MIT
// The front end of packetdrill scripts: any bytes give a script or a diagnostic; packets that were
// read are written as something that reads the same; code runs or says what is wrong with it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "elvis/ndl/diagnostics.hpp"
#include "elvis/ndl/source.hpp"
#include "elvis/util/assert.hpp"
#include "src/packetdrill/code.hpp"
#include "src/packetdrill/codec.hpp"
#include "src/packetdrill/parser.hpp"

namespace {

using namespace elvis::packetdrill;
namespace ndl = elvis::ndl;

std::optional<Script> read(const std::string& text) {
  ndl::SourceSet sources{ndl::SourceSet::Disk::closed};
  ndl::Diagnostics diagnostics;
  Definitions definitions;
  sources.offer("a.pkt", text);
  const auto file = sources.load("a.pkt", diagnostics);
  std::optional<Script> script;
  if (file) script = parse_script(sources, *file, definitions, diagnostics);
  ELVIS_ASSERT(script.has_value() || diagnostics.has_errors());
  static_cast<void>(ndl::render(diagnostics, sources));
  return script;
}

void check_packet(const Packet& packet) {
  const std::string text = to_text(packet);
  const auto again = read("0 > " + text + "\n");
  ELVIS_ASSERT(again.has_value());
  ELVIS_ASSERT(to_text(std::get<PacketEvent>(again->events[0].what).packet) == text);
  if (packet.payload_bytes > 1000 || packet.has_any_options) return;
  const Decoded decoded = decode(encode(packet));
  if (packet.kind != Packet::Kind::tcp) return;
  ELVIS_ASSERT(decoded.mistake.empty());
  ELVIS_ASSERT(decoded.packet.flags == packet.flags);
  ELVIS_ASSERT(decoded.packet.payload_bytes == packet.payload_bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto script = read(std::string{reinterpret_cast<const char*>(data), size});
  if (!script) return 0;
  CodeNames names{{"tcpi_snd_cwnd", std::int64_t{10}}};
  for (const Event& event : script->events) {
    if (const auto* const packet = std::get_if<PacketEvent>(&event.what)) {
      check_packet(packet->packet);
    } else if (const auto* const code = std::get_if<CodeEvent>(&event.what)) {
      static_cast<void>(run_code(code->text, names));
    }
  }
  return 0;
}
