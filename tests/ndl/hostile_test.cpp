// SPDX-License-Identifier: MIT
// Input that was made to hurt: each ends with a clear message, in bounded time and memory.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>

#include "elvis/ndl/front_end.hpp"
#include "temporary_folder.hpp"

namespace elvis::ndl {
namespace {

/// Builds that are slow by intent get less input and no limits.
#if defined(ELVIS_SANITIZED) || !defined(__OPTIMIZE__)
constexpr bool is_slow = true;
#else
constexpr bool is_slow = false;
#endif

/// Bytes of address space that this process has.
rlim_t address_space() {
  std::size_t pages = 0;
  std::ifstream{"/proc/self/statm"} >> pages;
  return pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE));
}

class HostileTest : public testing::Test {
 protected:
  /// Reads `path` in a process of its own, which may take 240 MiB more than it is born with and
  /// 2 seconds of processor time, and returns what it says.
  std::string said(const std::string& path) {
    int ends[2];
    if (pipe(ends) != 0) return "no pipe";
    const pid_t child = fork();
    if (child == 0) {
      const rlim_t room = address_space() + (rlim_t{240} << 20);
      const rlimit bytes{room, room};
      const rlimit seconds{2, 2};
      if (!is_slow && (setrlimit(RLIMIT_AS, &bytes) != 0 || setrlimit(RLIMIT_CPU, &seconds) != 0)) {
        _exit(1);
      }
      SourceSet sources;
      Diagnostics diagnostics;
      static_cast<void>(read_description(sources, path, {}, diagnostics));
      const std::string text = render(diagnostics, sources);
      const ssize_t written =
          write(ends[1], text.data(), std::min<std::size_t>(text.size(), 60'000));
      _exit(written < 0 ? 1 : 0);
    }
    close(ends[1]);
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = read(ends[0], buffer, sizeof buffer)) > 0;) {
      text.append(buffer, static_cast<std::size_t>(got));
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) return "the process ended with status " + std::to_string(status);
    const std::size_t folder = text.find(folder_.path(""));
    if (folder == 0) text.erase(0, folder_.path("").size());
    return text;
  }

  /// Writes `text`, lets it go, and reads it.
  std::string said_of(std::string text) {
    const std::string path = folder_.write("x.ndl", text);
    std::string{}.swap(text);
    return said(path);
  }

  TemporaryFolder folder_;
};

std::string repeated(std::string_view text, std::size_t count) {
  std::string result;
  result.reserve(text.size() * count);
  while (count-- != 0) result += text;
  return result;
}

std::string machine_with(const std::string& arguments) {
  return "[Machines]\n    [Machine " + arguments +
         "]\n        [Networks]\n        [Protocols]\n            [Protocol name='UDP']\n"
         "        [Applications]\n";
}

std::string value(const std::string& text) {
  return "[Networks]\n    [Network id='a' x='" + text + "']\n";
}

TEST_F(HostileTest, TooManyMachines) {
  EXPECT_TRUE(
      said_of(machine_with("count='9223372036854775808'"))
          .starts_with("x.ndl:2:21: error: `count` needs a whole number from 1 to 4294967295, "
                       "got `9223372036854775808`\n"));
}

