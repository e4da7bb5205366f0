// SPDX-License-Identifier: MIT
// What people read when a scenario is wrong, to the letter: golden/NAME.ndl gives
// golden/NAME.expected. ELVIS_UPDATE_GOLDEN=1 writes these anew, to be read in the diff.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support.hpp"

namespace elvis {
namespace {

std::vector<std::string> scenarios() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{test::data("golden")}) {
    if (entry.path().extension() == ".ndl") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class BuilderGoldenTest : public testing::TestWithParam<std::string> {};

TEST_P(BuilderGoldenTest, SaysWhatIsWrong) {
  const std::string path = test::data("golden/" + GetParam());
  const test::Scenario scenario{test::content(path + ".ndl")};
  if (std::getenv("ELVIS_UPDATE_GOLDEN") != nullptr) {
    std::ofstream{path + ".expected", std::ios::binary} << scenario.complaints();
  }
  EXPECT_EQ(scenario.complaints(), test::content(path + ".expected"));
  EXPECT_NE(scenario.complaints(), "") << "a golden scenario has something wrong";
}

std::string camel_case(const testing::TestParamInfo<std::string>& info) {
  std::string name;
  bool is_start = true;
  for (const char character : info.param) {
    if (character != '_') name += is_start ? static_cast<char>(std::toupper(character)) : character;
    is_start = character == '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, BuilderGoldenTest, testing::ValuesIn(scenarios()), camel_case);

}  // namespace
}  // namespace elvis
