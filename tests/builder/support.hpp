// SPDX-License-Identifier: MIT
// What tests of the builder start from: a scenario's text on its way to a world.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "elvis/builder/build.hpp"
#include "elvis/builder/plan.hpp"
#include "elvis/graph/world.hpp"
#include "elvis/ndl/front_end.hpp"

namespace elvis::test {

/// A scenario, read and planned.
class Scenario {
 public:
  /// The scenario with this text, called `sim.ndl`.
  explicit Scenario(std::string text, const PlanOptions& options = {},
                    std::span<const ndl::Setting> settings = {},
                    ndl::Diagnostics::Mode mode = ndl::Diagnostics::Mode::tolerant);
  /// A scenario that ships.
  static std::unique_ptr<Scenario> shipped(const std::string& name,
                                           std::span<const ndl::Setting> settings = {});

  /// What a person gets to read, if anything is wrong.
  const std::string& complaints() const { return complaints_; }
  bool has_plan() const { return plan_.has_value(); }
  const Plan& plan() const { return *plan_; }
  std::unique_ptr<World> build(std::uint64_t seed = 1, bool full_digest = false) const;

 private:
  Scenario(ndl::SourceSet::Disk disk, ndl::Diagnostics::Mode mode)
      : sources_{disk}, diagnostics_{mode} {}
  void read(const std::string& path, const PlanOptions& options,
            std::span<const ndl::Setting> settings);

  ndl::SourceSet sources_;
  ndl::Diagnostics diagnostics_;
  std::optional<ndl::Description> description_;
  std::optional<Plan> plan_;
  std::string complaints_;
};

/// Where the files of tests/builder are.
std::string data(const std::string& name);

/// The content of a file.
std::string content(const std::string& path);

/// The machine called `name`.
Machine& machine_called(World& world, std::string_view name);

/// The first application of the machine called `name`.
const Application& application_of(World& world, std::string_view name);

/// The own address of the machine's tap `tap`, as text.
std::string address_of(World& world, std::string_view name, std::size_t tap = 0);

/// A scenario with one network `lan`, whose section holds `network` and lines `pool`, and the
/// machines `machines`.
std::string on_lan(std::string_view pool, std::string_view machines, std::string_view network = "");

/// A machine on `lan` with IPv4 and UDP, whose section holds `more` and whose applications are the
/// lines `applications`.
std::string machine(std::string_view name, std::string_view applications,
                    std::string_view more = "");

}  // namespace elvis::test
