// SPDX-License-Identifier: MIT
#include "elvis/util/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <system_error>
#include <type_traits>

namespace elvis {
namespace {

using Pointer = std::unique_ptr<int>;

Result<Pointer> half_of(int number) {
  if (number % 2 != 0) return Errc::invalid_argument;
  return std::make_unique<int>(number / 2);
}
Result<> of_error(const boost::system::error_code& error) {
  return error;
}

// What has no destructor goes through registers.
static_assert(sizeof(Result<>) == 4 && std::is_trivially_copyable_v<Result<>>);
static_assert(sizeof(Result<std::uint16_t>) == 8);
static_assert(std::is_trivially_copy_constructible_v<Result<std::uint16_t>> &&
              std::is_trivially_destructible_v<Result<std::uint16_t>>);
static_assert(!std::is_copy_constructible_v<Result<Pointer>> ||
              !std::is_trivially_copy_constructible_v<Result<Pointer>>);

TEST(ResultTest, HoldsAValueOrTheErrorWhyThereIsNone) {
  const Result<Pointer> three = half_of(6);
  ASSERT_TRUE(three);
  EXPECT_EQ(**three, 3);
  EXPECT_EQ(three.error(), boost::system::error_code{});
  const Result<Pointer> none = half_of(7);
  EXPECT_FALSE(none);
  EXPECT_EQ(none.error(), Errc::invalid_argument);
  EXPECT_EQ(none.error(), boost::system::errc::invalid_argument);
  EXPECT_THROW(static_cast<void>(none.value()), boost::system::system_error);
  EXPECT_TRUE(Result<>{});
  EXPECT_THROW(Result<>{Errc::closed}.value(), boost::system::system_error);
}

TEST(ResultTest, IsMovedAndAssignedWithWhatItHolds) {
  const auto shared = std::make_shared<std::string>("here");
  Result<std::shared_ptr<std::string>> first{shared};
  Result<std::shared_ptr<std::string>> second = Errc::closed;
  second = first;
  EXPECT_EQ(shared.use_count(), 3);
  first = Errc::timed_out;
  EXPECT_EQ(shared.use_count(), 2);
  first = std::move(second);
  EXPECT_EQ(shared.use_count(), 2);
  EXPECT_EQ(**first, "here");
  const Result<std::shared_ptr<const std::string>> other = std::move(first);
  EXPECT_EQ(*other, shared);
  EXPECT_TRUE(Result<int>{3} == Result<int>{3});
  EXPECT_FALSE(Result<int>{3} == Result<int>{Errc::closed});
}

TEST(ResultTest, KeepsErrorsOfEveryCategory) {
  const auto missing =
      boost::system::errc::make_error_code(boost::system::errc::no_such_file_or_directory);
  const boost::system::error_code theirs{77, boost::system::system_category()};
  for (int repetition = 0; repetition < 2; ++repetition) {
    for (const boost::system::error_code& error : {missing, theirs, make_error_code(Errc::reset)}) {
      const Result<> result = of_error(error);
      EXPECT_FALSE(result);
      EXPECT_EQ(result.error(), error);
      EXPECT_EQ(result.error().message(), error.message());
      EXPECT_TRUE(result == of_error(error));
    }
  }
  EXPECT_FALSE(of_error({})) << "an error without meaning is one nevertheless";
}

}  // namespace
}  // namespace elvis
