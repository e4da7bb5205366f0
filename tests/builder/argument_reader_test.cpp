// SPDX-License-Identifier: MIT
// Arguments of every type, read for an application that no catalog of ours has.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>

#include "support.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;
using test::Scenario;

constexpr std::array<std::string_view, 3> colours{"red", "green", "blue"};

// One argument of each type.
struct ProbeOptions final : ApplicationOptions {
  std::string text = "none";
  Payload payload;
  std::uint64_t number = 5;
  bool flag = true;
  Duration time = 3s;
  Target to;
  OwnAddress ip;
  std::uint16_t port_number = 0;
  int colour = 1;

  void visit(OptionVisitor& visitor) override {
    visitor.option({.name = "text", .summary = "text"}, text);
    visitor.option({.name = "payload", .summary = "bytes"}, payload);
    visitor.option({.name = "number", .summary = "number", .minimum = 2, .maximum = 9}, number);
    visitor.option({.name = "flag", .summary = "flag"}, flag);
    visitor.option({.name = "time", .summary = "time"}, time);
    visitor.option({.name = "to", .summary = "target"}, to);
    visitor.option({.name = "ip", .summary = "address"}, ip);
    visitor.port({.name = "port", .summary = "port"}, port_number);
    visitor.choice({.name = "colour", .summary = "choice"}, colours, colour);
  }
};

Task<Result<>> run_probe(Application&, const ApplicationOptions&) {
  co_return Result<>{};
}

constexpr std::array probes{ApplicationKind{
    "probe", "looks at its arguments", true,
    []() -> std::unique_ptr<ApplicationOptions> { return std::make_unique<ProbeOptions>(); },
    run_probe}};

PlanOptions with_probe() {
  PlanOptions options;
  options.catalog.applications = probes;
  return options;
}

std::string probe_on(const std::string& arguments, const std::string& more = "") {
  return test::on_lan(
      "        [IP range='10.0.0.1-9']\n",
      test::machine("a", "            [Application name='probe' " + arguments + "]\n", more) +
          test::machine("b", "") + test::machine("7", ""));
}

// A world whose machine `a` has the probe.
class Probe {
 public:
  explicit Probe(const std::string& arguments, const std::string& more = "")
      : scenario_{probe_on(arguments, more), with_probe()} {
    EXPECT_EQ(scenario_.complaints(), "");
    world_ = scenario_.build();
  }

  const ProbeOptions& options(const std::string& machine = "a") {
    return static_cast<const ProbeOptions&>(test::application_of(*world_, machine).options());
  }

 private:
  Scenario scenario_;
  std::unique_ptr<World> world_;
};

std::string complaint(const std::string& arguments) {
  const std::string text = Scenario{probe_on(arguments), with_probe()}.complaints();
  const std::size_t begin = text.find("error: ");
  return begin == std::string::npos ? text : text.substr(begin, text.find('\n') - begin);
}

TEST(ArgumentReaderTest, LeavesDefaultsAlone) {
  Probe probe{""};
  const ProbeOptions& options = probe.options();
  EXPECT_EQ(options.text, "none");
  EXPECT_EQ(options.number, 5U);
  EXPECT_TRUE(options.flag);
  EXPECT_EQ(options.time, 3s);
  EXPECT_TRUE(options.to.address.is_unspecified());
  EXPECT_FALSE(options.ip.address);
  EXPECT_EQ(options.port_number, 0);
  EXPECT_EQ(options.colour, 1);
}

TEST(ArgumentReaderTest, ReadsEveryType) {
  Probe probe{
      "text='it\\'s' payload='\\x00\\xff' number='0x9' flag='F' time='1.5ms' to='10.0.0.7' "
      "ip='10.0.0.3' port='0xbeef' colour='blue'"};
  const ProbeOptions& options = probe.options();
  EXPECT_EQ(options.text, "it's");
  EXPECT_EQ(options.payload.text(), std::string("\0\xff", 2));
  EXPECT_EQ(options.number, 9U);
  EXPECT_FALSE(options.flag);
  EXPECT_EQ(options.time, 1500us);
  EXPECT_EQ(options.to.address.to_string(), "10.0.0.7");
  EXPECT_EQ(options.ip.address, (Ipv4Address{10, 0, 0, 3}));
  EXPECT_EQ(options.port_number, 0xbeef);
  EXPECT_EQ(options.colour, 2);
}

