// SPDX-License-Identifier: MIT
#include "elvis/report/json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "small_world.hpp"

namespace elvis {
namespace {

nlohmann::json parsed(const Report& report) {
  return nlohmann::json::parse(to_json(report));
}

TEST(JsonTest, HasTheNamesOfTheSchema) {
  SmallWorld small;
  small.add("alice", {.counted = 1, .frames_to = {1}});
  small.add("bob", {.expected = 3, .end = Script::End::waits});
  const auto json = parsed(small.run({.version = "1.2.3",
                                      .build = "release",
                                      .file = "",
                                      .parameters = {{"clients", "10"}},
                                      .threads = 2,
                                      .build_seconds = 0.5,
                                      .run_seconds = 0.25,
                                      .peak_memory = 12'345}));

  EXPECT_EQ(json["schema"], "elvis.report/1");
  EXPECT_EQ(json["elvis"], (nlohmann::json{{"version", "1.2.3"}, {"build", "release"}}));
  EXPECT_EQ(json["scenario"], (nlohmann::json{{"file", "small.ndl"},
                                              {"machines", 2},
                                              {"networks", 1},
                                              {"parameters", {{"clients", "10"}}}}));
  const auto& run = json["run"];
  EXPECT_EQ(run["status"], "unsatisfied");
  EXPECT_EQ(run["reason"], "idle");
  EXPECT_EQ(run["seed"], 1);
  EXPECT_EQ(run["threads"], 2);
  EXPECT_EQ(run["partitions"], 1);
  EXPECT_EQ(run["sim_time_ns"], 1'000'001);
  EXPECT_EQ(run["build_s"], 0.5);
  EXPECT_EQ(run["run_s"], 0.25);
  EXPECT_EQ(run["events"], small.outcome.events);
  EXPECT_EQ(run["peak_rss_bytes"], 12'345);
  EXPECT_FALSE(run.contains("culprit"));

  const auto& totals = json["totals"];
  EXPECT_EQ(totals["frames_sent"], 1);
  EXPECT_EQ(totals["frames_delivered"], 1);
  for (const char* const name : {"frames_lost", "frames_corrupted", "frames_queue_dropped",
                                 "frames_duplicated", "frames_in_flight"}) {
    EXPECT_EQ(totals[name], 0) << name;
  }
  EXPECT_EQ(totals["bytes_sent"], 19);
  EXPECT_EQ(totals["bytes_delivered"], 19);
  EXPECT_EQ(totals["drops"], (nlohmann::json{{"unknown_ethertype", 1}}));
  EXPECT_EQ(json["networks"][0]["id"], "lan");
  EXPECT_EQ(json["networks"][0]["taps"], 2);
  EXPECT_EQ(json["networks"][0]["frames_sent"], 1);

  const auto& alice = json["applications"][0];
  EXPECT_EQ(alice["machine"], "alice");
  EXPECT_EQ(alice["application"], "actor");
  EXPECT_EQ(alice["status"], "done");
  EXPECT_EQ(alice["messages"], 1);
  EXPECT_EQ(alice["bytes"], 10);
  EXPECT_EQ(alice["first_ns"], 1'000'000);
  EXPECT_EQ(alice["last_ns"], 1'000'000);
  EXPECT_EQ(alice["detail"], "");
  EXPECT_FALSE(alice.contains("machines"));
  EXPECT_EQ(json["applications"][1]["status"], "waiting");
  EXPECT_EQ(json["applications"][1]["detail"], "has 0 of 3 messages");
  EXPECT_TRUE(json["applications"][1]["first_ns"].is_null());
}

TEST(JsonTest, WritesADigestOf16Digits) {
  Report report;
  report.digest = 0xbeef;
  EXPECT_EQ(parsed(report)["run"]["digest"], "000000000000beef");
}

TEST(JsonTest, CountsAFrameToNobodyAsADrop) {
  Report report;
  report.totals.frames_unknown_destination = 2;
  EXPECT_EQ(parsed(report)["totals"]["drops"], (nlohmann::json{{"unknown_destination", 2}}));
}

TEST(JsonTest, SaysHowManyMachinesAnEntryStandsFor) {
  Report report;
  report.applications.push_back({.machine = "c", .machines = 5'000, .application = "capture"});
  EXPECT_EQ(parsed(report)["applications"][0]["machines"], 5'000);
}

TEST(JsonTest, NamesTheCulprit) {
  Report report;
  report.culprit = Culprit{"bob", {"capture", "forward"}};
  EXPECT_EQ(parsed(report)["run"]["culprit"],
            (nlohmann::json{{"machine", "bob"}, {"applications", {"capture", "forward"}}}));
}

TEST(JsonTest, KeepsTheLargestSeedExactly) {
  Report report;
  report.seed = ~std::uint64_t{0};
  EXPECT_EQ(parsed(report)["run"]["seed"].get<std::uint64_t>(), report.seed);
}

TEST(JsonTest, IsPlainAsciiWhateverTheNames) {
  Report report;
  report.facts.file = "k\xc3\xa4se\x1b[31m\x7f.ndl";
  report.facts.parameters = {{"x", "no \xff UTF-8"}};
  report.applications.push_back({.machine = "bo\xc2\x9b\n", .detail = "\x07"});
  const std::string text = to_json(report);

  for (const char c : text) EXPECT_TRUE(c == '\n' || (c >= ' ' && c <= '~')) << static_cast<int>(c);
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["scenario"]["file"], report.facts.file);
  EXPECT_EQ(json["scenario"]["parameters"]["x"], "no \xef\xbf\xbd UTF-8");
  EXPECT_EQ(json["applications"][0]["machine"], report.applications[0].machine);
}

TEST(JsonTest, StopsWhenTheSinkGivesUp) {
  Report report;
  report.applications.resize(100'000);
  int pieces = 0;
  const bool is_whole = write_json(report, [&](std::string_view piece) {
    EXPECT_LT(piece.size(), 100'000U);
    return ++pieces < 3;
  });

  EXPECT_FALSE(is_whole);
  EXPECT_EQ(pieces, 3);
}

}  // namespace
}  // namespace elvis
