// SPDX-License-Identifier: MIT
#include "elvis/util/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace elvis {
namespace {

using boost::system::error_code;

TEST(ResultTest, HasAValueOrSaysWhyNot) {
  const Result<std::string> value = std::string{"here"};
  ASSERT_TRUE(value);
  EXPECT_EQ(*value, "here");
  EXPECT_EQ(value->size(), 4U);
  EXPECT_EQ(value.error(), error_code{});
  const Result<std::string> error = Errc::refused;
  ASSERT_FALSE(error);
  EXPECT_TRUE(error.has_error());
  EXPECT_EQ(error.error(), Errc::refused);
  EXPECT_EQ(error.error(), std::errc::connection_refused);
  EXPECT_EQ(error.value_or("none"), "none");
  EXPECT_EQ(Result<int>{}, Result<int>{0});
  EXPECT_NE(Result<int>{Errc::closed}, Result<int>{Errc::reset});
}

TEST(ResultTest, KeepsCodesOfOthers) {
  const error_code theirs = boost::system::errc::make_error_code(boost::system::errc::io_error);
  EXPECT_EQ(Result<>{theirs}.error(), theirs);
  EXPECT_EQ(Result<int>{theirs}.error(), theirs);
  EXPECT_FALSE(Result<>{error_code{}});  // whatever the code says, it was given as an error
}

TEST(ResultTest, ThrowsTheErrorWhereAValueIsTakenForGranted) {
  EXPECT_THROW(static_cast<void>(Result<int>{Errc::closed}.value()), boost::system::system_error);
  EXPECT_THROW(Result<>{Errc::closed}.value(), boost::system::system_error);
  EXPECT_EQ(Result<int>{3}.value(), 3);
  Result<>{}.value();
}

TEST(ResultTest, OwnsItsValueOnce) {
  const auto counted = std::make_shared<int>(1);
  Result<std::shared_ptr<int>> first = counted;
  Result<std::shared_ptr<int>> second = first;
  EXPECT_EQ(counted.use_count(), 3);
  Result<std::shared_ptr<int>> third = std::move(first);
  EXPECT_EQ(counted.use_count(), 3);
  second = Errc::closed;
  EXPECT_EQ(counted.use_count(), 2);
  second = third;
  EXPECT_EQ(counted.use_count(), 3);
  third = Result<std::shared_ptr<int>>{Errc::closed};
  const std::shared_ptr<int> taken = *std::move(second);
  EXPECT_EQ(counted.use_count(), 2);
  Result<std::unique_ptr<int>> alone = std::make_unique<int>(5);
  alone = std::make_unique<int>(6);
  EXPECT_EQ(**alone, 6);
}

TEST(ResultTest, IsNotReadWhereThereIsNone) {
  const Result<int> none = Errc::closed;
  EXPECT_DEATH(static_cast<void>(*none), "has_value_");
}

}  // namespace
}  // namespace elvis
