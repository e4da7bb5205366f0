// SPDX-License-Identifier: MIT
// What the tests of Message share: ways to make messages, and a look at the pool below them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include <gtest/gtest.h>

#include "elvis/util/pool.hpp"
#include "elvis/wire/message.hpp"

namespace elvis::test {

inline std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// A message whose slices hold these texts, each in a chunk of its own.
inline Message chain(std::initializer_list<std::string_view> texts) {
  Message message;
  for (const std::string_view text : texts) message.append(Message{text});
  return message;
}

/// A chunk that is not counted, for as long as the test runs.
class ConstantChunk {
 public:
  explicit ConstantChunk(std::string_view text) : chunk_{Chunk::make_constant(bytes_of(text))} {}
  ConstantChunk(const ConstantChunk&) = delete;
  ConstantChunk& operator=(const ConstantChunk&) = delete;
  ~ConstantChunk() { Chunk::destroy_constant(chunk_); }
  Chunk& operator*() const { return *chunk_; }

 private:
  Chunk* chunk_;
};

/// Every test ends with as many blocks as it began with.
class MessageTest : public testing::Test {
 protected:
  std::size_t live() const { return pool::live_blocks() - live_before_; }
  void TearDown() override { EXPECT_EQ(pool::live_blocks(), live_before_); }

 private:
  std::size_t live_before_ = pool::live_blocks();
};

}  // namespace elvis::test
