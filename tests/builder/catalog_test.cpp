// SPDX-License-Identifier: MIT
#include "elvis/builder/catalog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "elvis/graph/kinds.hpp"
#include "support.hpp"

namespace elvis {
namespace {

using testing::HasSubstr;

struct NoOptions final : ApplicationOptions {
  void visit(OptionVisitor&) override {}
};

Task<Result<>> nothing(Application&, const NoOptions&) {
  co_return Result<>{};
}

struct Idle final : Protocol {
  Idle(Machine& machine, const NoOptions&) : Protocol{machine, over_ipv4(253)} {}
  void demux(Message&& message, Arrival&) override { machine().drop(Drop::no_listener, message); }
};

constexpr std::array<std::string_view, 1> needs_ipv4{"IPv4"};
constexpr std::array<std::string_view, 1> needs_one{"One"};
constexpr std::array offered{
    protocol_kind<Idle, NoOptions>("One", "first", over_ipv4(253), needs_ipv4),
    protocol_kind<Idle, NoOptions>("Two", "second", over_ipv4(253), needs_ipv4),
};
constexpr std::array applications{
    application_kind<nothing>("nothing", "does nothing", Ends::yes, needs_one),
};

TEST(ExtendedCatalogTest, HasWhatWasAddedBehindWhatWasThere) {
  ExtendedCatalog catalog;
  EXPECT_EQ(catalog.add("here", offered, applications), "");
  EXPECT_EQ(catalog.catalog().find_protocol("one"), &catalog.catalog().protocols[5]);
  EXPECT_NE(catalog.catalog().find_application("capture"), nullptr);
  EXPECT_THAT(list_applications(catalog.catalog()), HasSubstr("nothing: does nothing\n"));
}

TEST(ExtendedCatalogTest, AddsAllOrNothing) {
  ExtendedCatalog catalog;
  const std::array wrong{applications[0], application_kind<nothing>("", "", Ends::yes)};
  EXPECT_EQ(catalog.add("here", offered, wrong), "brings an application without a name");
  EXPECT_EQ(catalog.catalog().find_protocol("One"), nullptr);
  EXPECT_EQ(catalog.catalog().find_application("nothing"), nullptr);
}

TEST(ExtendedCatalogTest, TellsWhoseNameIsTaken) {
  ExtendedCatalog catalog;
  ASSERT_EQ(catalog.add("the first", offered, {}), "");
  EXPECT_EQ(catalog.add("the second", offered, {}),
            "brings the protocol `One`, which is there already, from `the first`");
}

TEST(ExtendedCatalogTest, AMachineHasOneOfTwoProtocolsWithOneNumber) {
  ExtendedCatalog catalog;
  ASSERT_EQ(catalog.add("here", offered, {}), "");
  ndl::SourceSet sources{ndl::SourceSet::Disk::closed};
  ndl::Diagnostics diagnostics;
  sources.offer("a.ndl",
                "[Networks]\n    [Network id='x']\n[Machines]\n    [Machine name='a']\n"
                "        [Networks]\n            [Network id='x']\n        [Protocols]\n"
                "            [Protocol name='IPv4']\n            [Protocol name='One']\n"
                "            [Protocol name='Two']\n        [Applications]\n");
  const auto description = ndl::read_description(sources, "a.ndl", {}, diagnostics);
  ASSERT_TRUE(description);
  EXPECT_FALSE(make_plan(*description, {.catalog = catalog.catalog(), .memory = {}}, diagnostics));
  EXPECT_THAT(
      ndl::render(diagnostics, sources),
      HasSubstr("a.ndl:10:29: error: `One` and `Two` have the same number: a machine has one "
                "of them\n"));
}

}  // namespace
}  // namespace elvis
