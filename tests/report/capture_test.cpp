// SPDX-License-Identifier: MIT
#include "elvis/report/capture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "elvis/report/capture_plan.hpp"
#include "small_world.hpp"

namespace elvis {
namespace {

struct Written {
  std::uint32_t file;
  Time time;
  std::uint32_t interface_id;
  CaptureDirection direction;
  std::string comment;
};

// Captures what happens by hand, in one partition.
struct CaptureFixture : testing::Test {
  void plan(CaptureRequest request) {
    small.add("a", {.frames_to = {1}});
    small.add("b", {.end = Script::End::waits}, 2);
    made = std::make_unique<CapturePlan>(small.world, std::move(request), mistake);
  }

  // Runs the world with a recorder, and returns what a merger makes of it.
  std::vector<Written> run() {
    CaptureRecorder recorder{*made, 1};
    small.world.observe(recorder);
    small.world.run({});
    CaptureMerger merger{*made};
    CaptureBatch batch{end_of_time, {}};
    recorder.take(batch);
    std::vector<Written> all;
    const auto write = [&](std::uint32_t file, const CapturedFrame& frame) {
      all.push_back(
          {file, frame.time, frame.interface_id, frame.direction, std::string{frame.comment}});
    };
    merger.merge(batch, write);
    merger.finish(write);
    return all;
  }

  SmallWorld small;
  std::string mistake;
  std::unique_ptr<CapturePlan> made;
};

using CaptureTest = CaptureFixture;

TEST_F(CaptureTest, ANetworkHasEachFrameOnce) {
  plan({.pattern = "x.pcapng"});
  ASSERT_EQ(mistake, "");
  const std::vector<Written> frames = run();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].direction, CaptureDirection::unknown);
}

TEST_F(CaptureTest, MachinesHaveWhatTheySentAndReceived) {
  plan({.pattern = "{machine}.pcapng"});
  ASSERT_EQ(made->files().size(), 3U);
  EXPECT_EQ(made->files()[1].path, "b-0.pcapng");
  const std::vector<Written> frames = run();
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].file, 0U);
  EXPECT_EQ(frames[0].direction, CaptureDirection::outbound);
  EXPECT_EQ(frames[1].file, 1U);
  EXPECT_EQ(frames[1].direction, CaptureDirection::inbound);
  EXPECT_EQ(frames[1].comment, "dropped: unknown_ethertype");
  EXPECT_EQ(frames[1].time - frames[0].time, Duration{1});
}

TEST_F(CaptureTest, AMachinesOwnFileIsBesideThatOfThePattern) {
  plan({.pattern = "{machine}.pcapng", .filter = {}, .folder = "own", .machine_files = {{1, "b"}}});
  ASSERT_EQ(made->files().size(), 4U);
  EXPECT_EQ(made->files()[3].name(), "own/b");
  EXPECT_EQ(run().size(), 3U);
}

TEST_F(CaptureTest, AGroupsNameMeansAllItsMachines) {
  CaptureRequest request{.pattern = "{machine}"};
  EXPECT_EQ(request.filter.add("machine=b"), "");
  plan(std::move(request));
  EXPECT_EQ(made->files().size(), 2U);
}

TEST_F(CaptureTest, AMachineThatIsNotThereIsAMistake) {
  CaptureRequest request{.pattern = "{machine}"};
  EXPECT_EQ(request.filter.add("machine=c"), "");
  plan(std::move(request));
  EXPECT_EQ(mistake, "no machine is called `c`");
}

TEST_F(CaptureTest, PatternsLeadDownOnlyBehindAPlaceholder) {
  for (const std::string pattern : {"{machine}/../x", "{network}/./x", "{machine}//x"}) {
    std::string told;
    const CapturePlan unused{small.world, {.pattern = pattern}, told};
    EXPECT_NE(told, "") << pattern;
  }
  std::string told;
  const CapturePlan above{small.world, {.pattern = "../{network}"}, told};
  EXPECT_EQ(told, "");
}

TEST(CaptureMergerTest, SortsByTimeThenEntityThenOrderAndKeepsWhatIsNotSettled) {
  SmallWorld small;
  small.add("a", {}, 1);
  std::string mistake;
  const CapturePlan plan{small.world, {.pattern = "x"}, mistake};
  const std::uint8_t bytes[4] = {0, 1, 2, 3};
  const auto record = [&](int time, std::uint32_t entity, int which) {
    return CaptureRecord{Time{Duration{time}},     bytes + which, nullptr, 1, entity, 0,
                         CaptureDirection::unknown};
  };
  CaptureBatch batch;
  batch.parts.resize(2);
  batch.parts[0].records = {record(9, 1, 3), record(5, 2, 2)};
  batch.parts[1].records = {record(5, 1, 0), record(5, 1, 1)};
  batch.settled = Time{Duration{9}};
  std::string order;
  const auto write = [&](std::uint32_t, const CapturedFrame& frame) {
    order += static_cast<char>('0' + frame.bytes[0]);
  };
  CaptureMerger merger{plan};
  merger.merge(batch, write);
  EXPECT_EQ(order, "012");
  merger.finish(write);
  EXPECT_EQ(order, "0123");
}

TEST(CaptureNameTest, WhatHasAMeaningInAPathIsEscaped) {
  EXPECT_EQ(file_name_of("web server-1.x"), "web server-1.x");
  EXPECT_EQ(file_name_of("a/b"), "a%2Fb");
  EXPECT_EQ(file_name_of(".."), "%2E.");
  EXPECT_EQ(file_name_of("100%"), "100%25");
  EXPECT_EQ(file_name_of(""), "%");
  EXPECT_EQ(file_name_of("\n"), "%0A");
  EXPECT_EQ(file_name_of(std::string(300, 'x')).size(), 100U);
  EXPECT_NE(file_name_of(std::string(300, 'x')), file_name_of(std::string(301, 'x')));
}

TEST(CaptureFilterTest, TermsOfOneKindAreAlternatives) {
  CaptureFilter filter;
  EXPECT_EQ(filter.add("protocol=arp,protocol=udp"), "");
  EXPECT_EQ(filter.add("port=0x35"), "");
  EXPECT_EQ(filter.protocols.size(), 2U);
  EXPECT_EQ(filter.ports, std::vector<std::uint16_t>{53});
  for (const std::string wrong : {"", "x", "port=", "port=0", "port=1x", "protocol=x", "a=b,", "=x",
                                  "port=1,", "port=1,x", ",port=1", "protocol=udp,,arp"}) {
    EXPECT_NE(CaptureFilter{}.add(wrong), "") << wrong;
  }
}

TEST(CaptureFilterTest, ATermWithoutAKindHasThatOfTheOneBefore) {
  CaptureFilter filter;
  EXPECT_EQ(filter.add("machine=alice,bob,port=53,0x50,protocol=udp,tcp"), "");
  EXPECT_EQ(filter.machines, (std::vector<std::string>{"alice", "bob"}));
  EXPECT_EQ(filter.ports, (std::vector<std::uint16_t>{53, 80}));
  EXPECT_EQ(filter.protocols.size(), 2U);
}

TEST(CaptureFilterTest, ABackslashMakesACommaPartOfAName) {
  CaptureFilter filter;
  EXPECT_EQ(filter.add(R"(machine=a\,b,c\\,network=x=y\=z)"), "");
  EXPECT_EQ(filter.machines, (std::vector<std::string>{"a,b", R"(c\)"}));
  EXPECT_EQ(filter.networks, std::vector<std::string>{"x=y=z"});
}

}  // namespace
}  // namespace elvis
