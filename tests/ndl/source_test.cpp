// SPDX-License-Identifier: MIT
#include "elvis/ndl/source.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "elvis/ndl/diagnostics.hpp"
#include "temporary_folder.hpp"

namespace elvis::ndl {
namespace {

using namespace std::string_literals;

class SourceTest : public testing::Test {
 protected:
  /// What loading `text` says, without the file's name.
  std::string complaint(std::string text) {
    SourceSet sources{SourceSet::Disk::closed};
    Diagnostics diagnostics;
    sources.offer("x", std::move(text));
    const auto file = sources.load("x", diagnostics);
    is_usable_ = file.has_value();
    return render(diagnostics, sources);
  }

  /// What loading the file at `path` says.
  std::string disk_complaint(const std::string& path) {
    SourceSet sources;
    Diagnostics diagnostics;
    is_usable_ = sources.load(path, diagnostics).has_value();
    return render(diagnostics, sources);
  }

  TemporaryFolder folder_;
  bool is_usable_ = false;
};

TEST_F(SourceTest, LocatesOffsetsOfSeveralFiles) {
  SourceSet sources{SourceSet::Disk::closed};
  Diagnostics diagnostics;
  sources.offer("a", "one\ntwo\n");
  sources.offer("b", "\xc3\xa4x");
  sources.offer("empty", "");
  const FileId a = *sources.load("a", diagnostics);
  const FileId empty = *sources.load("empty", diagnostics);
  const FileId b = *sources.load("b", diagnostics);

  const Place place = sources.locate(sources.begin(a) + 5);
  EXPECT_EQ(place.file, "a");
  EXPECT_EQ(place.line, 2U);
  EXPECT_EQ(place.column, 2U);
  EXPECT_EQ(sources.locate(sources.begin(a) + 8).line, 3U) << "the end of the file";
  EXPECT_EQ(sources.locate(sources.begin(b) + 2).column, 2U) << "columns count code points";
  EXPECT_EQ(sources.locate(sources.begin(empty)).line, 1U);
  EXPECT_EQ(sources.file_of(sources.begin(b)), b);
  EXPECT_EQ(sources.name(b), "b");
  EXPECT_EQ(sources.text(b), "\xc3\xa4x");
  EXPECT_EQ(sources.text(Span{sources.begin(a) + 4, sources.begin(a) + 7}), "two");
  EXPECT_EQ(sources.line_at(sources.begin(a) + 3).text, "one");
  EXPECT_EQ(sources.line_at(sources.whole(a).begin).text, "");
}

TEST_F(SourceTest, LocatesAFileAsAWhole) {
  SourceSet sources{SourceSet::Disk::closed};
  Diagnostics diagnostics;
  sources.offer("a", "text");
  const Place place = sources.locate(sources.whole(*sources.load("a", diagnostics)).begin);
  EXPECT_EQ(place.file, "a");
  EXPECT_EQ(place.line, 0U);
}

TEST_F(SourceTest, LocatesLinesOfALargeFile) {
  SourceSet sources{SourceSet::Disk::closed};
  Diagnostics diagnostics;
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "line\n";
  sources.offer("large", text);
  const std::uint32_t begin = sources.begin(*sources.load("large", diagnostics));
  for (const std::uint32_t line : {0U, 1U, 13'106U, 13'107U, 13'108U, 99'999U, 100'000U}) {
    EXPECT_EQ(sources.locate(begin + line * 5).line, line + 1);
  }
  EXPECT_EQ(sources.locate(begin + 65'536 + 1).column, 65'537U % 5 + 1);
}

TEST_F(SourceTest, ReadsFilesFromTheDisk) {
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += "a line of some length\n";
  const std::string path = folder_.write("large.ndl", text);
  SourceSet sources;
  Diagnostics diagnostics;
  const auto file = sources.load(path, diagnostics);
  ASSERT_TRUE(file);
  EXPECT_EQ(sources.text(*file), text);
  EXPECT_FALSE(diagnostics.has_errors());
}

TEST_F(SourceTest, ReadsAFileThatDoesNotKnowItsSize) {
  EXPECT_EQ(disk_complaint("/proc/self/status"), "");
  EXPECT_TRUE(is_usable_);
  EXPECT_EQ(disk_complaint(folder_.write("empty.ndl", "")), "");
  EXPECT_TRUE(is_usable_);
}

TEST_F(SourceTest, KnowsTheSameFileByAnyName) {
  const std::string path = folder_.write("a.ndl", "x");
  folder_.write("b.ndl", "x");
  SourceSet sources;
  Diagnostics diagnostics;
  const FileId one = *sources.load(path, diagnostics);
  const FileId again = *sources.load(folder_.path("./a.ndl"), diagnostics);
  const FileId other = *sources.load(folder_.path("b.ndl"), diagnostics);
  EXPECT_TRUE(sources.is_same(one, again));
  EXPECT_FALSE(sources.is_same(one, other));
}

TEST_F(SourceTest, RefusesWhatIsNoRegularFile) {
  const std::string path = folder_.path("it");
  EXPECT_EQ(disk_complaint(path),
            path + ": error: the file cannot be opened: No such file or directory\n1 error\n");
  std::filesystem::create_directory(path);
  EXPECT_EQ(disk_complaint(path), path + ": error: the file is a directory, not text\n1 error\n");
  std::filesystem::remove(path);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(disk_complaint(path), path + ": error: the file is a FIFO, not text\n1 error\n");
  EXPECT_EQ(disk_complaint("/dev/zero"),
            "/dev/zero: error: the file is a device, not text\n1 error\n");
  EXPECT_EQ(disk_complaint("a\0b"s),
            "a\\x00b: error: the file cannot have a NUL byte in its name\n1 error\n");
}

TEST_F(SourceTest, RefusesASocket) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = folder_.path("socket");
  ASSERT_LT(path.size(), sizeof address.sun_path);
  std::memcpy(address.sun_path, path.data(), path.size());
  ASSERT_EQ(bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(disk_complaint(path), path + ": error: the file is a socket, not text\n1 error\n");
  close(socket);
}

TEST_F(SourceTest, RefusesAFileWithoutPermission) {
  const std::string path = folder_.write("secret.ndl", "[Networks]\n");
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  // Root may read everything; then there is nothing to refuse.
  const bool may_read = access(path.c_str(), R_OK) == 0;
  EXPECT_EQ(
      disk_complaint(path),
      may_read ? "" : path + ": error: the file cannot be opened: Permission denied\n1 error\n");
}

TEST_F(SourceTest, RefusesALongFileBeforeReadingIt) {
  const std::string path = folder_.write("long.ndl", "");
  ASSERT_EQ(truncate(path.c_str(), (off_t{1} << 30) + 1), 0);
  EXPECT_EQ(disk_complaint(path),
            path +
                ": error: the file is too long: the files of a scenario are at most 1 GiB "
                "together\n1 error\n");
}

TEST_F(SourceTest, RefusesTooManyFiles) {
  SourceSet sources{SourceSet::Disk::closed};
  Diagnostics diagnostics;
  sources.offer("x", "");
  for (std::size_t i = 0; i < SourceSet::max_files; ++i)
    ASSERT_TRUE(sources.load("x", diagnostics));
  EXPECT_FALSE(sources.load("x", diagnostics));
  EXPECT_EQ(render(diagnostics, sources), "error: more than 10000 files are included\n1 error\n");
}

TEST_F(SourceTest, RefusesFilesThatAreTooLongTogether) {
  SourceSet sources{SourceSet::Disk::closed};
  Diagnostics diagnostics;
  sources.offer("x", std::string(std::size_t{1} << 27, '\n'));
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(sources.load("x", diagnostics));
  EXPECT_FALSE(sources.load("x", diagnostics));
  EXPECT_EQ(render(diagnostics, sources),
            "x: error: the files of the scenario are longer than 1 GiB\n1 error\n");
}

TEST_F(SourceTest, FindsOfferedTextsOnlyIfTheDiskIsClosed) {
  SourceSet sources{SourceSet::Disk::closed};
  Diagnostics diagnostics;
  EXPECT_FALSE(sources.load("/proc/self/status", diagnostics));
  EXPECT_EQ(render(diagnostics, sources),
            "/proc/self/status: error: the file does not exist\n1 error\n");
}

TEST_F(SourceTest, AllowsTabsLineFeedsAndAByteOrderMark) {
  EXPECT_EQ(complaint("\xef\xbb\xbf\tx\n\r\n\xc3\xa4\xe4\xb8\xad\xf0\x9f\x98\x80 \n"), "");
  EXPECT_TRUE(is_usable_);
  EXPECT_EQ(complaint("1\r\n"), "");
}

TEST_F(SourceTest, ReportsBytesThatAreNotUtf8AndGoesOn) {
  EXPECT_EQ(complaint("ok\nGr\xfc\xdf\x65 \xe4\n"),
            "x:2:3: error: byte 0xfc is not UTF-8; save the file as UTF-8\n"
            "    2 | Gr\\xfc\\xdfe \\xe4\n      |   ^~~~~~~~\n"
            "x:2:7: error: byte 0xe4 is not UTF-8; save the file as UTF-8\n"
            "    2 | Gr\\xfc\\xdfe \\xe4\n      |             ^~~~\n"
            "2 errors\n");
  EXPECT_TRUE(is_usable_);
}

TEST_F(SourceTest, ReportsControlCharacters) {
  EXPECT_EQ(complaint("a\x1b[0m"),
            "x:1:2: error: the control character U+001B cannot stand in a file; in a value, write "
            "`\\x1b`\n    1 | a\\x1b[0m\n      |  ^~~~\n1 error\n");
  EXPECT_EQ(complaint("\xc2\x9b"),
            "x:1:1: error: the control character U+009B cannot stand in a file; in a value, write "
            "`\\xc2\\x9b`\n    1 | \\xc2\\x9b\n      | ^~~~~~~~\n1 error\n");
  EXPECT_NE(complaint("\x7f").find("U+007F"), std::string::npos);
  EXPECT_TRUE(is_usable_);
}

TEST_F(SourceTest, ReportsACarriageReturnAlone) {
  EXPECT_EQ(complaint("a\rb"),
            "x:1:2: error: a carriage return without a line feed after it\n"
            "    1 | a\\x0db\n      |  ^~~~\n1 error\n");
  EXPECT_EQ(complaint("a\r"),
            "x:1:2: error: a carriage return without a line feed after it\n"
            "    1 | a\\x0d\n      |  ^~~~\n1 error\n");
}

TEST_F(SourceTest, StopsAtANulByte) {
  EXPECT_EQ(complaint("abc\n\0\x01\x02"s),
            "x:2:1: error: a NUL byte: this is not a text file\n"
            "    2 | \\x00\\x01\\x02\n      | ^~~~\n1 error\n");
  EXPECT_FALSE(is_usable_);
}

TEST_F(SourceTest, StopsAfterTwentyBadCharacters) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "\x01 ";
  EXPECT_TRUE(complaint(text).ends_with("\n20 errors\n"));
  EXPECT_FALSE(is_usable_);
}

TEST_F(SourceTest, RecognisesOtherEncodings) {
  const std::string utf16 = "x: error: the file is UTF-16; save it as UTF-8\n1 error\n";
  EXPECT_EQ(complaint("\xff\xfe[\0N\0"s), utf16);
  EXPECT_EQ(complaint("\xfe\xff\0[\0N"s), utf16);
  EXPECT_EQ(complaint("[\0N\0e\0"s), utf16);
  EXPECT_EQ(complaint("\0[\0N\0e"s), utf16);
  const std::string utf32 = "x: error: the file is UTF-32; save it as UTF-8\n1 error\n";
  EXPECT_EQ(complaint("\xff\xfe\0\0[\0\0\0"s), utf32);
  EXPECT_EQ(complaint("\0\0\xfe\xff\0\0\0["s), utf32);
  EXPECT_FALSE(is_usable_);
}

TEST_F(SourceTest, ReportsALineOfMoreThanAMebibyte) {
  const std::string longest(SourceSet::max_line_bytes, 'x');
  EXPECT_EQ(complaint("\n" + longest + "\n"), "");
  EXPECT_EQ(complaint(longest), "");
  EXPECT_EQ(complaint(longest + "\n" + longest + "\n" + longest), "");
  const std::string expected = "x:2:1: error: the line is longer than 1 MiB\n    2 | " +
                               std::string(120, 'x') + "…\n      | ^\n1 error\n";
  EXPECT_EQ(complaint("\n" + longest + "x\n"), expected);
  EXPECT_EQ(complaint("\n" + longest + "x"), expected);
  EXPECT_FALSE(is_usable_);
  EXPECT_NE(disk_complaint(folder_.write("long.ndl", "\n" + longest + "x"))
                .find("long.ndl:2:1: error: the line is longer than 1 MiB\n"),
            std::string::npos);
}

}  // namespace
}  // namespace elvis::ndl
