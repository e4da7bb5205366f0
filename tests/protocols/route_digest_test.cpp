// SPDX-License-Identifier: MIT
#include "../../src/protocols/route_digest.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "elvis/util/rng.hpp"
#include "repetitions.hpp"

namespace elvis {
namespace {

using Code = RouteDigest::Code;
using Part = std::array<Code, RouteDigest::part_size>;

/// Codes of which about one in `every` is another than the one before, and about one in
/// `singles` other than those around it.
Part random_part(Rng& rng, std::uint64_t every, std::uint64_t singles) {
  Part part;
  const auto code = [&rng] { return static_cast<Code>(1 + rng.below(255)); };
  Code around = code();
  for (Code& each : part) {
    if (rng.below(every) == 0) around = code();
    each = rng.below(singles) == 0 ? code() : around;
  }
  return part;
}

void expect_part(const RouteDigest& digest, std::size_t number, const Part& part) {
  for (std::size_t place = 0; place < part.size(); ++place) {
    const auto address = static_cast<std::uint32_t>(number << 16 | place << 8 | place);
    ASSERT_EQ(digest.code_of(address), part[place]) << "part " << number << ", place " << place;
  }
}

TEST(RouteDigestTest, SaysWhatItWasTaught) {
  Rng rng{{90, 1}};
  RouteDigest digest;
  std::vector<Part> parts;
  for (std::uint64_t i = 0; i < repetitions(20'000); ++i) {
    parts.push_back(random_part(rng, 1 + rng.below(600), 1 + rng.below(600)));
    digest.learn(i, parts.back());
  }
  for (std::size_t i = 0; i < parts.size(); ++i) expect_part(digest, i, parts[i]);
  EXPECT_EQ(digest.code_of(0xffff'ff00), RouteDigest::unknown);
}

TEST(RouteDigestTest, SaysEachPlaceOfAPart) {
  RouteDigest digest;
  std::size_t number = 0;
  Part part;
  for (std::size_t first = 0; first < part.size(); ++first) {
    for (std::size_t count = 1; count <= 4 && first + count <= part.size(); ++count) {
      part.fill(7);
      for (std::size_t i = 0; i < count; ++i) part[first + i] = static_cast<Code>(8 + i);
      digest.learn(number, part);
      expect_part(digest, number++, part);
    }
  }
}

TEST(RouteDigestTest, TakesAPartInThePlaceOfOneThatItForgot) {
  Rng rng{{90, 2}};
  RouteDigest digest;
  std::vector<Part> parts(64);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i] = random_part(rng, 10, 20);
    digest.learn(i, parts[i]);
  }
  const std::size_t before = digest.memory_bytes();
  for (int change = 0; change < 1'000; ++change) {
    const auto first = static_cast<std::size_t>(rng.below(parts.size() - 2));
    digest.forget(first, 2);
    for (const std::size_t i : {first + 1, first}) {
      EXPECT_EQ(digest.code_of(static_cast<std::uint32_t>(i << 16)), RouteDigest::unknown);
      parts[i] = random_part(rng, 10, 20);
      digest.learn(i, parts[i]);
    }
  }
  for (std::size_t i = 0; i < parts.size(); ++i) expect_part(digest, i, parts[i]);
  // Blocks of each size stay for parts of that size.
  EXPECT_LT(digest.memory_bytes(), before + 64 * 256);
}

TEST(RouteDigestTest, LearnsAnewWhenItsRoomIsUsedUp) {
  RouteDigest digest;
  const auto part_with = [](std::size_t runs) {
    Part part;
    for (std::size_t i = 0; i < part.size(); ++i) {
      part[i] = static_cast<Code>(1 + (i < 2 * runs ? i / 2 : runs));
    }
    return part;
  };
  // The blocks that are given back are too small for the next ones.
  bool has_forgotten = false;
  for (const std::size_t runs : {80U, 82U}) {
    const Part part = part_with(runs);
    for (std::size_t i = 0; i < 1U << 16; ++i) {
      digest.forget(i, 1);
      digest.learn(i, part);
    }
    expect_part(digest, 0xffff, part);
    const Code first = digest.code_of(0);
    EXPECT_TRUE(first == part[0] || first == RouteDigest::unknown);
    has_forgotten |= first == RouteDigest::unknown;
  }
  EXPECT_TRUE(has_forgotten);
}

TEST(RouteDigestTest, NumbersHopsUntilThereAreTooMany) {
  RouteDigest digest;
  for (std::uint32_t tap = 0; tap < 300; ++tap) {
    const NextHop hop{Ipv4Address{10, 0, 0, 1}, tap};
    const Code code = digest.code_for(hop);
    EXPECT_EQ(digest.code_for(hop), code);
    if (tap < 253) {
      EXPECT_EQ(digest.hop_of(code), hop);
    } else {
      EXPECT_EQ(code, RouteDigest::ask);
    }
  }
  EXPECT_EQ(digest.code_for(std::nullopt), RouteDigest::no_route);
}

}  // namespace
}  // namespace elvis
