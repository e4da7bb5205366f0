// SPDX-License-Identifier: MIT
// Every prefix and every single-byte change of a sample that uses the whole language: the front end
// says something sensible, and formatting what can be formatted is stable and keeps the meaning.
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <sstream>

#include "dump.hpp"
#include "elvis/ndl/format.hpp"

namespace elvis::ndl {
namespace {

std::string sample(const std::string& name) {
  std::ifstream file{std::string{ELVIS_TEST_DATA} + "/ndl/golden/" + name + ".ndl",
                     std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::optional<std::string> formatted_anew(const std::string& text) {
  SourceSet sources{SourceSet::Disk::closed};
  sources.offer("x", text);
  Diagnostics diagnostics;
  const auto file = sources.load("x", diagnostics);
  return file ? format_text(sources, *file, diagnostics) : std::nullopt;
}

bool is_valid(const std::string& outcome) {
  return outcome.ends_with(" machines\n");
}

void check(const std::string& text) {
  const std::string before = outcome(text);
  ASSERT_TRUE(is_valid(before) || before.find("error") != std::string::npos) << text;
  const auto once = formatted_anew(text);
  ASSERT_TRUE(once || !is_valid(before)) << text;
  if (!once) return;
  ASSERT_EQ(formatted_anew(*once), once) << text;
  if (is_valid(before)) ASSERT_EQ(outcome(*once), before) << text;
}

class RobustnessTest : public testing::TestWithParam<const char*> {};

TEST_P(RobustnessTest, SurvivesEveryPrefix) {
  const std::string text = sample(GetParam());
  ASSERT_FALSE(text.empty());
  for (std::size_t size = 0; size <= text.size(); ++size) check(text.substr(0, size));
}

TEST_P(RobustnessTest, SurvivesEverySingleByteChange) {
  const std::string text = sample(GetParam());
#ifdef ELVIS_SANITIZED
  constexpr std::size_t step = 3;
#else
  constexpr std::size_t step = 1;
#endif
  constexpr std::array<char, 14> bytes{'\'', '[', ']', '=', '\\', '\n', ' ',
                                       '\t', '#', '$', '}', '0',  '\r', '\x80'};
  for (std::size_t at = 0; at < text.size(); at += step) {
    std::string changed = text;
    for (const char byte : bytes) {
      changed[at] = byte;
      check(changed);
    }
    changed[at] = static_cast<char>(text[at] ^ 1);
    check(changed);
    changed.erase(at, 1);
    check(changed);
  }
}

INSTANTIATE_TEST_SUITE_P(Ndl, RobustnessTest,
                         testing::Values("templates", "expressions", "figure_2",
                                         "section_continues", "parameters"),
                         [](const auto& info) { return std::string{info.param}; });

}  // namespace
}  // namespace elvis::ndl
