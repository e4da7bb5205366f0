// SPDX-License-Identifier: MIT
// Message: how its bytes are looked at, summed and changed.
#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "elvis/wire/checksum.hpp"
#include "elvis/wire/message.hpp"
#include "wire/message_fixture.hpp"

namespace elvis::test {
namespace {

static_assert(std::forward_iterator<Message::ByteIterator>);
static_assert(std::forward_iterator<Message::PartIterator>);
static_assert(std::ranges::forward_range<Message::ByteRange>);
static_assert(std::ranges::forward_range<Message::PartRange>);

using MessageBytesTest = MessageTest;

// ----- look -----

TEST_F(MessageBytesTest, ShowsItsFrontInPlaceOrGathered) {
  const Message message = chain({"head", "tail"});
  std::array<std::uint8_t, 16> scratch{};
  EXPECT_EQ(message.front(4, scratch.data()), message.slice_at(0).data());
  EXPECT_EQ(message.front(0, scratch.data()), message.slice_at(0).data());
  EXPECT_EQ(message.front(6, scratch.data()), scratch.data());
  EXPECT_EQ((std::string{scratch.begin(), scratch.begin() + 6}), "headta");
  EXPECT_EQ(message.front(8, scratch.data()), scratch.data());
  EXPECT_EQ(message.front(9, scratch.data()), nullptr);
  EXPECT_EQ(Message{}.front(1, scratch.data()), nullptr);
  EXPECT_EQ(Message{}.front(0, scratch.data()), scratch.data());
}

TEST_F(MessageBytesTest, ShowsEachByte) {
  const std::string text = "onetwothree";
  const Message message = chain({"one", "two", "three"});
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_EQ(message[i], static_cast<std::uint8_t>(text[i]));
  }
}

TEST_F(MessageBytesTest, IteratesOverBytesAndParts) {
  const Message message = chain({"one", "two", "three"});
  std::string text;
  for (const std::uint8_t byte : message.bytes()) text += static_cast<char>(byte);
  EXPECT_EQ(text, "onetwothree");
  std::vector<std::string> parts;
  for (const std::span<const std::uint8_t> part : message.parts()) {
    parts.emplace_back(part.begin(), part.end());
  }
  EXPECT_EQ(parts, (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(std::ranges::count(message.bytes(), 'e'), 3);
  EXPECT_EQ(std::ranges::distance(message.parts()), 3);
  auto byte = message.bytes().begin();
  EXPECT_EQ(*byte++, 'o');
  EXPECT_EQ(*byte, 'n');
  EXPECT_EQ(*byte.operator->(), 'n');
  auto part = message.parts().begin();
  EXPECT_EQ((*part++).size(), 3U);
  EXPECT_EQ((*++part).size(), 5U);
}

TEST_F(MessageBytesTest, CopiesOutAsMuchAsThereIs) {
  const std::string text = "onetwothree";
  const Message message = chain({"one", "two", "three"});
  for (std::size_t offset = 0; offset <= text.size(); ++offset) {
    for (std::size_t room = 0; room < 14; ++room) {
      std::string copied(room, '-');
      const std::size_t count =
          message.copy_to({reinterpret_cast<std::uint8_t*>(copied.data()), room}, offset);
      const std::string expected = text.substr(offset, room);
      EXPECT_EQ(count, expected.size());
      EXPECT_EQ(copied, expected + std::string(room - count, '-'));
    }
  }
  EXPECT_EQ(message.to_bytes(), (std::vector<std::uint8_t>{text.begin(), text.end()}));
}

TEST_F(MessageBytesTest, EqualsWhatHasTheSameBytesInOtherSlices) {
  const Message message = chain({"one", "two", "three"});
  EXPECT_EQ(message, chain({"on", "etw", "oth", "ree"}));
  EXPECT_EQ(message, Message{"onetwothree"});
  EXPECT_NE(message, chain({"on", "etw", "oth", "reE"}));
  EXPECT_NE(message, chain({"one", "two"}));
  EXPECT_NE(message, "onetwothre");
  EXPECT_NE(message, "onetwothreE");
}

TEST_F(MessageBytesTest, PrintsHexWithOffsetsAndText) {
  Message message = chain({"Hello, ", "world!\n"});
  EXPECT_EQ(message.hex(),
            "00000000  48 65 6c 6c 6f 2c 20 77 6f 72 6c 64 21 0a        |Hello, world!.|\n");
  message.append(Message{"\x7f\x80~ 0123456789abcdef"});
  EXPECT_EQ(message.hex(),
            "00000000  48 65 6c 6c 6f 2c 20 77 6f 72 6c 64 21 0a 7f 80  |Hello, world!...|\n"
            "00000010  7e 20 30 31 32 33 34 35 36 37 38 39 61 62 63 64  |~ 0123456789abcd|\n"
            "00000020  65 66                                            |ef|\n");
  message.truncate(32);
  EXPECT_EQ(message.hex(),
            "00000000  48 65 6c 6c 6f 2c 20 77 6f 72 6c 64 21 0a 7f 80  |Hello, world!...|\n"
            "00000010  7e 20 30 31 32 33 34 35 36 37 38 39 61 62 63 64  |~ 0123456789abcd|\n");
}

// ----- change -----

TEST_F(MessageBytesTest, FlipsABitInPlaceWhenNobodySharesIt) {
  Message message{"abc"};
  const std::uint8_t* const place = message.slice_at(0).data();
  message.flip_bit(0);
  message.flip_bit(15);
  EXPECT_EQ(message,
            "\xe1"
            "cc");
  EXPECT_EQ(message.slice_at(0).data(), place);
}

TEST_F(MessageBytesTest, CopiesOnlyTheSharedSliceWhoseBitIsFlipped) {
  const ConstantChunk constant{"payload"};
  Message message = Message::of_constant(*constant);
  message.prepend(bytes_of("header"));
  const Message before = message;
  message.flip_bit(8 * 6 + 7);
  EXPECT_EQ(message, "headerqayload");
  EXPECT_EQ(before, "headerpayload");
  EXPECT_EQ(message.slice_at(0).data(), before.slice_at(0).data());
  EXPECT_EQ((*constant).bytes()[0], 'p');
  message.flip_bit(0);
  EXPECT_EQ(before, "headerpayload");
  EXPECT_EQ(message[0], 'h' ^ 0x80);
}

TEST_F(MessageBytesTest, FlipsEveryBitBackToWhatItWas) {
  const Message whole = chain({"one", "two", "three"});
  Message message = whole;
  for (std::size_t bit = 0; bit < 8 * message.size(); ++bit) {
    message.flip_bit(bit);
    ASSERT_NE(message, whole);
    ASSERT_EQ(message[bit / 8] ^ whole[bit / 8], 0x80 >> bit % 8);
    message.flip_bit(bit);
    ASSERT_EQ(message, whole);
  }
}

TEST_F(MessageBytesTest, InheritsWhetherItIsVerified) {
  Message message{"payload"};
  EXPECT_FALSE(message.is_verified());
  message.set_verified(true);
  message.prepend(bytes_of("header"));
  message.remove_front(6);
  EXPECT_TRUE(message.is_verified());
  EXPECT_TRUE(Message{message}.is_verified());
  EXPECT_TRUE(message.slice(1, 2).is_verified());
  Message head = message.cut(3);
  EXPECT_TRUE(head.is_verified());
  EXPECT_TRUE(message.is_verified());
  head.append(std::move(message));
  EXPECT_TRUE(head.is_verified());
  head.append(Message{"unverified"});
  EXPECT_FALSE(head.is_verified());
}

TEST_F(MessageBytesTest, IsNotVerifiedOnceABitFlipped) {
  Message message{"payload"};
  message.set_verified(true);
  message.flip_bit(3);
  EXPECT_FALSE(message.is_verified());
}

TEST_F(MessageBytesTest, SumsSlicesThatBeginAtOddPositions) {
  const ConstantChunk odd{"odd"};
  const ConstantChunk even{"even"};
  for (int combination = 0; combination < 256; ++combination) {
    Message message;
    for (int bit = 0; bit < 8; ++bit) {
      message.append(Message::of_constant((combination >> bit & 1) != 0 ? *odd : *even));
    }
    const std::vector<std::uint8_t> bytes = message.to_bytes();
    for (std::size_t offset = 0; offset <= bytes.size(); ++offset) {
      ASSERT_EQ(fold_sum(message.partial_sum(offset)),
                fold_sum(partial_sum(bytes.data() + offset, bytes.size() - offset)));
    }
  }
}

TEST_F(MessageBytesTest, SumsPartsOfConstantChunks) {
  const std::string text = "a constant payload of some size";
  const ConstantChunk constant{text};
  const Message message = Message::of_constant(*constant);
  for (std::size_t offset = 0; offset <= text.size(); ++offset) {
    for (std::size_t bytes = 0; bytes <= text.size() - offset; ++bytes) {
      const std::string part = text.substr(offset, bytes);
      ASSERT_EQ(fold_sum(message.slice(offset, bytes).partial_sum()),
                fold_sum(partial_sum(bytes_of(part).data(), bytes)));
    }
  }
}

}  // namespace
}  // namespace elvis::test