TEST_F(HostileTest, CountsWhoseSumWouldWrap) {
  const std::string text = said_of(repeated(machine_with("count='4294967295'"), 10'000));
  EXPECT_TRUE(
      text.starts_with("x.ndl:2:21: error: with these the scenario has 4294967295 machines; "
                       "at most 2147483647 are possible\n"));
  EXPECT_TRUE(text.ends_with("\n1 error\n"));
}

TEST_F(HostileTest, TwentyThousandNestedLevels) {
  std::string text;
  for (std::size_t i = 0; i < (is_slow ? 2'000 : 20'000); i += 1) {
    text.append(i, '\t');
    text += "[Networks]\n";
  }
  EXPECT_TRUE(said_of(std::move(text))
                  .starts_with("x.ndl:2:3: error: `Networks` cannot stand inside `Networks`"));
}

TEST_F(HostileTest, TwentyThousandParentheses) {
  EXPECT_TRUE(said_of(value("${" + repeated("(", 20'000) + "1" + repeated(")", 20'000) + "}"))
                  .starts_with("x.ndl:2:90: error: more than 64 parentheses inside each other\n"));
  EXPECT_TRUE(said_of(value("${" + repeated("-", 20'000) + "1}"))
                  .starts_with("x.ndl:2:226: error: the expression is nested too deeply\n"));
}

TEST_F(HostileTest, ALineOfTwoHundredMegabytes) {
  const std::string path = folder_.path("x.ndl");
  {
    std::ofstream file{path, std::ios::binary};
    const std::string part(1'000'000, 'x');
    file << "[Networks]\n";
    for (int i = 0; i < 200; ++i) file << part;
  }
  EXPECT_TRUE(said(path).starts_with("x.ndl:2:1: error: the line is longer than 1 MiB\n"));
}

TEST_F(HostileTest, BinaryFiles) {
  std::string text;
  for (std::uint32_t i = 0; i < 10'000'000; ++i) text += static_cast<char>(i * 2654435761U >> 24);
  EXPECT_TRUE(said_of(text).starts_with("x.ndl:1:1: error: a NUL byte: this is not a text file\n"));
  for (char& byte : text) byte = static_cast<char>(byte | 1);
  EXPECT_TRUE(said_of(text).ends_with("\n20 errors\n"));
}

TEST_F(HostileTest, OneErrorInEachOfMillionsOfLines) {
  for (const char* const line :
       {"[Foo]\n", "foo\n", "[]\n", "[Networks a=1]\n", "[Networks a='\\q']\n", "  [Networks]\n",
        "[Include]\n", "[Networks a='${']\n", "[Networks a='' a='']\n", "[Networks]]\n",
        "[N a='\n"}) {
    const std::size_t count = (is_slow ? 200'000 : 10'000'000) / std::string_view{line}.size();
    const std::string text = said_of(repeated(line, count));
    EXPECT_TRUE(text.ends_with(is_slow ? " errors\n"
                                       : "\nand at least 99980 more errors\nat least 100000 "
                                         "errors\n"))
        << line << text.substr(text.size() - std::min<std::size_t>(text.size(), 300));
  }
}

TEST_F(HostileTest, ManyDuplicateKeysInOneSection) {
  EXPECT_TRUE(
      said_of("[Networks " + repeated("a='1'\n", 100'000) + "]\n").ends_with("99999 errors\n"));
  std::string text = "[Networks\n";
  for (int i = 0; i < 100'000; ++i) text += "k" + std::to_string(i) + "=''\n";
  EXPECT_TRUE(said_of(text + "]\n").starts_with("x.ndl:1002:1: error: more than 1000 arguments"));
}

TEST_F(HostileTest, ManyMachinesOfOneName) {
  std::string text = "[Machines]\n";
  text += repeated("    [Machine name='a']\n        [Networks]\n", 100'000);
  EXPECT_NE(said_of(text).find("a second machine is called `a`"), std::string::npos);
}

TEST_F(HostileTest, ManyNamesThatDoNotExist) {
  std::string text = "[Parameters]\n";
  for (int i = 0; i < 20'000; ++i) {
    text += "    [Parameter name='parameter_" + std::to_string(i) + "' value='1']\n";
  }
  text += "[Networks]\n";
  for (int i = 0; i < 20'000; ++i) {
    text +=
        "    [Network id='" + std::to_string(i) + "' x='${parametre_" + std::to_string(i) + "}']\n";
  }
  EXPECT_TRUE(said_of(text).ends_with("\n20000 errors\n"));
}

TEST_F(HostileTest, FilesThatIncludeEachOtherExponentially) {
  for (int i = 0; i < 40; ++i) {
    const std::string next = "[Include file='" + std::to_string(i + 1) + "']\n";
    folder_.write(std::to_string(i), next + next);
  }
  folder_.write("40", "");
  const std::string text = said(folder_.path("0"));
  EXPECT_NE(text.find("more than 10000 files are included"), std::string::npos) << text;
}

TEST_F(HostileTest, TemplatesBuiltOnEachOther) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) {
    text +=
        "[Template name='t" + std::to_string(i) + "' template='t" + std::to_string(i + 1) + "']\n";
  }
  EXPECT_NE(said_of(text).find("more than 32 templates are built on each other"),
            std::string::npos);
  std::string cycles;
  for (int i = 0; i < 50'000; ++i) {
    cycles += "[Template name='t" + std::to_string(i) + "' template='t" +
              std::to_string((i + 1) % 50'000) + "']\n";
  }
  EXPECT_NE(said_of(cycles).find("templates are built on each other"), std::string::npos);
}

TEST_F(HostileTest, ValuesThatGrowWithoutEnd) {
  std::string text = "[Parameters]\n    [Parameter name='p' value='" + repeated("x", 1'000'000) +
                     "']\n[Networks]\n    [Network id='a' x='" + repeated("${p}", 200'000) + "']\n";
  EXPECT_TRUE(
      said_of(text).starts_with("x.ndl:4:24: error: the value becomes longer than 1 MiB\n"));
}

TEST_F(HostileTest, QuotesThatAreNeverClosed) {
  EXPECT_TRUE(said_of(repeated("[N a='x\n", 200'000)).ends_with(" errors\n"));
  EXPECT_TRUE(said_of("[N a='" + repeated("x\n", 5'000'000)).ends_with(" errors\n"));
}

TEST_F(HostileTest, ValidTextInLinearTime) {
  const auto seconds = [this](std::size_t machines) {
    std::string text = "[Networks]\n    [Network id='1']\n[Machines]\n";
    for (std::size_t i = 0; i < machines; ++i) {
      text += "    [Machine name='m" + std::to_string(i) +
              "']\n        [Networks]\n            [Network id='1']\n        [Protocols]\n"
              "            [Protocol name='UDP']\n        [Applications]\n"
              "            [Application name='capture' message='${index} of ${name}']\n";
    }
    const std::string path = folder_.write("x.ndl", text);
    const std::clock_t start = std::clock();
    SourceSet sources;
    Diagnostics diagnostics;
    const auto description = read_description(sources, path, {}, diagnostics);
    EXPECT_EQ(description->machine_count(), machines);
    EXPECT_LT(description->memory_bytes(), 2 * text.size());
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  };
  const std::size_t scale = is_slow ? 1'000 : 10'000;
  const double small = seconds(scale);
  const double large = seconds(scale * 10);
  EXPECT_LT(large, small * 40 + 0.2) << "ten times the text";
}

}  // namespace
}  // namespace elvis::ndl
