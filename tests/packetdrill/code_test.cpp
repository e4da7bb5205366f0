// SPDX-License-Identifier: MIT
#include "../../src/packetdrill/code.hpp"

#include <gtest/gtest.h>

namespace elvis::packetdrill {
namespace {

struct Claim {
  const char* code;
  bool holds;
};

class PacketdrillCodeTest : public testing::TestWithParam<Claim> {
 protected:
  CodeNames names_{{"tcpi_snd_cwnd", std::int64_t{10}}, {"tcpi_rtt", std::int64_t{100'000}}};
};

TEST_P(PacketdrillCodeTest, ComputesAsPythonDoes) {
  const auto mistake = run_code(GetParam().code, names_);
  if (GetParam().holds) {
    EXPECT_FALSE(mistake) << mistake->text;
  } else {
    ASSERT_TRUE(mistake);
    EXPECT_TRUE(mistake->is_assertion) << mistake->text;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Claims, PacketdrillCodeTest,
    testing::Values(Claim{" assert tcpi_snd_cwnd == 10 ", true},
                    Claim{"assert tcpi_snd_cwnd == 11, tcpi_snd_cwnd", false},
                    Claim{"assert 1 + 2 * 3 == 7 and not 2 > 3", true},
                    Claim{"assert 9 < tcpi_snd_cwnd <= 10 < 11", true},
                    Claim{"assert (7 // 2, -7 // 2) != 3\n", true},
                    Claim{"assert -7 // 2 == -4 and -7 % 3 == 2 and 7 / 2 == 3.5", true},
                    Claim{"assert 2 ** 10 == 1024 and 0x10 == 16 and 1 << 4 | 1 == 17", true},
                    Claim{"assert abs(tcpi_rtt - 100100) < 1000, 'rtt'", true},
                    Claim{"assert min(3, 1, 2) == 1 and max(3, 1) == 3", true},
                    Claim{"a = 5\nb = a + 1; assert b == 6", true},
                    Claim{"assert tcpi_snd_cwnd in (9, 10) and 3 not in [1, 2]", true},
                    Claim{"assert tcpi_snd_cwnd in (9, 11)", false},
                    Claim{"assert tcpi_rtt is not None and tcpi_rtt <> 2", true},
                    Claim{"assert 1e5 == tcpi_rtt and 2.5e-1 == 0.25 and 100_000 == 1e5", true},
                    Claim{"assert 1 == 1, 'is {}'.format(tcpi_rtt)\nassert 1 == 1, f'{x}'", true},
                    Claim{"if 1 > 2:\n  assert 0\nelif 2 > 1:\n  a = 3\n  if a == 4:\n"
                          "    assert 0\n  else:\n    a = 5\nelse:\n  assert 0\nassert a == 5",
                          true},
                    Claim{"if tcpi_snd_cwnd == 10:\n  a = 1\n  assert a == 2\na = 3", false},
                    Claim{"if not tcpi_rtt: assert 0; assert 0\nassert 1", true},
                    Claim{"assert (tcpi_snd_cwnd ==\n 10)", true},
                    Claim{"print(tcpi_rtt)\nimport sys\nassert True", true},
                    Claim{"# nothing\nassert 'a' == \"a\"", true},
                    Claim{"if tcpi_rtt > 5: assert 1 == 2", false},
                    Claim{"if tcpi_rtt < 5: assert 1 == 2", true},
                    Claim{"assert (1 if tcpi_rtt else 0) == 1", true},
                    Claim{"assert 0 or False", false}));

TEST(PacketdrillCodeMistakeTest, NamesTheValuesOfABrokenAssertion) {
  CodeNames names{{"tcpi_snd_cwnd", std::int64_t{7}}};
  const auto mistake = run_code("assert tcpi_snd_cwnd == 10, 'window'", names);
  ASSERT_TRUE(mistake);
  EXPECT_EQ(mistake->text,
            "the assertion does not hold: tcpi_snd_cwnd == 10; it says window; tcpi_snd_cwnd is 7");
}

TEST(PacketdrillCodeMistakeTest, TellsCodeThatItDoesNotUnderstand) {
  CodeNames names;
  for (const char* const code : {"assert foo == 1", "assert (1", "while True: pass", "1 +",
                                 "assert 1/0", "assert 'a' < 1", "x = [1]", "f(1)", "assert 1 1"}) {
    const auto mistake = run_code(code, names);
    ASSERT_TRUE(mistake) << code;
    EXPECT_FALSE(mistake->is_assertion) << code;
  }
}

TEST(PacketdrillCodeMistakeTest, EndsWhereCodeIsNestedTooDeeply) {
  CodeNames names;
  EXPECT_TRUE(run_code("assert " + std::string(10'000, '('), names));
  EXPECT_TRUE(run_code("assert " + std::string(10'000, '-') + "1", names));
  std::string nested;
  for (int depth = 0; depth < 1'000; ++depth) nested += "if 1: ";
  EXPECT_TRUE(run_code(nested + "pass", names));
}

}  // namespace
}  // namespace elvis::packetdrill
