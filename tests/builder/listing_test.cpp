// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "support.hpp"

namespace elvis {
namespace {

using testing::HasSubstr;

TEST(ListingTest, ShowsEachLinkPropertyOnALine) {
  const std::string text = list_links();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1 + 9 + 1 + 10);
  EXPECT_THAT(text, HasSubstr("    mtu          number 68 to 65535    default 1500       largest "
                              "payload of a frame, without the link header\n"));
  EXPECT_THAT(text, HasSubstr("    queue        frames or size        default unlimited  "));
}

TEST(ListingTest, ShowsEachArgumentOfAnApplication) {
  const std::string text = list_applications(Catalog::standard());
  EXPECT_THAT(text, HasSubstr("send_message: sends a message, once or several times\n"));
  EXPECT_THAT(text, HasSubstr("    port       port                required   remote port\n"));
  EXPECT_THAT(text, HasSubstr("    count      number from 1       default 1  how many times"));
  EXPECT_THAT(text, HasSubstr("    transport  udp or tcp          optional   "));
  EXPECT_THAT(text, HasSubstr("    count        number 1 to 255     default 255  "));
}

TEST(ListingTest, ShowsProtocolsThatAreStillToCome) {
  const std::string text = list_protocols(Catalog::standard());
  EXPECT_THAT(text, HasSubstr("IPv4: Internet Protocol version 4 (RFC 791)\n"));
  EXPECT_THAT(text, HasSubstr("DHCP: not yet available\n"));
}

TEST(ListingTest, EveryNameCanBeUsed) {
  const Catalog catalog = Catalog::standard();
  for (const ProtocolKind& kind : catalog.protocols) {
    EXPECT_EQ(catalog.find_protocol(kind.name), &kind);
  }
  for (const ApplicationKind& kind : catalog.applications) {
    EXPECT_EQ(catalog.find_application(kind.name), &kind);
  }
}

TEST(ListingTest, EveryArgumentIsDocumented) {
  const std::string documentation =
      test::content(std::string{ELVIS_NDL} + "/../docs/applications.md");
  const std::string text =
      list_applications(Catalog::standard()) + list_protocols(Catalog::standard());
  for (std::size_t at = text.find("\n    "); at != std::string::npos;
       at = text.find("\n    ", at + 1)) {
    const std::string name = text.substr(at + 5, text.find(' ', at + 5) - at - 5);
    EXPECT_THAT(documentation, HasSubstr("`" + name + "`"));
  }
}

TEST(CatalogTest, NamesCompareWithoutRegardToCase) {
  const Catalog catalog = Catalog::standard();
  EXPECT_EQ(catalog.find_protocol("ipV4"), catalog.find_protocol("IPv4"));
  EXPECT_NE(catalog.find_protocol("udp"), nullptr);
  EXPECT_EQ(catalog.find_protocol("udpp"), nullptr);
  EXPECT_NE(catalog.find_application("Send_Message"), nullptr);
  EXPECT_TRUE(catalog.is_planned("dhcp"));
  EXPECT_FALSE(catalog.is_planned("UDP"));
}

}  // namespace
}  // namespace elvis
