// SPDX-License-Identifier: MIT
#include "elvis/ndl/values.hpp"

#include <gtest/gtest.h>

namespace elvis::ndl {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

TEST(ValuesTest, ReadsIntegersInDecimalAndHex) {
  EXPECT_EQ(*read_integer("0"), 0U);
  EXPECT_EQ(*read_integer("007"), 7U);
  EXPECT_EQ(*read_integer("0xBeef"), 0xbeefU);
  EXPECT_EQ(*read_integer("18446744073709551615"), most);
  EXPECT_EQ(*read_integer("0Xffffffffffffffff"), most);
  EXPECT_EQ(*read_integer("5", 5, 5), 5U);
}

TEST(ValuesTest, SaysWhichIntegersItWants) {
  EXPECT_EQ(read_integer("18446744073709551616").error(),
            "needs a whole number, got `18446744073709551616`");
  EXPECT_EQ(read_integer("4", 5).error(), "needs a whole number of at least 5, got `4`");
  EXPECT_EQ(read_integer("0", 1, 9).error(), "needs a whole number from 1 to 9, got `0`");
  EXPECT_EQ(read_integer("10", 1, 9).error(), "needs a whole number from 1 to 9, got `10`");
  EXPECT_EQ(read_integer("").error(), "needs a whole number, it is empty");
  for (const char* const wrong : {"-1", "+1", "1.0", " 1", "1 ", "0x", "0xg", "x", "1e3"}) {
    EXPECT_FALSE(read_integer(wrong)) << wrong;
  }
}

TEST(ValuesTest, ReadsSignedIntegersToBothEnds) {
  EXPECT_EQ(*read_signed("-0x10"), -16);
  EXPECT_EQ(*read_signed("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(*read_signed("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_FALSE(read_signed("9223372036854775808"));
  EXPECT_EQ(read_signed("-9223372036854775809").error(),
            "needs a whole number, got `-9223372036854775809`");
  EXPECT_EQ(read_signed("5", -2, 2).error(), "needs a whole number from -2 to 2, got `5`");
  EXPECT_FALSE(read_signed("--1"));
}

TEST(ValuesTest, ReadsPortsButNotZero) {
  EXPECT_EQ(*read_port("1"), 1);
  EXPECT_EQ(*read_port("0xbeef"), 48879);
  EXPECT_EQ(*read_port("65535"), 65535);
  EXPECT_EQ(read_port("0").error(), "needs a port from 1 to 65535, got `0`");
  EXPECT_FALSE(read_port("65536"));
  EXPECT_FALSE(read_port("http"));
}

TEST(ValuesTest, ReadsBooleansInAnyCase) {
  for (const char* const yes : {"true", "t", "TRUE", "T", "True"}) EXPECT_TRUE(*read_bool(yes));
  for (const char* const no : {"false", "f", "FALSE", "F"}) EXPECT_FALSE(*read_bool(no));
  EXPECT_EQ(read_bool("yes").error(), "needs `true` or `false`, got `yes`");
  EXPECT_FALSE(read_bool(""));
  EXPECT_FALSE(read_bool("tru"));
}

TEST(ValuesTest, ReadsTimesExactly) {
  EXPECT_EQ(*read_duration("0"), 0ns);
  EXPECT_EQ(*read_duration("1ns"), 1ns);
  EXPECT_EQ(*read_duration("250us"), 250us);
  EXPECT_EQ(*read_duration("1.5ms"), 1500us);
  EXPECT_EQ(*read_duration("0.000000001s"), 1ns);
  EXPECT_EQ(*read_duration("1.000000000000000000000000000s"), 1s);
  EXPECT_EQ(*read_duration("2min"), 2min);
  EXPECT_EQ(*read_duration("1h"), 1h);
  EXPECT_EQ(*read_duration("9223372036854775807ns"), Duration::max());
}

TEST(ValuesTest, ShowsHowToWriteATime) {
  EXPECT_EQ(read_duration("10").error(), "needs a unit, for example `10ms`, got `10`");
  EXPECT_EQ(read_duration("2.5").error(), "needs a unit, for example `2.5ms`, got `2.5`");
  EXPECT_EQ(read_duration("").error(),
            "needs a time with its unit, for example `10ms`, it is empty");
  EXPECT_EQ(read_duration("soon").error(),
            "needs a time with its unit, for example `10ms`, got `soon`");
  EXPECT_EQ(read_duration("1m").error(),
            "has an unknown unit, `m`; write one of `ns`, `us`, `ms`, `s`, `min`, `h`, for example "
            "`10ms`");
  EXPECT_EQ(read_duration("10 ms").error(),
            "has an unknown unit, ` ms`; write one of `ns`, `us`, `ms`, `s`, `min`, `h`, for "
            "example `10ms`");
  EXPECT_EQ(read_duration("1.5ns").error(), "must be a multiple of 1ns, got `1.5ns`");
  EXPECT_EQ(read_duration("9223372036854775808ns").error(),
            "is too much, got `9223372036854775808ns`");
  for (const char* const wrong : {"-1s", "1..2s", "1.s", ".5s", "1,5s", "1s2ms", "0x10ms", "s",
                                  "99999999999999999999999999999999999999999s",
                                  "0.0000000000000000000000000000000000000000000001s"}) {
    EXPECT_FALSE(read_duration(wrong)) << wrong;
  }
}

TEST(ValuesTest, ReadsRatesInBitsAndBytes) {
  EXPECT_EQ(read_bit_rate("1bps")->bits_per_second, 1U);
  EXPECT_EQ(read_bit_rate("100Mbps")->bits_per_second, 100'000'000U);
  EXPECT_EQ(read_bit_rate("1.5kbps")->bits_per_second, 1'500U);
  EXPECT_EQ(read_bit_rate("10Gbps")->bits_per_second, 10'000'000'000U);
  EXPECT_EQ(read_bit_rate("125MB/s")->bits_per_second, 1'000'000'000U);
  EXPECT_EQ(read_bit_rate("0.125B/s")->bits_per_second, 1U);
  EXPECT_EQ(read_bit_rate("1kB/s")->bits_per_second, 8'000U);
  EXPECT_EQ(read_bit_rate("1GB/s")->bits_per_second, 8'000'000'000U);
}

TEST(ValuesTest, ShowsHowToWriteARate) {
  EXPECT_EQ(read_bit_rate("100").error(), "needs a unit, for example `100Mbps`, got `100`");
  EXPECT_EQ(read_bit_rate("0bps").error(), "must be at least `1bps`, got `0bps`");
  EXPECT_EQ(read_bit_rate("0.1bps").error(), "must be a multiple of 1bps, got `0.1bps`");
  EXPECT_EQ(read_bit_rate("1mbps").error(),
            "has an unknown unit, `mbps`; write one of `bps`, `kbps`, `Mbps`, `Gbps`, `B/s`, "
            "`kB/s`, `MB/s`, `GB/s`, for example `100Mbps`");
  EXPECT_FALSE(read_bit_rate("18446744073709551616bps"));
  EXPECT_FALSE(read_bit_rate("99999999999GB/s"));
}

TEST(ValuesTest, ReadsSizes) {
  EXPECT_EQ(*read_size("0B"), 0U);
  EXPECT_EQ(*read_size("1500B"), 1500U);
  EXPECT_EQ(*read_size("1.5kB"), 1500U);
  EXPECT_EQ(*read_size("2MB"), 2'000'000U);
  EXPECT_EQ(*read_size("3GB"), 3'000'000'000U);
  EXPECT_EQ(*read_size("256KiB"), 256U * 1024);
  EXPECT_EQ(*read_size("0.5MiB"), 512U * 1024);
  EXPECT_EQ(*read_size("1GiB"), 1U << 30);
  EXPECT_EQ(read_size("256").error(), "needs a unit, for example `256kB`, got `256`");
  EXPECT_FALSE(read_size("0.0001KiB"));
}

TEST(ValuesTest, ReadsProbabilitiesToTheLastBit) {
  EXPECT_TRUE(read_probability("0")->is_zero());
  EXPECT_TRUE(read_probability("0%")->is_zero());
  EXPECT_EQ(read_probability("1")->threshold(), Probability::one);
  EXPECT_EQ(read_probability("100%")->threshold(), Probability::one);
  EXPECT_EQ(read_probability("1.000")->threshold(), Probability::one);
  EXPECT_EQ(*read_probability("0.5"), *read_probability("50%"));
  EXPECT_EQ(read_probability("0.5")->threshold(), Probability::one / 2);
  EXPECT_EQ(read_probability("0.01")->threshold(), Probability::one / 100);
  EXPECT_EQ(*read_probability("0.01"), *read_probability("1%"));
  EXPECT_EQ(*read_probability("0.001"), *read_probability("0.1%"));
  EXPECT_EQ(read_probability("0.0000000000000000001")->threshold(), 0U);
  EXPECT_EQ(read_probability("0.000000000000000001")->threshold(), 9U);
}

TEST(ValuesTest, ShowsHowToWriteAProbability) {
  EXPECT_EQ(read_probability("50").error(),
            "needs a probability from 0 to 1, got `50`; did you mean `50%`?");
  EXPECT_EQ(read_probability("101%").error(), "needs a probability from 0 to 1, got `101%`");
  EXPECT_EQ(read_probability("often").error(),
            "needs a probability from 0 to 1, for example `0.01` or `1%`, got `often`");
  EXPECT_EQ(read_probability("0.00000000000000000001").error(),
            "has more decimals than can be told apart, got `0.00000000000000000001`");
  for (const char* const wrong : {"", "-0.1", "1 %", "%", "0.5%%", "1e-3", ".5"}) {
    EXPECT_FALSE(read_probability(wrong)) << wrong;
  }
}

TEST(ValuesTest, ReadsAddresses) {
  EXPECT_EQ(*read_address("123.45.67.89"), 0x7b2d4359U);
  EXPECT_EQ(*read_address("0.0.0.0"), 0U);
  EXPECT_EQ(*read_address("255.255.255.255"), 0xffff'ffffU);
  EXPECT_EQ(read_address("10.0.0").error(),
            "needs an address, for example `10.0.0.1`, got `10.0.0`");
  for (const char* const wrong : {"", "10", "10.0.0.256", "10.0.0.01", "10.0.0.1.2", "10..0.1",
                                  "10.0.0.1 ", "10.0.0.x", "10.0.0.-1", "10.0.0.4294967297"}) {
    EXPECT_FALSE(read_address(wrong)) << wrong;
  }
  EXPECT_EQ(format_address(0x7b2d4359U), "123.45.67.89");
}

TEST(ValuesTest, ReadsRangesOfBothForms) {
  EXPECT_EQ(*read_address_range("123.45.67.89-91"), (AddressRange{0x7b2d4359U, 0x7b2d435bU}));
  EXPECT_EQ(*read_address_range("10.0.0.1-10.0.3.255"), (AddressRange{0x0a000001U, 0x0a0003ffU}));
  EXPECT_EQ(read_address_range("10.0.0.7-7")->size(), 1U);
  EXPECT_EQ(read_address_range("0.0.0.0-255.255.255.255")->size(), std::uint64_t{1} << 32);
}

TEST(ValuesTest, ShowsHowToWriteARange) {
  EXPECT_EQ(read_address_range("10.0.0.9-1").error(),
            "ends before it begins: `10.0.0.9` comes after `10.0.0.1`");
  EXPECT_EQ(read_address_range("10.0.0.9").error(),
            "needs a range, for example `10.0.0.1-9` or `10.0.0.1-10.0.3.255`, got `10.0.0.9`");
  EXPECT_EQ(read_address_range("123.45.67.89/91").error(),
            "needs a range, for example `123.45.67.89-91` or `10.0.0.1-10.0.3.255`, got "
            "`123.45.67.89/91`");
  EXPECT_EQ(read_address_range("10.0.0.1-300").error(),
            "needs the last octet or a whole address behind `-`, for example `10.0.0.1-9` or "
            "`10.0.0.1-10.0.3.255`, got `10.0.0.1-300`");
  for (const char* const wrong : {"", "-", "10.0.0.1-", "10.0.0.1-2-3", "-9", "10.0.0.1-2x"}) {
    EXPECT_FALSE(read_address_range(wrong)) << wrong;
  }
}

TEST(ValuesTest, LeavesNetworkAndBroadcastAddressOutOfASubnet) {
  EXPECT_EQ(*read_subnet("10.1.0.0/16"), (AddressRange{0x0a010001U, 0x0a01fffeU}));
  EXPECT_EQ(*read_subnet("10.1.0.0/30"), (AddressRange{0x0a010001U, 0x0a010002U}));
  EXPECT_EQ(*read_subnet("10.1.0.0/31"), (AddressRange{0x0a010000U, 0x0a010001U}));
  EXPECT_EQ(*read_subnet("10.1.0.7/32"), (AddressRange{0x0a010007U, 0x0a010007U}));
  EXPECT_EQ(*read_subnet("128.0.0.0/1"), (AddressRange{0x80000001U, 0xfffffffeU}));
  EXPECT_EQ(*read_subnet("0.0.0.0/0"), (AddressRange{1U, 0xfffffffeU}));
  EXPECT_EQ(*read_prefix("10.1.0.0/16"), (Prefix{0x0a010000U, 16}));
}

TEST(ValuesTest, ShowsHowToWriteAPrefix) {
  EXPECT_EQ(read_subnet("10.1.2.3/16").error(),
            "has bits set behind its length, got `10.1.2.3/16`; did you mean `10.1.0.0/16`?");
  EXPECT_EQ(read_prefix("10.2.0.0/016").error(),
            "has a length that begins with 0, got `10.2.0.0/016`; did you mean `10.2.0.0/16`?");
  EXPECT_EQ(read_prefix("0.0.0.0/00").error(),
            "has a length that begins with 0, got `0.0.0.0/00`; did you mean `0.0.0.0/0`?");
  EXPECT_EQ(read_subnet("10.1.2.3/08").error(),
            "has a length that begins with 0, got `10.1.2.3/08`; did you mean `10.0.0.0/8`?");
  EXPECT_EQ(*read_prefix("0.0.0.0/0"), (Prefix{0, 0}));
  EXPECT_EQ(read_subnet("10.1.0.0").error(),
            "needs a prefix, for example `10.1.0.0/16`, got `10.1.0.0`");
  for (const char* const wrong : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1",
                                  "10.0.0.0/8/8", "10.0.0.0/0x8", "10.0.0.0/4294967296"}) {
    EXPECT_FALSE(read_prefix(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace elvis::ndl
