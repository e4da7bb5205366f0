// SPDX-License-Identifier: MIT
#include "elvis/protocols/session_map.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <deque>

#include "elvis/util/pool.hpp"

namespace elvis {
namespace {

struct Conversation {
  Endpoints ends;
  const Endpoints& endpoints() const { return ends; }
};

// Conversations of one machine that differ in their remote ports.
std::deque<Conversation> conversations(std::size_t count) {
  std::deque<Conversation> made;
  for (std::size_t i = 0; i < count; ++i) {
    made.push_back({{.local = {Ipv4Address{0x0a000001}, 9},
                     .remote = {Ipv4Address{0x0a000002}, static_cast<std::uint16_t>(1000 + i)}}});
  }
  return made;
}

TEST(SessionMapTest, TakesNoMemoryForOneSession) {
  auto one = conversations(1);
  const std::size_t before = pool::live_blocks();
  SessionMap<Conversation> map;
  EXPECT_TRUE(map.empty());
  map.insert(one[0]);
  EXPECT_EQ(pool::live_blocks(), before);
  EXPECT_EQ(map.find(one[0].ends), &one[0]);
  map.erase(one[0]);
  EXPECT_EQ(map.find(one[0].ends), nullptr);
}

// Past one, past those that stand side by side, and back to none, several times over.
TEST(SessionMapTest, FindsEachOfMany) {
  const std::size_t before = pool::live_blocks();
  SessionMap<Conversation> map;
  for (const std::size_t count : {1U, 2U, 8U, 9U, 1000U, 3U, 1U}) {
    auto many = conversations(count);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(map.find(many[i].ends), nullptr);
      map.insert(many[i]);
      EXPECT_EQ(map.size(), i + 1);
      const auto port = static_cast<std::uint16_t>(1000 + i);
      const auto has = [&](const Conversation& one) { return one.ends.remote.port == port; };
      EXPECT_TRUE(map.any_of(has));
      for (std::size_t earlier = 0; earlier <= i; earlier += 1 + i / 16) {
        EXPECT_EQ(map.find(many[earlier].ends), &many[earlier]);
      }
    }
    for (std::size_t i = 0; i < count; i += 2) map.erase(many[i]);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(map.find(many[i].ends), i % 2 == 0 ? nullptr : &many[i]);
    }
    for (std::size_t i = 1; i < count; i += 2) map.erase(many[i]);
    EXPECT_TRUE(map.empty());
    EXPECT_FALSE(map.any_of([](const Conversation&) { return true; }));
  }
  EXPECT_EQ(pool::live_blocks(), before);
}

}  // namespace
}  // namespace elvis
