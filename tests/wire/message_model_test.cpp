// SPDX-License-Identifier: MIT
// Random sequences of operations on messages, each beside a flat string that says what must come
// out.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "elvis/util/pool.hpp"
#include "elvis/util/rng.hpp"
#include "elvis/wire/checksum.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {
namespace {

/// A message and what it should hold.
struct Pair {
  Message message;
  std::string model;
};

class Models {
 public:
  explicit Models(std::uint64_t seed) : rng_{{seed, 1}}, pairs_(6) {
    const std::string text = random_text(37);
    constant_ =
        Chunk::make_constant({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    constant_text_ = text;
  }
  Models(const Models&) = delete;
  Models& operator=(const Models&) = delete;
  ~Models() {
    pairs_.clear();
    Chunk::destroy_constant(constant_);
  }

  /// Does one operation and compares all messages: what one does must not show in another.
  void step() {
    Pair& pair = any();
    switch (rng_.below(14)) {
      case 0:
        pair = fresh();
        break;
      case 1:
        prepend(pair);
        break;
      case 2:
        append(pair);
        break;
      case 3:
        concatenate(pair);
        break;
      case 4:
        remove_front(pair);
        break;
      case 5:
        remove_back(pair);
        break;
      case 6:
        cut(pair);
        break;
      case 7:
        slice(pair);
        break;
      case 8:
        pair = any();
        break;
      case 9:
        std::swap(pair, any());
        break;
      case 10:
        flip(pair);
        break;
      case 11:
        queue(pair);
        break;
      case 12:
        if (rng_.below(8) == 0) pair = Pair{};
        break;
      default:
        look(pair);
        break;
    }
    if (pair.model.size() > 3'000) {
      pair.message.truncate(100);
      pair.model.resize(100);
    }
  }

  void check() const {
    for (const Pair& pair : pairs_) {
      ASSERT_EQ(pair.message.size(), pair.model.size());
      ASSERT_TRUE(pair.message == pair.model) << pair.message.hex();
    }
  }

 private:
  Pair& any() { return pairs_[rng_.below(pairs_.size())]; }

  std::string random_text(std::size_t size) {
    std::string text(size, '\0');
    for (char& each : text) each = static_cast<char>(rng_());
    return text;
  }

  std::size_t random_size() { return 1 + rng_.below(rng_.below(16) == 0 ? 200 : 20); }

  Pair fresh() {
    if (rng_.below(3) == 0) return {Message::of_constant(*constant_), constant_text_};
    const std::string text = random_text(rng_.below(60));
    return {Message{text}, text};
  }

  void prepend(Pair& pair) {
    const std::string text = random_text(random_size());
    std::ranges::copy(text, pair.message.prepend(text.size()));
    pair.model.insert(0, text);
  }

  void append(Pair& pair) {
    const std::string text = random_text(random_size());
    std::ranges::copy(text, pair.message.append(text.size()));
    pair.model += text;
  }

  void concatenate(Pair& pair) {
    const Pair& other = any();
    const std::string tail = other.model;
    pair.message.append(other.message);
    pair.model += tail;
  }

  void remove_front(Pair& pair) {
    const std::size_t bytes = rng_.below(std::min<std::size_t>(pair.model.size(), 40) + 1);
    pair.message.remove_front(bytes);
    pair.model.erase(0, bytes);
  }

  void remove_back(Pair& pair) {
    const std::size_t bytes = rng_.below(std::min<std::size_t>(pair.model.size(), 40) + 1);
    pair.message.remove_back(bytes);
    pair.model.resize(pair.model.size() - bytes);
  }

  void cut(Pair& pair) {
    const std::size_t bytes = rng_.below(pair.model.size() + 1);
    Pair head{pair.message.cut(bytes), pair.model.substr(0, bytes)};
    pair.model.erase(0, bytes);
    any() = std::move(head);
  }

  void slice(Pair& pair) {
    const std::size_t offset = rng_.below(pair.model.size() + 1);
    const std::size_t bytes = rng_.below(pair.model.size() - offset + 1);
    Pair part{pair.message.slice(offset, bytes), pair.model.substr(offset, bytes)};
    any() = std::move(part);
  }

  void flip(Pair& pair) {
    if (pair.model.empty()) return;
    const std::size_t bit = rng_.below(8 * pair.model.size());
    pair.message.flip_bit(bit);
    pair.model[bit / 8] = static_cast<char>(pair.model[bit / 8] ^ 0x80 >> bit % 8);
  }

  /// What a byte stream does: more behind, less in front.
  void queue(Pair& pair) {
    for (std::uint64_t round = rng_.below(20); round != 0; --round) {
      Pair more = fresh();
      pair.message.append(std::move(more.message));
      pair.model += more.model;
      remove_front(pair);
    }
  }

  void look(const Pair& pair) {
    const std::size_t offset = rng_.below(pair.model.size() + 1);
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(pair.model.data());
    ASSERT_EQ(fold_sum(pair.message.partial_sum(offset)),
              fold_sum(partial_sum(bytes + offset, pair.model.size() - offset)));
    ASSERT_TRUE(std::ranges::equal(pair.message.bytes(), std::span{bytes, pair.model.size()}));
    ASSERT_EQ(pair.message.to_string(), pair.model);
    std::vector<std::uint8_t> scratch(pair.model.size());
    const std::uint8_t* const front = pair.message.front(offset, scratch.data());
    ASSERT_TRUE(std::equal(front, front + offset, bytes));
    if (offset < pair.model.size()) {
      ASSERT_EQ(pair.message[offset], bytes[offset]);
    }
    const Pair& other = any();
    ASSERT_EQ(pair.message == other.message, pair.model == other.model);
  }

  Rng rng_;
  std::vector<Pair> pairs_;
  Chunk* constant_ = nullptr;
  std::string constant_text_;
};

TEST(MessageModelTest, AgreesWithAFlatString) {
  const std::size_t live_before = pool::live_blocks();
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Models models{seed};
    for (int step = 0; step < 10'000; ++step) {
      models.step();
      ASSERT_NO_FATAL_FAILURE(models.check()) << "seed " << seed << ", step " << step;
    }
  }
  EXPECT_EQ(pool::live_blocks(), live_before);
}

}  // namespace
}  // namespace elvis
