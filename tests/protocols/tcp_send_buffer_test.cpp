// SPDX-License-Identifier: MIT
#include "elvis/protocols/tcp/send_buffer.hpp"

#include <gtest/gtest.h>

#include <string>

#include "elvis/util/rng.hpp"

namespace elvis {
namespace {

std::string random_text(Rng& rng, std::size_t size) {
  std::string text(size, '\0');
  for (char& each : text) each = static_cast<char>(rng());
  return text;
}

TEST(TcpSendBufferTest, HoldsWhatWasSentAndWhatWasNotWhateverHappens) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Rng rng{{seed, 1}};
    TcpSendBuffer buffer;
    std::string model;
    std::size_t sent = 0;
    Message source;  // some of what is written was one piece
    for (int step = 0; step < 300; ++step) {
      switch (rng.below(5)) {
        case 0: {
          if (source.size() < 40) source = Message{random_text(rng, 200)};
          Message part = rng.below(2) == 0 ? source.cut(rng.below(40))
                                           : Message{random_text(rng, rng.below(20))};
          model += part.to_string();
          buffer.append(std::move(part));
          break;
        }
        case 1:
        case 2: {
          const std::size_t bytes = rng.below(model.size() - sent + 1);
          ASSERT_TRUE(buffer.send(bytes) == model.substr(sent, bytes));
          sent += bytes;
          break;
        }
        case 3: {
          const std::size_t bytes = rng.below(4) == 0 ? sent : rng.below(sent + 1);
          buffer.remove_front(bytes);
          model.erase(0, bytes);
          sent -= bytes;
          break;
        }
        default:
          if (rng.below(10) != 0) break;
          buffer.discard_unsent();
          model.resize(sent);
      }
      ASSERT_EQ(buffer.size(), model.size());
      ASSERT_EQ(buffer.sent(), sent);
      ASSERT_EQ(buffer.has_unsent(), model.size() != sent);
      const std::size_t offset = rng.below(model.size() + 1);
      ASSERT_TRUE(buffer.slice(offset, model.size() - offset) == model.substr(offset));
    }
  }
}

TEST(TcpSendBufferTest, FindsItsPlaceAgainWhenTooManyPiecesBecomeOne) {
  TcpSendBuffer buffer;
  std::string model;
  for (std::size_t i = 0; i < Message::max_slices + 10; ++i) {
    const std::string byte(1, static_cast<char>(i * 7));
    model += byte;
    buffer.append(Message{byte});
    if (i == 1'000) ASSERT_TRUE(buffer.send(700) == model.substr(0, 700));
  }
  ASSERT_TRUE(buffer.send(20'000) == model.substr(700, 20'000));
  buffer.remove_front(20'500);
  ASSERT_TRUE(buffer.send(buffer.unsent()) == model.substr(20'700));
}

}  // namespace
}  // namespace elvis
