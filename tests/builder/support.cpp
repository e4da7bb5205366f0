// SPDX-License-Identifier: MIT
#include "support.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "elvis/util/assert.hpp"

namespace elvis::test {

Scenario::Scenario(std::string text, const PlanOptions& options,
                   std::span<const ndl::Setting> settings, ndl::Diagnostics::Mode mode)
    : Scenario{ndl::SourceSet::Disk::closed, mode} {
  sources_.offer("sim.ndl", std::move(text));
  read("sim.ndl", options, settings);
}

std::unique_ptr<Scenario> Scenario::shipped(const std::string& name,
                                            std::span<const ndl::Setting> settings) {
  std::unique_ptr<Scenario> scenario{
      new Scenario{ndl::SourceSet::Disk::open, ndl::Diagnostics::Mode::strict}};
  scenario->read(std::string{ELVIS_NDL} + "/" + name, {}, settings);
  return scenario;
}

void Scenario::read(const std::string& path, const PlanOptions& options,
                    std::span<const ndl::Setting> settings) {
  description_ = ndl::read_description(sources_, path, settings, diagnostics_);
  if (description_) plan_ = make_plan(*description_, options, diagnostics_);
  complaints_ = ndl::render(diagnostics_, sources_);
}

std::unique_ptr<World> Scenario::build(std::uint64_t seed, bool full_digest) const {
  return elvis::build(*plan_, {.seed = seed, .full_digest = full_digest});
}

std::string data(const std::string& name) {
  return std::string{ELVIS_TEST_DATA} + "/builder/" + name;
}

std::string content(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

Machine& machine_called(World& world, std::string_view name) {
  for (std::size_t i = 0; i < world.machine_count(); ++i) {
    if (world.machine(i).name() == name) return world.machine(i);
  }
  ELVIS_UNREACHABLE();
}

const Application& application_of(World& world, std::string_view name) {
  return *machine_called(world, name).first_application();
}

std::string address_of(World& world, std::string_view name, std::size_t tap) {
  return machine_called(world, name).taps()[tap].address().to_string();
}

std::string on_lan(std::string_view pool, std::string_view machines, std::string_view network) {
  return fmt::format("[Networks]\n    [Network id='lan' {}]\n{}[Machines]\n{}", network, pool,
                     machines);
}

std::string machine(std::string_view name, std::string_view applications, std::string_view more) {
  return fmt::format(
      "    [Machine name='{}' {}]\n"
      "        [Networks]\n"
      "            [Network id='lan']\n"
      "        [Protocols]\n"
      "            [Protocol name='IPv4']\n"
      "            [Protocol name='UDP']\n"
      "        [Applications]\n"
      "{}",
      name, more, applications);
}

}  // namespace elvis::test
