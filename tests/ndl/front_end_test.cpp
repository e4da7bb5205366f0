// SPDX-License-Identifier: MIT
#include "elvis/ndl/front_end.hpp"

#include <gtest/gtest.h>

#include "dump.hpp"
#include "temporary_folder.hpp"

namespace elvis::ndl {
namespace {

std::string machine(const std::string& arguments, const std::string& inside = "") {
  return "[Machines]\n    [Machine " + arguments +
         "]\n        [Networks]\n        [Protocols]\n            [Protocol name='UDP']\n"
         "        [Applications]\n" +
         inside;
}

TEST(FrontEndTest, ReadsIncludedFilesRelativeToTheIncludingOne) {
  const TemporaryFolder folder;
  const std::string main = folder.write("main.ndl", "[Include file='parts/a.ndl']\n");
  folder.write("parts/a.ndl", "[Include file='b.ndl']\n[Include file='../c.ndl']\n[Foo]\n");
  folder.write("parts/b.ndl", "[Networks]\n    [Network id='b']\n");
  folder.write("c.ndl", "[Include file='" + folder.path("d.ndl") + "']\n");
  folder.write("d.ndl", "[Networks]\n    [Network id='d']\n");
  SourceSet sources;
  Diagnostics diagnostics;
  const auto description = read_description(sources, main, {}, diagnostics);
  ASSERT_TRUE(description);
  EXPECT_EQ(description->network_count(), 2U);
  EXPECT_TRUE(description->find_network("d"));
  EXPECT_EQ(render(diagnostics, sources), folder.path("parts/a.ndl") +
                                              ":3:2: error: no section is called `Foo`\n"
                                              "    3 | [Foo]\n      |  ^~~\n" +
                                              main + ":1:16: note: included from here\n1 error\n");
}

TEST(FrontEndTest, SeesACycleThroughDifferentNames) {
  const TemporaryFolder folder;
  const std::string main = folder.write("main.ndl", "[Include file='./main.ndl']\n");
  SourceSet sources;
  Diagnostics diagnostics;
  static_cast<void>(read_description(sources, main, {}, diagnostics));
  EXPECT_EQ(diagnostics.error_count(), 1U);
  EXPECT_NE(render(diagnostics, sources).find("the file includes itself: "), std::string::npos);
}

TEST(FrontEndTest, ReportsAMissingIncludeAtItsPlace) {
  const TemporaryFolder folder;
  const std::string main = folder.write("main.ndl", "[Include file='no.ndl']\n");
  SourceSet sources;
  Diagnostics diagnostics;
  EXPECT_TRUE(read_description(sources, main, {}, diagnostics));
  EXPECT_NE(render(diagnostics, sources)
                .find("main.ndl:1:16: error: the file `" + folder.path("no.ndl").substr(0, 30)),
            std::string::npos);
}

TEST(FrontEndTest, ReturnsNothingForAFileThatCannotBeRead) {
  SourceSet sources{SourceSet::Disk::closed};
  Diagnostics diagnostics;
  EXPECT_FALSE(read_description(sources, "sim.ndl", {}, diagnostics));
  EXPECT_EQ(diagnostics.error_count(), 1U);
}

TEST(FrontEndTest, LimitsHowDeepFilesIncludeEachOther) {
  SourceSet sources{SourceSet::Disk::closed};
  for (int i = 0; i < 100; ++i) {
    sources.offer(std::to_string(i), "[Include file='" + std::to_string(i + 1) + "']\n");
  }
  Diagnostics diagnostics;
  EXPECT_TRUE(read_description(sources, "0", {}, diagnostics));
  EXPECT_TRUE(render(diagnostics, sources)
                  .starts_with("63:1:16: error: more than 64 files include each other in a row\n"));
  EXPECT_EQ(diagnostics.error_count(), 1U);
}

TEST(FrontEndTest, MarksADescriptionWithLeftOutSectionsAsIncomplete) {
  const auto is_complete = [](const std::string& text) {
    SourceSet sources{SourceSet::Disk::closed};
    sources.offer("x", text);
    Diagnostics diagnostics;
    return read_description(sources, "x", {}, diagnostics)->is_complete();
  };
  EXPECT_TRUE(is_complete("[Networks]\n"));
  EXPECT_TRUE(is_complete("[Netwroks]\n    [Network id=x]\n")) << "the meaning is clear";
  EXPECT_FALSE(is_complete("[Foo]\n"));
  EXPECT_FALSE(is_complete("[Network id='x']\n"));
  EXPECT_FALSE(is_complete("Networks\n"));
  EXPECT_FALSE(is_complete("[Networks] [Network id='x']\n"));
  EXPECT_FALSE(is_complete("[Networks [Network id='x']\n"));
  EXPECT_FALSE(is_complete("[Include]\n"));
  EXPECT_FALSE(is_complete("[Include file='']\n"));
  EXPECT_FALSE(is_complete("[Include file='nowhere']\n"));
}

TEST(FrontEndTest, MarksDamagedSections) {
  SourceSet sources{SourceSet::Disk::closed};
  sources.offer("x", machine("name='a'",
                             "            [Application name='x' port='1' oops'it's]\n"
                             "            [Application name='y' port='1\\q']\n"));
  Diagnostics diagnostics;
  const auto description = read_description(sources, "x", {}, diagnostics);
  const SectionList applications = description->group(0).applications();
  auto application = applications.begin();
  EXPECT_TRUE((*application).is_damaged());
  EXPECT_EQ((*application).find("port")->text(), "1");
  ++application;
  EXPECT_FALSE((*application).is_damaged());
  std::string buffer;
  EXPECT_TRUE((*application).find("port")->is_broken());
  EXPECT_FALSE((*application).find("port")->evaluate({}, buffer, diagnostics));
}

TEST(FrontEndTest, LetsSettingsReplaceParameters) {
  SourceSet sources{SourceSet::Disk::closed};
  sources.offer(
      "x", "[Parameters]\n    [Parameter name='n' value='${1 / 0}']\n" + machine("count='${n}'"));
  Diagnostics diagnostics;
  const std::vector<Setting> settings{{"n", "4"}, {"n", "5"}};
  const auto description = read_description(sources, "x", settings, diagnostics);
  EXPECT_EQ(description->machine_count(), 5U) << "the last one holds";
  EXPECT_TRUE(description->parameters()[0].is_set);
  EXPECT_EQ(diagnostics.error_count(), 1U) << "what stands in the file is checked all the same";
}

TEST(FrontEndTest, TakesASettingAsItIs) {
  SourceSet sources{SourceSet::Disk::closed};
  sources.offer(
      "x", "[Parameters]\n    [Parameter name='n' value='']\n" + machine("name='a' text='<${n}>'"));
  Diagnostics diagnostics;
  const std::vector<Setting> settings{{"n", "${index}\\n'"}};
  const auto description = read_description(sources, "x", settings, diagnostics);
  EXPECT_EQ(description->group(0).find("text")->text(), "<${index}\\n'>");
}

TEST(FrontEndTest, ReportsAMistakeInATemplateOnceForAllItsUsers) {
  std::string text =
      "[Template name='t']\n    [Networks]\n    [Protocols]\n"
      "        [Protocol name='UDP' x='${1 / index}']\n    [Applications]\n[Machines]\n";
  for (int i = 0; i < 1000; ++i) text += "    [Machine template='t']\n";
  SourceSet sources{SourceSet::Disk::closed};
  sources.offer("x", text);
  Diagnostics diagnostics;
  const auto description = read_description(sources, "x", {}, diagnostics);
  std::string buffer;
  for (std::size_t i = 0; i < description->group_count(); ++i) {
    const Section protocol = *description->group(i).protocols().begin();
    EXPECT_FALSE(protocol.find("x")->evaluate({0, "m"}, buffer, diagnostics));
  }
  EXPECT_EQ(diagnostics.error_count(), 1U);
}

TEST(FrontEndTest, SharesATemplateAmongItsUsers) {
  std::string text = "[Template name='t']\n    [Networks]\n    [Protocols]\n";
  for (int i = 0; i < 1000; ++i) text += "        [Protocol name='UDP']\n";
  text += "    [Applications]\n[Machines]\n";
  for (int i = 0; i < 1000; ++i) text += "    [Machine template='t']\n";
  SourceSet sources{SourceSet::Disk::closed};
  sources.offer("x", text);
  Diagnostics diagnostics;
  const auto description = read_description(sources, "x", {}, diagnostics);
  EXPECT_EQ(description->group(999).protocols().size(), 1000U);
  EXPECT_LT(description->memory_bytes(), 1'000'000U);
}

TEST(FrontEndTest, KeepsFreeArgumentsOfEverySection) {
  SourceSet sources{SourceSet::Disk::closed};
  sources.offer("x",
                "[Networks a='1']\n[Machines b='2']\n[Parameters c='3']\n    "
                "[Parameter name='p' value='' d='4']\n[Template name='t' e='5']\n");
  Diagnostics diagnostics;
  const auto description = read_description(sources, "x", {}, diagnostics);
  std::string keys;
  description->for_each_unread(
      [&](const Section&, const Argument& argument) { keys += argument.key(); });
  EXPECT_EQ(keys, "abcd") << "but not those of a template that nobody uses";
}

TEST(FrontEndTest, GivesLineBreaksInValuesOneForm) {
  EXPECT_EQ(outcome(machine("name='a\r\nb'")), outcome(machine("name='a\nb'")));
}

TEST(FrontEndTest, LimitsHowLongAValueBecomes) {
  std::string parameters =
      "[Parameters]\n    [Parameter name='p0' value='" + std::string(1024, 'x') + "']\n";
  for (int i = 1; i <= 11; ++i) {
    const std::string before = "${p" + std::to_string(i - 1) + "}";
    parameters +=
        "    [Parameter name='p" + std::to_string(i) + "' value='" + before + before + "']\n";
  }
  const std::string text = outcome(parameters);
  EXPECT_TRUE(text.starts_with("test.ndl:13:34: error: the value becomes longer than 1 MiB\n"))
      << text;
  EXPECT_TRUE(text.ends_with("\n1 error\n"));
}

TEST(FrontEndTest, LimitsHowLongAllValuesBecome) {
  std::string text = "[Parameters]\n    [Parameter name='p' value='" + std::string(1 << 19, 'x') +
                     "']\n[Networks]\n";
  for (int i = 0; i < 200; ++i) {
    text += "    [Network id='" + std::to_string(i) + "' a='${p}']\n";
  }
  const std::string seen = outcome(text);
  EXPECT_NE(seen.find("the values of the scenario become too long"), std::string::npos);
}

TEST(FrontEndTest, CutsNothingFromAVeryLongLiteral) {
  SourceSet sources{SourceSet::Disk::closed};
  std::string value;
  while (value.size() < (std::size_t{1} << 24) + 100) value += std::string(1000, 'x') + "\n";
  sources.offer("x", "[Networks]\n    [Network id='a' text='\\t" + value + "']\n");
  Diagnostics diagnostics;
  const auto description = read_description(sources, "x", {}, diagnostics);
  EXPECT_EQ(description->network(0).find("text")->text(), "\t" + value);
}

}  // namespace
}  // namespace elvis::ndl
