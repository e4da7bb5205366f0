// SPDX-License-Identifier: MIT
#include "elvis/wire/message.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "elvis/util/pool.hpp"
#include "wire/message_fixture.hpp"

namespace elvis::test {
namespace {

static_assert(std::is_nothrow_move_constructible_v<Message>);

// ----- written to -----

TEST_F(MessageTest, OwnsItsFrontBeforeItIsWritten) {
  for (const bool is_shared : {false, true}) {
    for (const bool is_split : {false, true}) {
      Message message = is_split ? chain({"head", "er and more"}) : Message{"header and more"};
      message.set_verified(true);
      const Message copy = is_shared ? message : Message{};
      std::uint8_t* const front = message.own_front(6);
      ASSERT_NE(front, nullptr);
      front[5] = 'R';
      EXPECT_EQ(message, "headeR and more");
      EXPECT_TRUE(message.is_verified());
      if (is_shared) {
        EXPECT_EQ(copy, "header and more");
      }
      EXPECT_EQ(message.own_front(16), nullptr);
    }
  }
}

// ----- made, copied, moved -----

TEST_F(MessageTest, IsEmptyAtFirst) {
  const Message message;
  EXPECT_TRUE(message.empty());
  EXPECT_EQ(message.size(), 0U);
  EXPECT_EQ(message.slice_count(), 0U);
  EXPECT_EQ(message.to_string(), "");
  EXPECT_EQ(message.hex(), "");
  EXPECT_EQ(message.bytes().begin(), message.bytes().end());
  EXPECT_EQ(message, Message{});
  EXPECT_EQ(live(), 0U);
}

TEST_F(MessageTest, NeedsOneBlockForBytesAndTheirHeaders) {
  Message message{"Hello!"};
  message.prepend(8);
  message.prepend(20);
  message.prepend(14);
  EXPECT_EQ(message.size(), 48U);
  EXPECT_EQ(message.slice_count(), 1U);
  EXPECT_EQ(live(), 1U);
}

TEST_F(MessageTest, NeedsNoBlockForNoBytes) {
  EXPECT_TRUE(Message{""}.empty());
  EXPECT_TRUE(Message::zeros(0).empty());
  EXPECT_EQ(live(), 0U);
}

TEST_F(MessageTest, SharesItsBytesWithItsCopies) {
  const Message message{"Hello!"};
  const Message copy = message;
  EXPECT_EQ(copy, message);
  EXPECT_EQ(copy.slice_at(0).data(), message.slice_at(0).data());
  EXPECT_EQ(live(), 1U);
}

TEST_F(MessageTest, SharesTheBytesOfManySlicesWithItsCopies) {
  const Message message = chain({"one", "two", "three", "four"});
  Message copy;
  copy = message;
  EXPECT_EQ(copy, "onetwothreefour");
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(copy.slice_at(i).data(), message.slice_at(i).data());
  }
  EXPECT_EQ(live(), 6U) << "four chunks and two arrays";
}

TEST_F(MessageTest, LeavesNothingBehindWhenItMoves) {
  for (const std::size_t slices : {0U, 1U, 2U, 3U}) {
    Message message;
    for (std::size_t i = 0; i < slices; ++i) message.append(Message{"abc"});
    message.set_verified(true);
    const std::size_t blocks = live();
    Message moved{std::move(message)};
    EXPECT_TRUE(message.empty());  // NOLINT(bugprone-use-after-move)
    EXPECT_FALSE(message.is_verified());
    EXPECT_EQ(moved.size(), 3 * slices);
    EXPECT_TRUE(moved.is_verified());
    EXPECT_EQ(live(), blocks);
    message = std::move(moved);
    EXPECT_EQ(message.size(), 3 * slices);
    EXPECT_EQ(live(), blocks);
  }
}

TEST_F(MessageTest, SurvivesAssignmentToItself) {
  Message message = chain({"one", "two", "three"});
  Message& same = message;
  message = same;
  EXPECT_EQ(message, "onetwothree");
  message = std::move(same);
  EXPECT_EQ(message, "onetwothree");
}

TEST_F(MessageTest, GivesUpWhatItHeldWhenAssigned) {
  Message message = chain({"one", "two", "three"});
  message = Message{"four"};
  EXPECT_EQ(message, "four");
  EXPECT_EQ(live(), 1U);
}

TEST_F(MessageTest, ClearsItself) {
  Message message = chain({"one", "two", "three"});
  message.set_verified(true);
  message.clear();
  EXPECT_TRUE(message.empty());
  EXPECT_FALSE(message.is_verified());
  EXPECT_EQ(live(), 0U);
  message.clear();
  message.append(Message{"again"});
  EXPECT_EQ(message, "again");
}

TEST_F(MessageTest, MakesZerosThatCanBeWritten) {
  Message message = Message::zeros(5);
  EXPECT_EQ(message, (std::string_view{"\0\0\0\0\0", 5}));
  std::ranges::fill(message.writable_front(), std::uint8_t{'x'});
  EXPECT_EQ(message, "xxxxx");
  const Message copy = message;
  EXPECT_TRUE(message.writable_front().empty());
  EXPECT_TRUE(Message{}.writable_front().empty());
}

TEST_F(MessageTest, DoesNotCountConstantChunks) {
  const ConstantChunk constant{"payload"};
  EXPECT_EQ(live(), 1U);
  {
    Message message = Message::of_constant(*constant);
    EXPECT_EQ(message, "payload");
    EXPECT_EQ(message.slice_at(0).data(), (*constant).bytes());
    EXPECT_TRUE(message.writable_front().empty());
    const std::vector<Message> copies(100, message);
    EXPECT_EQ(live(), 1U);
  }
}

TEST_F(MessageTest, KnowsWhetherItIsAllOfAConstant) {
  const ConstantChunk constant{"payload"};
  const ConstantChunk equal{"payload"};
  Message message = Message::of_constant(*constant);
  EXPECT_TRUE(message.is_all_of(*constant));
  EXPECT_FALSE(message.is_all_of(*equal));
  EXPECT_FALSE(message.slice(1).is_all_of(*constant));
  EXPECT_FALSE(Message{"payload"}.is_all_of(*constant));
  message.append(bytes_of("!"));
  EXPECT_FALSE(message.is_all_of(*constant));
}

TEST_F(MessageTest, MakesAnEmptyMessageOfAnEmptyConstant) {
  const ConstantChunk constant{""};
  EXPECT_TRUE(Message::of_constant(*constant).empty());
}

// ----- grow -----

TEST_F(MessageTest, PrependsIntoTheSameChunk) {
  Message message{"data"};
  message.prepend(bytes_of("udp."));
  const std::uint8_t* const front = message.slice_at(0).data();
  message.prepend(bytes_of("ip.."));
  EXPECT_EQ(message, "ip..udp.data");
  EXPECT_EQ(message.slice_at(0).data(), front - 4);
  EXPECT_EQ(live(), 1U);
}

TEST_F(MessageTest, PrependsToASharedChunkInANewOne) {
  const Message payload{"data"};
  Message one = payload;
  Message other = payload;
  one.prepend(bytes_of("one:"));
  other.prepend(bytes_of("other:"));
  EXPECT_EQ(one, "one:data");
  EXPECT_EQ(other, "other:data");
  EXPECT_EQ(payload, "data");
  EXPECT_EQ(one.slice_count(), 2U);
  EXPECT_EQ(one.slice_at(1).data(), payload.slice_at(0).data());
  EXPECT_EQ(live(), 3U);
}

TEST_F(MessageTest, PrependsAllHeadersOfASharedPayloadInOneChunk) {
  const ConstantChunk constant{"payload"};
  Message message = Message::of_constant(*constant);
  for (std::size_t used = 0; used + 8 <= Message::headroom; used += 8) message.prepend(8);
  EXPECT_EQ(message.slice_count(), 2U);
  EXPECT_EQ(live(), 2U);
  message.prepend(1);
  EXPECT_EQ(message.slice_count(), 3U) << "the headroom was used up";
}

TEST_F(MessageTest, PrependsMoreThanTheHeadroom) {
  Message message{"x"};
  const std::string large(65'535, 'l');
  message.prepend(bytes_of(large));
  EXPECT_EQ(message, large + "x");
  EXPECT_EQ(message.slice_count(), 2U);
}

TEST_F(MessageTest, PrependsManySlices) {
  Message message;
  std::string model;
  for (int i = 0; i < 100; ++i) {
    const Message holder = message;  // so that every header needs a chunk of its own
    const std::string header = std::to_string(i);
    message.prepend(bytes_of(header));
    model.insert(0, header);
    ASSERT_EQ(message, model);
  }
  EXPECT_EQ(message.slice_count(), 100U);
}

TEST_F(MessageTest, PutsARemovedHeaderAtTheSamePlaceAgain) {
  Message message{"data"};
  message.prepend(bytes_of("old."));
  message.remove_front(4);
  message.prepend(bytes_of("new."));
  EXPECT_EQ(message, "new.data");
  EXPECT_EQ(live(), 1U);
}

TEST_F(MessageTest, NeverWritesIntoWhatAPieceOfItStillShows) {
  Message message{"headtail"};
  const Message head = message.cut(4);
  message.prepend(bytes_of("HEAD"));
  EXPECT_EQ(head, "head");
  EXPECT_EQ(message, "HEADtail");
}

TEST_F(MessageTest, AppendsIntoTheRoomBehind) {
  Message message{"data"};
  const std::uint8_t* const front = message.slice_at(0).data();
  message.append(bytes_of("crc."));
  EXPECT_EQ(message, "datacrc.");
  EXPECT_EQ(message.slice_at(0).data(), front);
  EXPECT_EQ(message.slice_count(), 1U);
}

TEST_F(MessageTest, AppendsToASharedChunkInANewOne) {
  const Message payload{"data"};
  Message message = payload;
  message.append(bytes_of("crc."));
  message.append(bytes_of("more"));
  EXPECT_EQ(message, "datacrc.more");
  EXPECT_EQ(payload, "data");
  EXPECT_EQ(message.slice_count(), 2U);
}

TEST_F(MessageTest, NeverAppendsOverWhatAPieceOfItStillShows) {
  Message message{"headtail"};
  const Message tail = message.slice(4);
  message.remove_back(4);
  message.append(bytes_of("TAIL"));
  EXPECT_EQ(tail, "tail");
  EXPECT_EQ(message, "headTAIL");
}

TEST_F(MessageTest, KeepsRoomForHeadersBeforeWhatIsAppendedToNothing) {
  Message message;
  message.append(bytes_of("data"));
  message.prepend(bytes_of("head"));
  EXPECT_EQ(message, "headdata");
  EXPECT_EQ(live(), 1U);
}

TEST_F(MessageTest, TakesNoBytesForNone) {
  Message message;
  message.prepend(bytes_of(""));
  message.append(bytes_of(""));
  message.append(Message{});
  EXPECT_TRUE(message.empty());
  message.append(Message{"x"});
  message.append(Message{});
  EXPECT_EQ(message, "x");
}

TEST_F(MessageTest, ConcatenatesWithoutMovingAByte) {
  for (std::size_t left_slices = 1; left_slices < 6; ++left_slices) {
    for (std::size_t right_slices = 1; right_slices < 6; ++right_slices) {
      Message left;
      Message right;
      for (std::size_t i = 0; i < left_slices; ++i) left.append(Message{std::to_string(i)});
      for (std::size_t i = 0; i < right_slices; ++i) right.append(Message{std::to_string(i)});
      std::vector<const std::uint8_t*> places;
      for (const auto part : left.parts()) places.push_back(part.data());
      for (const auto part : right.parts()) places.push_back(part.data());
      const std::string text = left.to_string() + right.to_string();
      left.append(std::move(right));
      EXPECT_EQ(left, text);
      ASSERT_EQ(left.slice_count(), places.size());
      for (std::size_t i = 0; i < places.size(); ++i) {
        EXPECT_EQ(left.slice_at(i).data(), places[i]);
      }
    }
  }
}

TEST_F(MessageTest, MayBeAppendedToItself) {
  Message message = chain({"ab", "cd"});
  message.append(message);
  EXPECT_EQ(message, "abcdabcd");
  message.append(message.slice(2, 3));
  EXPECT_EQ(message, "abcdabcdcda");
  Message& same = message;
  message.append(std::move(same));
  EXPECT_EQ(message, "abcdabcdcda");
}

TEST_F(MessageTest, JoinsWhatWasCutApart) {
  Message message{"headtail"};
  Message head = message.cut(4);
  head.append(std::move(message));
  EXPECT_EQ(head, "headtail");
  EXPECT_EQ(head.slice_count(), 1U);
  EXPECT_FALSE(head.writable_front().empty()) << "one slice holds the chunk again";
}

TEST_F(MessageTest, CopiesItsBytesOnlyWhenItRunsOutOfSlices) {
  const ConstantChunk constant{"ab"};
  const Message piece = Message::of_constant(*constant);
  Message message;
  while (message.slice_count() < Message::max_slices) message.append(piece);
  EXPECT_EQ(message.size(), 2 * Message::max_slices);
  EXPECT_EQ(message.slice_at(Message::max_slices - 1).data(), (*constant).bytes());
  Message in_front = message;
  Message twice = message;
  message.append(piece);
  EXPECT_EQ(message.slice_count(), 2U);
  EXPECT_EQ(message.size(), 2 * Message::max_slices + 2);
  in_front.prepend(bytes_of("ab"));
  EXPECT_EQ(in_front, message);
  EXPECT_EQ(in_front.slice_count(), 2U);
  twice.append(twice);
  EXPECT_EQ(twice.slice_count(), 2U);
  EXPECT_EQ(twice.size(), 4 * Message::max_slices);
  EXPECT_EQ(twice.slice(0, 2), "ab");
  EXPECT_EQ(twice.slice(twice.size() - 2), "ab");
}

TEST_F(MessageTest, ServesAsAQueueOfManySlices) {
  const ConstantChunk constant{"abcdefgh"};
  Message queue;
  for (int i = 0; i < 10; ++i) queue.append(Message::of_constant(*constant));
  std::size_t reserved = 0;
  for (int i = 0; i < 10'000; ++i) {
    queue.append(Message::of_constant(*constant));
    ASSERT_EQ(queue.cut(8), "abcdefgh");
    if (i == 100) reserved = pool::reserved_bytes();
  }
  EXPECT_EQ(queue.size(), 80U);
  EXPECT_EQ(pool::reserved_bytes(), reserved);
  for (int i = 0; i < 10'000; ++i) {
    const Message head = queue;
    queue.prepend(bytes_of("x"));
    queue.remove_back(1);
  }
  EXPECT_EQ(queue.size(), 80U);
  EXPECT_EQ(queue.slice_count(), 80U);
}

// ----- shrink and divide -----

TEST_F(MessageTest, RemovesFrontAndBackAtEveryPosition) {
  const std::string text = "onetwothreefour";
  const Message whole = chain({"one", "two", "three", "four"});
  for (std::size_t bytes = 0; bytes <= text.size(); ++bytes) {
    Message front = whole;
    front.remove_front(bytes);
    EXPECT_EQ(front, text.substr(bytes));
    Message back = whole;
    back.remove_back(bytes);
    EXPECT_EQ(back, text.substr(0, text.size() - bytes));
    Message kept = whole;
    kept.truncate(bytes);
    EXPECT_EQ(kept, text.substr(0, bytes));
  }
}

TEST_F(MessageTest, LetsGoOfChunksAsTheyAreRemoved) {
  Message message = chain({"one", "two", "three"});
  EXPECT_EQ(live(), 4U);
  message.remove_front(4);
  EXPECT_EQ(live(), 3U);
  message.remove_back(6);
  EXPECT_EQ(live(), 2U);
  EXPECT_EQ(message, "w");
  message.remove_front(1);
  EXPECT_EQ(live(), 0U);
  message.append(Message{"again"});
  EXPECT_EQ(message, "again");
}

TEST_F(MessageTest, SlicesAndCutsEveryRangeInPlace) {
  const std::string text = "onetwothreefour";
  for (const Message& whole :
       {Message{text}, chain({"onetwo", "threefour"}), chain({"one", "two", "three", "four"})}) {
    for (std::size_t offset = 0; offset <= text.size(); ++offset) {
      Message rest = whole;
      const Message head = rest.cut(offset);
      EXPECT_EQ(head, text.substr(0, offset));
      EXPECT_EQ(rest, text.substr(offset));
      EXPECT_EQ(whole.slice(offset), rest);
      for (std::size_t bytes = 0; bytes <= text.size() - offset; ++bytes) {
        const Message part = whole.slice(offset, bytes);
        ASSERT_EQ(part, text.substr(offset, bytes));
        std::size_t position = offset;
        for (const std::uint8_t& byte : part.bytes()) {
          ASSERT_EQ(&byte, &*std::next(whole.bytes().begin(), static_cast<long>(position++)));
        }
      }
    }
  }
}

TEST_F(MessageTest, KeepsABlockOnlyAsLongAsAPieceOfItLives) {
  Message message{"headtail"};
  Message head = message.cut(4);
  message.clear();
  EXPECT_EQ(live(), 1U);
  EXPECT_EQ(head, "head");
  head.clear();
  EXPECT_EQ(live(), 0U);
}

// ----- threads and bugs -----

TEST_F(MessageTest, SharesChunksBetweenThreads) {
  const Message message = chain({"one", "two", "three"});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([copy = message] {
      for (int round = 0; round < 2'000; ++round) {
        Message mine = copy;
        mine.prepend(8);
        mine.flip_bit(8 * 9);
        ASSERT_EQ(mine.slice(12), "wothree");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(message, "onetwothree");
}

using MessageDeathTest = MessageTest;

TEST_F(MessageDeathTest, AssertsPositionsInside) {
  Message message = chain({"one", "two"});
  EXPECT_DEATH(message.remove_front(7), "internal error");
  EXPECT_DEATH(message.remove_back(7), "internal error");
  EXPECT_DEATH(message.truncate(7), "internal error");
  EXPECT_DEATH(message.cut(7), "internal error");
  EXPECT_DEATH((void)message.slice(7), "internal error");
  EXPECT_DEATH((void)message.slice(3, 4), "internal error");
  EXPECT_DEATH((void)message[6], "internal error");
  EXPECT_DEATH(message.flip_bit(48), "internal error");
  EXPECT_DEATH((void)message.partial_sum(7), "internal error");
  EXPECT_DEATH(Message{}.remove_front(1), "internal error");
}

TEST_F(MessageDeathTest, AssertsSizesOfHeaders) {
  Message message{"one"};
  EXPECT_DEATH(message.prepend(0), "internal error");
  EXPECT_DEATH(message.prepend(65'536), "internal error");
  EXPECT_DEATH(message.append(0), "internal error");
  EXPECT_DEATH(message.append(65'536), "internal error");
}

TEST_F(MessageDeathTest, AssertsThatItStaysBelowFourGibibytes) {
  Message message{std::string(1'000'000, 'x')};
  while (message.size() < 2'048'000'000) message.append(message);
  EXPECT_EQ(message.slice_count(), 2'048U);
  message.append(message);
  EXPECT_EQ(message.size(), 4'096'000'000U);
  EXPECT_DEATH(message.append(message), "internal error");
  EXPECT_DEATH(Message::of_constant(*Chunk::make(1)), "internal error");
}

}  // namespace
}  // namespace elvis::test
