// SPDX-License-Identifier: MIT
// What we ship as NDL is NDL: the scenarios, and the examples of the reference.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "elvis/ndl/format.hpp"
#include "elvis/ndl/front_end.hpp"

namespace elvis::ndl {
namespace {

namespace fs = std::filesystem;

std::string page_at(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ShippedFilesTest, EveryScenarioIsFreeOfMistakes) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator{ELVIS_NDL}) {
    if (entry.path().extension() != ".ndl") continue;
    SourceSet sources;
    Diagnostics diagnostics;
    const auto description = read_description(sources, entry.path().string(), {}, diagnostics);
    EXPECT_EQ(render(diagnostics, sources), "");
    EXPECT_GT(description->machine_count(), 0U);
    ++count;
  }
  EXPECT_GT(count, 0U);
}

TEST(ShippedFilesTest, EveryScenarioIsInCanonicalLayoutButTheOneOfThePaper) {
  for (const auto& entry : fs::directory_iterator{ELVIS_NDL}) {
    if (entry.path().extension() != ".ndl") continue;
    SourceSet sources;
    Diagnostics diagnostics;
    const auto file = sources.load(entry.path().string(), diagnostics);
    const auto text = format_text(sources, *file, diagnostics);
    EXPECT_EQ(text == sources.text(*file), entry.path().filename() != "basic.ndl") << entry.path();
  }
}

TEST(ShippedFilesTest, EveryExampleOfTheReferenceIsNdl) {
  const std::string page = page_at(fs::path{ELVIS_NDL}.parent_path() / "docs" / "ndl.md");
  const std::string fence = "\n```\n";
  std::size_t count = 0;
  for (std::size_t at = page.find(fence); at != std::string::npos; at = page.find(fence, at)) {
    at += fence.size();
    const std::size_t end = page.find("\n```", at);
    SourceSet sources{SourceSet::Disk::closed};
    sources.offer("example", page.substr(at, end + 1 - at));
    Diagnostics diagnostics;
    EXPECT_TRUE(format_text(sources, *sources.load("example", diagnostics), diagnostics))
        << render(diagnostics, sources);
    at = end + 4;
    ++count;
  }
  EXPECT_EQ(count, 9U);
}

}  // namespace
}  // namespace elvis::ndl
