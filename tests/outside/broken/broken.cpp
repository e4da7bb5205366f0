// SPDX-License-Identifier: MIT
// A plug-in that is wrong in the way that the environment says.
#include <cstdlib>
#include <elvis/plugin.hpp>
#include <stdexcept>
#include <string_view>

namespace {

using namespace elvis;

struct NoOptions final : ApplicationOptions {
  void visit(OptionVisitor&) override {}
};

Task<Result<>> nothing(Application&, const NoOptions&) {
  co_return Result<>{};
}

class Idle final : public Protocol {
 public:
  Idle(Machine& machine, const NoOptions&) : Protocol{machine, ProtocolId::udp} {}
  void demux(Message&& message, Arrival&) override { machine().drop(Drop::no_listener, message); }
};

constexpr std::array<std::string_view, 1> needs_nobody{"Nobody"};
constexpr std::array taken{application_kind<nothing>("Capture", "", Ends::yes)};
constexpr std::array needy{application_kind<nothing>("needy", "", Ends::yes, needs_nobody)};
constexpr std::array lacking{ApplicationKind{.name = "lacking", .has_end = true}};
constexpr std::array number{protocol_kind<Idle, NoOptions>("Idle", "", ProtocolId::udp, {})};
constexpr std::array planned{protocol_kind<Idle, NoOptions>("dns", "", over_ipv4(254), {})};

Plugin plugin;

}  // namespace

extern "C" const Plugin* elvis_plugin() {
  const char* const text = std::getenv("BROKEN");
  const std::string_view how = text != nullptr ? text : "";
  if (how == "throws") throw std::runtime_error{"no licence"};
  if (how == "magic") plugin.stamp.magic[7] = '0';
  if (how == "version") plugin.stamp.version = "0.0.9";
  if (how == "headers") plugin.stamp.headers ^= 1;
  if (how == "layout") {
    plugin.stamp.layout ^= 1;
    plugin.stamp.compiler = "Some Compiler 1.0";
  }
  if (how == "taken") plugin.applications = taken;
  if (how == "needy") plugin.applications = needy;
  if (how == "lacking") plugin.applications = lacking;
  if (how == "number") plugin.protocols = number;
  if (how == "planned") plugin.protocols = planned;
  return how == "null" ? nullptr : &plugin;
}
