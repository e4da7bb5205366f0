// SPDX-License-Identifier: MIT
#include "elvis/wire/address.hpp"

#include <string>

#include <gtest/gtest.h>

#include "elvis/util/rng.hpp"

namespace elvis {
namespace {

TEST(MacAddressTest, PrintsSixOctets) {
  EXPECT_EQ(MacAddress{0x0200'0000'002a}.to_string(), "02:00:00:00:00:2a");
  EXPECT_EQ(MacAddress::broadcast().to_string(), "ff:ff:ff:ff:ff:ff");
  EXPECT_EQ(MacAddress{}.to_string(), "00:00:00:00:00:00");
}

TEST(MacAddressTest, KeepsFortyEightBits) {
  EXPECT_EQ(MacAddress{0xabcd'0200'0000'002a}.value(), 0x0200'0000'002aU);
}

TEST(MacAddressTest, KnowsGroupsAndBroadcast) {
  EXPECT_TRUE(MacAddress::broadcast().is_broadcast());
  EXPECT_TRUE(MacAddress::broadcast().is_group());
  EXPECT_TRUE(MacAddress{0x0100'5e00'0001}.is_group());
  EXPECT_FALSE(MacAddress{0x0100'5e00'0001}.is_broadcast());
  EXPECT_FALSE(MacAddress{0x0200'0000'0001}.is_group());
}

TEST(Ipv4AddressTest, ReadsADottedQuad) {
  EXPECT_EQ(Ipv4Address::parse("192.168.1.121"), (Ipv4Address{192, 168, 1, 121}));
  EXPECT_EQ(Ipv4Address::parse("0.0.0.0"), Ipv4Address{});
  EXPECT_EQ(Ipv4Address::parse("255.255.255.255"), Ipv4Address::broadcast());
}

TEST(Ipv4AddressTest, RefusesEverythingElse) {
  for (const std::string text : {"",           ".",          "1",
                                 "1.2",        "1.2.3",      "1.2.3.",
                                 "1.2.3.4.",   "1.2.3.4.5",  ".1.2.3.4",
                                 "1..2.3",     "256.1.1.1",  "1.1.1.256",
                                 "1.1.1.1000", "01.2.3.4",   "1.2.3.00",
                                 "00.0.0.0",   "1.2.3.4 ",   " 1.2.3.4",
                                 "1. 2.3.4",   "+1.2.3.4",   "-1.2.3.4",
                                 "1.2.3.-4",   "0x1.2.3.4",  "a.b.c.d",
                                 "1,2,3,4",    "1.2.3.4/24", "99999999999999999999.1.1.1"}) {
    EXPECT_FALSE(Ipv4Address::parse(text)) << '"' << text << '"';
  }
  EXPECT_FALSE(Ipv4Address::parse(std::string_view{"1.2.3.4\0", 8}));
  EXPECT_FALSE(Ipv4Address::parse(std::string_view{}));
}

TEST(Ipv4AddressTest, DoesNotReadBehindTheText) {
  EXPECT_EQ(Ipv4Address::parse(std::string_view{"1.2.3.45", 7}), (Ipv4Address{1, 2, 3, 4}));
}

TEST(Ipv4AddressTest, ReadsWhatItPrints) {
  Rng rng{{2, 1}};
  for (int round = 0; round < 10'000; ++round) {
    const Ipv4Address address{static_cast<std::uint32_t>(rng())};
    ASSERT_EQ(Ipv4Address::parse(address.to_string()), address) << address.to_string();
  }
}

TEST(Ipv4AddressTest, KnowsItsKinds) {
  EXPECT_TRUE(Ipv4Address{}.is_unspecified());
  EXPECT_TRUE(Ipv4Address::broadcast().is_broadcast());
  EXPECT_FALSE(Ipv4Address::broadcast().is_multicast());
  EXPECT_TRUE((Ipv4Address{224, 0, 0, 1}).is_multicast());
  EXPECT_TRUE((Ipv4Address{239, 255, 255, 255}).is_multicast());
  EXPECT_FALSE((Ipv4Address{223, 255, 255, 255}).is_multicast());
  EXPECT_TRUE((Ipv4Address{127, 0, 0, 1}).is_loopback());
  EXPECT_FALSE((Ipv4Address{128, 0, 0, 1}).is_loopback());
}

TEST(Ipv4AddressTest, IsOrderedAsANumber) {
  EXPECT_LT((Ipv4Address{9, 255, 255, 255}), (Ipv4Address{10, 0, 0, 0}));
}

TEST(EndpointTest, PrintsAddressAndPort) {
  EXPECT_EQ((Endpoint{Ipv4Address{10, 0, 0, 1}, 80}).to_string(), "10.0.0.1:80");
  EXPECT_EQ(Endpoint{}.to_string(), "0.0.0.0:0");
}

}  // namespace
}  // namespace elvis
