// SPDX-License-Identifier: MIT
#include "elvis/report/capture.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "elvis/report/capture_merger.hpp"
#include "elvis/report/capture_plan.hpp"
#include "elvis/util/rng.hpp"
#include "small_world.hpp"

namespace elvis {
namespace {

struct Written {
  std::uint32_t file;
  std::string block;

  std::uint32_t number(std::size_t at) const {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i > 0; --i) {
      value = value << 8 | static_cast<std::uint8_t>(block[at + i - 1]);
    }
    return value;
  }
  std::uint64_t time() const { return std::uint64_t{number(12)} << 32 | number(16); }
  bool has(std::string_view comment) const { return block.find(comment) != std::string::npos; }
  // The last four bytes of the option in front of the end of options.
  std::uint32_t flags() const { return number(block.size() - 12); }
};

struct Blocks final : CaptureSink {
  std::uint8_t* grow(std::uint32_t file, std::size_t size) override {
    all.push_back({file, std::string(size, '\0')});
    return reinterpret_cast<std::uint8_t*>(all.back().block.data());
  }

  std::vector<Written> all;
};

// Captures what happens by hand, in one partition.
struct CaptureFixture : testing::Test {
  void plan(CaptureRequest request) {
    small.add("a", {.frames_to = {1}});
    small.add("b", {.end = Script::End::waits}, 2);
    made = std::make_unique<CapturePlan>(small.world, std::move(request), mistake);
  }

  // Runs the world with a recorder, and returns the blocks that would be written.
  std::vector<Written> run() {
    CapturePieces pieces{1024};
    CaptureRecorder recorder{*made, pieces, 1};
    small.world.observe(recorder);
    small.world.run({});
    Blocks blocks;
    CaptureMerger merger{*made, blocks};
    CaptureBatch batch{end_of_time, {}};
    recorder.take(batch);
    EXPECT_EQ(recorder.waiting_bytes(), 0U);
    merger.merge(batch);
    return blocks.all;
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
  EXPECT_EQ(frames[0].block.size(),
            captured_frame_size(CaptureFormat::pcapng,
                                {.time = {}, .bytes = std::vector<std::uint8_t>(19)}));
}

TEST_F(CaptureTest, MachinesHaveWhatTheySentAndReceived) {
  plan({.pattern = "{machine}.pcapng"});
  ASSERT_EQ(made->files().size(), 3U);
  EXPECT_EQ(made->files()[1].path, "b-0.pcapng");
  const std::vector<Written> frames = run();
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].file, 0U);
  EXPECT_EQ(frames[0].flags() & 3, 2U) << "outbound";
  EXPECT_EQ(frames[1].file, 1U);
  EXPECT_EQ(frames[1].flags() & 3, 1U) << "inbound";
  EXPECT_TRUE(frames[1].has("dropped: unknown_ethertype"));
  EXPECT_EQ(frames[1].time() - frames[0].time(), 1U);
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

// A merger of one file to which several contribute; a frame is a letter.
struct CaptureMergerFixture : testing::Test {
  CaptureMergerFixture() {
    small.add("a", {}, 1);
    plan = std::make_unique<CapturePlan>(small.world, CaptureRequest{.pattern = "x.pcap"}, mistake);
    merger = std::make_unique<CaptureMerger>(*plan, blocks);
  }

  struct Frame {
    int time;
    std::uint32_t entity;
    char letter;
  };
  CapturePiece* log(const std::vector<Frame>& frames) {
    CapturePiece& made = pieces.take();
    for (const auto& [time, entity, letter] : frames) {
      const CaptureEntry entry{Time{Duration{time}}, entity, 0, 1, 0, CaptureDirection::unknown};
      std::memcpy(made.bytes + made.size, &entry, sizeof entry);
      made.size += sizeof entry;
      made.bytes[made.size++] = static_cast<std::uint8_t>(letter);
    }
    return &made;
  }
  // What a batch of these logs lets be written.
  std::string merge(const std::vector<CapturePiece*>& logs, Time settled) {
    blocks.all.clear();
    merger->merge({settled, logs});
    for (CapturePiece* const one : logs) std::memset(one->bytes, 'X', one->size);
    pieces.give_back(logs);
    std::string text;
    for (const Written& one : blocks.all) text += one.block.back();
    return text;
  }

  SmallWorld small;
  std::string mistake;
  CapturePieces pieces{1024};
  Blocks blocks;
  std::unique_ptr<CapturePlan> plan;
  std::unique_ptr<CaptureMerger> merger;
};

using CaptureMergerTest = CaptureMergerFixture;

TEST_F(CaptureMergerTest, SortsByTimeThenEntityThenOrderAndKeepsWhatIsNotSettled) {
  const std::vector<CapturePiece*> logs{log({{9, 1, 'd'}, {5, 2, 'c'}}),
                                        log({{5, 1, 'a'}, {5, 1, 'b'}})};
  EXPECT_EQ(merge(logs, Time{Duration{9}}), "abc");
  EXPECT_EQ(merge({log({{9, 0, 'C'}, {9, 1, 'e'}})}, end_of_time), "Cde");
}

TEST_F(CaptureMergerTest, AnyShuffleComesOutInOrder) {
  Rng rng{{7, 1}};
  for (const int instant : {1, 5}) {
    for (int round = 0; round < 50; ++round) {
      std::vector<Frame> frames;
      for (int i = 0; i < 25; ++i) {
        frames.push_back({i / instant, static_cast<std::uint32_t>(i), static_cast<char>('a' + i)});
      }
      // Some rounds only mix what happens at the same time.
      const std::size_t width = round % 2 == 0 ? frames.size() : static_cast<std::size_t>(instant);
      for (std::size_t i = 0; i < frames.size(); ++i) {
        const std::size_t row = i / width * width;
        std::swap(frames[i], frames[row + rng.below(i - row + 1)]);
      }
      const auto cut = static_cast<std::ptrdiff_t>(rng.below(25));
      const auto settled = static_cast<int>(rng.below(5));
      std::string text = merge(
          {log({frames.begin(), frames.begin() + cut}), log({frames.begin() + cut, frames.end()})},
          Time{Duration{settled}});
      EXPECT_EQ(text.size(), static_cast<std::size_t>(settled * instant));
      text += merge({}, end_of_time);
      EXPECT_EQ(text, "abcdefghijklmnopqrstuvwxy");
    }
  }
}

TEST(CapturePieceTest, GrowsBeyondItsSizeAndHasItAgainWhenItWasGivenBack) {
  CapturePieces pieces{1024};
  CapturePiece& piece = pieces.take();
  std::memcpy(piece.bytes, "aabbbbcc", 8);
  piece.size = 8;
  const std::string grown(2'000, 'B');
  piece.replace(2, 4, grown);
  EXPECT_EQ(piece.text(), "aa" + grown + "cc");
  CapturePiece* const given[] = {&piece};
  pieces.give_back(given);
  EXPECT_EQ(piece.capacity, pieces.piece_bytes());
  EXPECT_EQ(piece.size, 0U);
  EXPECT_EQ(&pieces.take(), &piece) << "what was used last is in the cache";
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