TEST(ArgumentReaderTest, AnEmptyPayloadIsNoBytes) {
  Probe probe{"payload=''"};
  EXPECT_TRUE(probe.options().payload.message().empty());
}

TEST(ArgumentReaderTest, FindsTheAddressOfANamedMachine) {
  Probe probe{"to='b'"};
  EXPECT_EQ(probe.options().to.address.to_string(), "10.0.0.2");
}

TEST(ArgumentReaderTest, AMachineMayBeCalledLikeANumber) {
  Probe probe{"to='7'"};
  EXPECT_EQ(probe.options().to.address.to_string(), "10.0.0.3");
  EXPECT_EQ(complaint("to='8'"), "error: `to` needs an address, for example `10.0.0.1`, got `8`");
}

TEST(ArgumentReaderTest, MachinesOfAGroupShareWhatIsEqual) {
  Probe probe{"text='all' payload='all' to='b'", "count='3'"};
  EXPECT_EQ(&probe.options("a-0"), &probe.options("a-2"));
}

TEST(ArgumentReaderTest, MachinesOfAGroupHaveTheirOwnValues) {
  Probe probe{"text='${name}' payload='p${index}' number='${index + 2}' to='a-${(index + 1) % 3}'",
              "count='3'"};
  for (std::uint64_t i = 0; i < 3; ++i) {
    const std::string name = "a-" + std::to_string(i);
    const ProbeOptions& options = probe.options(name);
    EXPECT_EQ(options.text, name);
    EXPECT_EQ(options.payload.text(), "p" + std::to_string(i));
    EXPECT_EQ(options.number, i + 2);
    EXPECT_EQ(options.to.address.to_string(), "10.0.0." + std::to_string((i + 1) % 3 + 1));
  }
}

TEST(ArgumentReaderTest, MachinesOfAGroupShareThePayloadThatDoesNotDiffer) {
  Probe probe{"text='${name}' payload='the same'", "count='2'"};
  EXPECT_EQ(probe.options("a-0").payload.text().data(), probe.options("a-1").payload.text().data());
}

TEST(ArgumentReaderTest, SaysWhatIsWrong) {
  EXPECT_EQ(complaint("number='1'"), "error: `number` needs a whole number from 2 to 9, got `1`");
  EXPECT_EQ(complaint("flag='yes'"), "error: `flag` needs `true` or `false`, got `yes`");
  EXPECT_EQ(complaint("time='3'"), "error: `time` needs a unit, for example `3ms`, got `3`");
  EXPECT_EQ(complaint("to='c'"), "error: no machine is called `c`");
  EXPECT_EQ(complaint("ip='10.0.0'"),
            "error: `ip` needs an address, for example `10.0.0.1`, got `10.0.0`");
  EXPECT_EQ(complaint("port='0'"), "error: `port` needs a port from 1 to 65535, got `0`");
  EXPECT_EQ(complaint("colour='gren'"),
            "error: `colour` must be `red`, `green` or `blue`, got `gren`; did you mean `green`?");
}

TEST(ArgumentReaderTest, ReportsEachVaryingValueOnce) {
  const Scenario scenario{
      probe_on("number='${index}' port='${index}' text='${name}'", "count='1000'"), with_probe()};
  EXPECT_EQ(scenario.complaints(),
            "sim.ndl:12:47: error: `number` needs a whole number from 2 to 9, got `0` (for `a-0`)\n"
            "   12 |             [Application name='probe' number='${index}' port='${index}' "
            "text='${name}']\n"
            "      |                                               ^~~~~~~~\n"
            "sim.ndl:12:63: error: `port` needs a port from 1 to 65535, got `0` (for `a-0`)\n"
            "   12 |             [Application name='probe' number='${index}' port='${index}' "
            "text='${name}']\n"
            "      |                                                               ^~~~~~~~\n"
            "2 errors\n");
}

TEST(ArgumentReaderTest, FindsAMistakeInTheLastMachineOfManyThousand) {
  const Scenario scenario{probe_on("port='${65535 - index}'", "count='65536'"), with_probe()};
  EXPECT_NE(scenario.complaints().find("got `0` (for `a-65535`)"), std::string::npos)
      << scenario.complaints();
}

}  // namespace
}  // namespace elvis
