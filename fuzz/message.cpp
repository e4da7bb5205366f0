// SPDX-License-Identifier: MIT
// Fuzz target: operations on messages, each beside a flat string that says what must come out.
#include "elvis/wire/message.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "elvis/util/assert.hpp"
#include "elvis/util/pool.hpp"
#include "elvis/wire/checksum.hpp"

namespace {

using elvis::Chunk;
using elvis::Message;

/// The input, read byte by byte; zeros when it is used up.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_{data}, size_{size} {}

  bool is_used_up() const { return at_ == size_; }
  std::uint8_t byte() { return is_used_up() ? std::uint8_t{0} : data_[at_++]; }
  /// A number of 0 to `limit`.
  std::size_t up_to(std::size_t limit) {
    const std::size_t number = limit < 256 ? byte() : std::size_t{byte()} << 8 | byte();
    return number % (limit + 1);
  }
  /// `size` bytes, 256 at most, that are others each time.
  std::string text(std::size_t size) {
    static const std::string all_bytes = [] {
      std::string bytes(512, '\0');
      for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i);
      return bytes;
    }();
    counter_ += 37;
    return all_bytes.substr(counter_ % 256, size);
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
  unsigned counter_ = 0;
};

struct Pair {
  Message message;
  std::string model;
};

class Machine {
 public:
  Machine(const std::uint8_t* data, std::size_t size) : input_{data, size} {
    constant_text_ = input_.text(33);
    constant_ = Chunk::make_constant(bytes_of(constant_text_));
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine() {
    pairs_.fill({});
    Chunk::destroy_constant(constant_);
  }

  void run() {
    // Long inputs and long messages would only be slower, not other.
    for (int step = 0; step < 100 && !input_.is_used_up(); ++step) {
      Pair& pair = any();
      change(pair);
      if (pair.model.size() > 1'000) {
        pair.message.truncate(100);
        pair.model.resize(100);
      }
      for (const Pair& each : pairs_) check(each);
    }
  }

 private:
  static std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  }

  Pair& any() { return pairs_[input_.byte() % pairs_.size()]; }

  void change(Pair& pair) {
    switch (input_.byte() % 12) {
      case 0: {
        const std::string text = input_.text(input_.up_to(200));
        pair = {Message{text}, text};
        break;
      }
      case 1:
        pair = {Message::of_constant(*constant_), constant_text_};
        break;
      case 2: {
        const std::string text = input_.text(1 + input_.up_to(100));
        pair.message.prepend(bytes_of(text));
        pair.model.insert(0, text);
        break;
      }
      case 3: {
        const std::string text = input_.text(1 + input_.up_to(100));
        pair.message.append(bytes_of(text));
        pair.model += text;
        break;
      }
      case 4: {
        const Pair other = any();
        pair.message.append(other.message);
        pair.model += other.model;
        break;
      }
      case 5: {
        const std::size_t bytes = input_.up_to(pair.model.size());
        pair.message.remove_front(bytes);
        pair.model.erase(0, bytes);
        break;
      }
      case 6: {
        const std::size_t bytes = input_.up_to(pair.model.size());
        pair.message.remove_back(bytes);
        pair.model.resize(pair.model.size() - bytes);
        break;
      }
      case 7: {
        const std::size_t bytes = input_.up_to(pair.model.size());
        Pair head{pair.message.cut(bytes), pair.model.substr(0, bytes)};
        pair.model.erase(0, bytes);
        any() = std::move(head);
        break;
      }
      case 8: {
        const std::size_t offset = input_.up_to(pair.model.size());
        const std::size_t bytes = input_.up_to(pair.model.size() - offset);
        Pair part{pair.message.slice(offset, bytes), pair.model.substr(offset, bytes)};
        any() = std::move(part);
        break;
      }
      case 9:
        pair = any();
        break;
      case 10:
        flip(pair);
        break;
      default:
        look(pair);
        break;
    }
  }

  void flip(Pair& pair) {
    if (pair.model.empty()) return;
    const std::size_t bit = input_.up_to(8 * pair.model.size() - 1);
    pair.message.flip_bit(bit);
    pair.model[bit / 8] = static_cast<char>(pair.model[bit / 8] ^ 0x80 >> bit % 8);
  }

  void look(const Pair& pair) {
    const std::size_t offset = input_.up_to(pair.model.size());
    const auto bytes = bytes_of(pair.model);
    ELVIS_ASSERT(elvis::fold_sum(pair.message.partial_sum(offset)) ==
                 elvis::fold_sum(elvis::partial_sum(bytes.data() + offset, bytes.size() - offset)));
    ELVIS_ASSERT(std::ranges::equal(pair.message.bytes(), bytes));
    std::vector<std::uint8_t> scratch(offset);
    const std::uint8_t* const front = pair.message.front(offset, scratch.data());
    ELVIS_ASSERT(std::equal(front, front + offset, bytes.begin()));
    const Pair& other = any();
    ELVIS_ASSERT((pair.message == other.message) == (pair.model == other.model));
    ELVIS_ASSERT(pair.message.slice(offset).to_string() == pair.model.substr(offset));
  }

  static void check(const Pair& pair) {
    ELVIS_ASSERT(pair.message.size() == pair.model.size());
    ELVIS_ASSERT(pair.message == pair.model);
  }

  Input input_;
  std::array<Pair, 4> pairs_;
  Chunk* constant_ = nullptr;
  std::string constant_text_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::size_t live_before = elvis::pool::live_blocks();
  Machine{data, size}.run();
  ELVIS_ASSERT(elvis::pool::live_blocks() == live_before);
  return 0;
}
