// SPDX-License-Identifier: MIT
#include "elvis/util/line_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace elvis {
namespace {

struct LineFileFixture : testing::Test {
  LineFileFixture() { std::filesystem::remove(path); }
  ~LineFileFixture() override { std::filesystem::remove(path); }

  std::string text() const {
    std::ifstream in{path};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  std::string path = testing::TempDir() + "elvis_line_file_test";
};

using LineFileTest = LineFileFixture;

TEST_F(LineFileTest, WritesWhatWasAddedWhenItIsFinished) {
  LineFile file;
  ASSERT_TRUE(file.open(path, O_WRONLY | O_CREAT | O_EXCL));
  file.add("one\n");
  EXPECT_EQ(text(), "");
  file.add("two\n");
  EXPECT_TRUE(file.finish());
  EXPECT_TRUE(file.finish()) << "once more is nothing";
  EXPECT_EQ(text(), "one\ntwo\n");
}

TEST_F(LineFileTest, WritesFromTimeToTimeBeforeThat) {
  LineFile file;
  ASSERT_TRUE(file.open(path, O_WRONLY | O_CREAT | O_EXCL));
  const std::string line = std::string(99, 'x') + '\n';
  for (int i = 0; i < 2'000; ++i) file.add(line);
  EXPECT_GT(text().size(), 100'000U);
  EXPECT_TRUE(file.finish());
  EXPECT_EQ(text().size(), 200'000U);
}

TEST_F(LineFileTest, SaysWhyItCannotBeOpened) {
  LineFile file;
  EXPECT_FALSE(file.open(path + "/absent", O_WRONLY | O_CREAT));
  EXPECT_FALSE(file.has_begun());
  EXPECT_EQ(file.error(), ENOENT);
  file.add("lost\n");
  EXPECT_FALSE(file.finish());
}

TEST(LineFileOnFullDiskTest, RemembersTheFirstError) {
  LineFile file;
  ASSERT_TRUE(file.open("/dev/full", O_WRONLY));
  file.add("one\n");
  file.flush();
  EXPECT_EQ(file.error(), ENOSPC);
  file.add("two\n");
  EXPECT_FALSE(file.finish());
  EXPECT_EQ(file.error(), ENOSPC);
}

}  // namespace
}  // namespace elvis
