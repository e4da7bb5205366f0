// SPDX-License-Identifier: MIT
// Runs tests/ndl/golden/*.ndl and compares what a person sees with the *.expected file beside each.
// ELVIS_UPDATE_GOLDEN=1 writes those files anew; read the difference before you keep it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "dump.hpp"

namespace elvis::ndl {
namespace {

namespace fs = std::filesystem;

const fs::path golden_folder = fs::path{ELVIS_TEST_DATA} / "ndl" / "golden";

std::string contents_of(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{golden_folder}) {
    if (entry.path().extension() == ".ndl") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// The settings that the first line asks for: `# --set name=value --set …`.
std::vector<Setting> settings_of(const std::string& text) {
  std::istringstream words{text.substr(0, text.find('\n'))};
  std::vector<Setting> settings;
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    if (!text.starts_with("# --set") || equals == std::string::npos) continue;
    settings.push_back({word.substr(0, equals), word.substr(equals + 1)});
  }
  return settings;
}

/// What a person sees: the diagnostics, then, unless there are errors, the description. Values that
/// depend on the machine are evaluated as the builder does.
std::string seen(const std::string& name) {
  SourceSet sources{SourceSet::Disk::closed};
  const std::string text = contents_of(golden_folder / (name + ".ndl"));
  sources.offer(name + ".ndl", text);
  for (const auto& entry : fs::directory_iterator{golden_folder / "parts"}) {
    sources.offer("parts/" + entry.path().filename().string(), contents_of(entry.path()));
  }
  Diagnostics diagnostics;
  const auto description = read_description(sources, name + ".ndl", settings_of(text), diagnostics);
  if (!description) return render(diagnostics, sources);
  for (std::size_t i = 0; i < description->group_count(); ++i) {
    const MachineGroup group = description->group(i);
    std::string machine;
    std::string buffer;
    for (std::uint64_t index = 0; index < std::min(group.count(), 3U); ++index) {
      group.write_name(index, machine);
      for (const Section application : group.applications()) {
        for (const Argument argument : application.arguments()) {
          static_cast<void>(argument.evaluate({index, machine}, buffer, diagnostics));
        }
      }
    }
  }
  const std::string errors = render(diagnostics, sources);
  return diagnostics.has_errors() ? errors : errors + dump(*description);
}

class GoldenTest : public testing::TestWithParam<std::string> {};

TEST_P(GoldenTest, SaysToTheLetterWhatIsExpected) {
  const fs::path expected = golden_folder / (GetParam() + ".expected");
  const std::string text = seen(GetParam());
  if (std::getenv("ELVIS_UPDATE_GOLDEN") != nullptr) {
    std::ofstream{expected, std::ios::binary} << text;
  }
  EXPECT_EQ(text, contents_of(expected));
}

INSTANTIATE_TEST_SUITE_P(Ndl, GoldenTest, testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace elvis::ndl
