// SPDX-License-Identifier: MIT
#include "elvis/wire/icmp_message.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "elvis/util/rng.hpp"
#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/checksum.hpp"
#include "wire/frames.hpp"

namespace elvis::test {
namespace {

// Echo request, identifier 1, sequence 9, data "abcd".
const Bytes example{8, 0, 0x33, 0x2f, 0, 1, 0, 9, 'a', 'b', 'c', 'd'};

/// A UDP datagram from 10.0.0.1:1234 to 10.0.0.2:53 with 20 bytes of data, `options` in between.
Bytes quotable(std::size_t options_size = 0) {
  Ipv4Header header;
  const Bytes options(options_size, 1);
  header.options = options;
  header.identification = 77;
  header.time_to_live = 3;
  header.source = Ipv4Address{10, 0, 0, 1};
  header.destination = Ipv4Address{10, 0, 0, 2};
  Bytes bytes = udp_frame({}, header, 1'234, 53, payload_of(20));
  bytes.erase(bytes.begin(), bytes.begin() + EthernetHeader::size);
  return bytes;
}

IcmpMessage random_message(Rng& rng) {
  IcmpMessage message{.type = static_cast<IcmpType>(rng.below(20)),
                      .code = static_cast<std::uint8_t>(rng()),
                      .rest = static_cast<std::uint32_t>(rng())};
  if (message.is_timestamp()) {
    for (std::uint32_t& time : message.times) time = static_cast<std::uint32_t>(rng());
  }
  return message;
}

TEST(IcmpMessageTest, ReadsAnEcho) {
  const auto message = IcmpMessage::parse(Message{example});
  ASSERT_TRUE(message);
  EXPECT_EQ(message->type, IcmpType::echo);
  EXPECT_EQ(message->code, 0);
  EXPECT_EQ(message->identifier(), 1);
  EXPECT_EQ(message->sequence(), 9);
  EXPECT_EQ(message->header_size(), 8U);
  EXPECT_FALSE(message->is_error());
}

TEST(IcmpMessageTest, WritesAnEcho) {
  Message message{std::string_view{"abcd"}};
  IcmpMessage::echo(1, 9).prepend_to(message);
  EXPECT_EQ(message.to_bytes(), example);
}

TEST(IcmpMessageTest, ReadsWhatItWrites) {
  Rng rng{{60, 1}};
  for (int round = 0; round < 5'000; ++round) {
    const IcmpMessage message = random_message(rng);
    Message bytes{payload_of(rng.below(100))};
    const Message payload = bytes;
    message.prepend_to(bytes);
    const auto again = IcmpMessage::parse(bytes);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->type, message.type);
    EXPECT_EQ(again->code, message.code);
    EXPECT_EQ(again->rest, message.rest);
    EXPECT_EQ(again->times, message.times);
    bytes.remove_front(again->header_size());
    ASSERT_EQ(bytes, payload);
  }
}

TEST(IcmpMessageTest, ReadsAHeaderThatLiesInSeveralChunks) {
  Message bytes;
  for (const std::uint8_t byte : example) bytes.append(Message{Bytes{byte}});
  const auto message = IcmpMessage::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->sequence(), 9);
}

TEST(IcmpMessageTest, PutsEachFieldInItsPlace) {
  const auto emitted = [](const IcmpMessage& message) {
    Bytes bytes(message.header_size());
    message.emit(bytes.data());
    return bytes;
  };
  EXPECT_EQ(emitted(IcmpMessage::unreachable(Unreachable::port)), (Bytes{3, 3, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(emitted(IcmpMessage::unreachable(Unreachable::fragmentation_needed, 576)),
            (Bytes{3, 4, 0, 0, 0, 0, 2, 64}));
  EXPECT_EQ(emitted(IcmpMessage::redirect_to(Ipv4Address{10, 1, 2, 3})),
            (Bytes{5, 1, 0, 0, 10, 1, 2, 3}));
  EXPECT_EQ(emitted(IcmpMessage::time_exceeded(TimeExceeded::in_reassembly)),
            (Bytes{11, 1, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(emitted(IcmpMessage::parameter_problem(21)), (Bytes{12, 0, 0, 0, 21, 0, 0, 0}));
  EXPECT_EQ(emitted(IcmpMessage::timestamp(1, 2, 3)),
            (Bytes{13, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(IcmpMessageTest, ReadsEachFieldBack) {
  EXPECT_EQ(IcmpMessage::unreachable(Unreachable::fragmentation_needed, 1'400).next_hop_mtu(),
            1'400);
  EXPECT_TRUE(IcmpMessage::unreachable(Unreachable::port).is_unreachable(Unreachable::port));
  EXPECT_FALSE(IcmpMessage::unreachable(Unreachable::port).is_unreachable(Unreachable::host));
  EXPECT_FALSE(IcmpMessage::echo(0, 0).is_unreachable(Unreachable::network));
  EXPECT_EQ(IcmpMessage::redirect_to(Ipv4Address{10, 1, 2, 3}).gateway(),
            (Ipv4Address{10, 1, 2, 3}));
  EXPECT_EQ(IcmpMessage::parameter_problem(21).pointer(), 21);
  EXPECT_EQ(IcmpMessage::timestamp(1, 2, 3).identifier(), 1);
}

TEST(IcmpMessageTest, KnowsErrorsFromQueries) {
  for (unsigned type = 0; type < 256; ++type) {
    const IcmpMessage message{.type = static_cast<IcmpType>(type)};
    const bool is_error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
    EXPECT_EQ(message.is_error(), is_error) << type;
  }
}

TEST(IcmpMessageTest, RefusesEveryTruncation) {
  const IcmpMessage timestamp = IcmpMessage::timestamp(1, 2, 3);
  Bytes bytes(IcmpMessage::timestamp_size);
  timestamp.emit(bytes.data());
  for (std::size_t available = 0; available < bytes.size(); ++available) {
    const auto message = IcmpMessage::parse(bytes.data(), available);
    ASSERT_FALSE(message);
    EXPECT_EQ(message.error(), FormatError::truncated);
  }
  for (std::size_t available = 0; available < IcmpMessage::size; ++available) {
    EXPECT_FALSE(IcmpMessage::parse(example.data(), available));
    EXPECT_FALSE(IcmpMessage::parse(Message{std::span{example}.first(available)}));
  }
}

TEST(IcmpMessageTest, FindsEveryFlippedBit) {
  for (std::size_t bit = 0; bit < 8 * example.size(); ++bit) {
    Message message{example};
    message.flip_bit(bit);
    const auto read = IcmpMessage::parse(message);
    ASSERT_FALSE(read) << bit;
    EXPECT_EQ(read.error(), FormatError::bad_checksum);
  }
}

TEST(QuotedDatagramTest, TellsWhoseDatagramItWas) {
  for (const std::size_t options_size : {0U, 8U, 40U}) {
    const Bytes bytes = quotable(options_size);
    const auto quoted = QuotedDatagram::parse(bytes.data(), 20 + options_size + 8);
    ASSERT_TRUE(quoted);
    EXPECT_EQ(quoted->source, (Ipv4Address{10, 0, 0, 1}));
    EXPECT_EQ(quoted->destination, (Ipv4Address{10, 0, 0, 2}));
    EXPECT_EQ(quoted->total_length, 20 + options_size + 8 + 20);
    EXPECT_EQ(quoted->identification, 77);
    EXPECT_EQ(quoted->time_to_live, 3);
    EXPECT_EQ(quoted->protocol, 17);
    EXPECT_EQ(quoted->header_size, 20 + options_size);
    EXPECT_EQ(quoted->payload_size, 8);
    ASSERT_TRUE(quoted->has_ports());
    EXPECT_EQ(quoted->source_port(), 1'234);
    EXPECT_EQ(quoted->destination_port(), 53);
  }
}

TEST(QuotedDatagramTest, HasNoPortsInLaterFragmentsNorWhereThereAreNone) {
  Bytes bytes = quotable();
  EXPECT_FALSE(QuotedDatagram::parse(bytes.data(), 23)->has_ports());
  EXPECT_TRUE(QuotedDatagram::parse(bytes.data(), 24)->has_ports());
  store16(&bytes[6], 1);
  EXPECT_FALSE(QuotedDatagram::parse(bytes.data(), bytes.size())->has_ports());
}

TEST(QuotedDatagramTest, DoesNotTakeWhatFollowsForPayload) {
  Bytes bytes = quotable();
  store16(&bytes[2], 23);  // RFC 4884 puts extensions behind the quotation
  const auto quoted = QuotedDatagram::parse(bytes.data(), bytes.size());
  ASSERT_TRUE(quoted);
  EXPECT_EQ(quoted->payload_size, 3);
}

TEST(QuotedDatagramTest, RefusesWhatIsNoHeader) {
  const Bytes bytes = quotable(8);
  for (std::size_t available = 0; available < 28; ++available) {
    const auto quoted = QuotedDatagram::parse(bytes.data(), available);
    ASSERT_FALSE(quoted);
    EXPECT_EQ(quoted.error(), FormatError::truncated);
  }
  const auto error_with = [](std::size_t position, std::uint8_t value) {
    Bytes changed = quotable();
    changed[position] = value;
    return QuotedDatagram::parse(changed.data(), changed.size()).error();
  };
  EXPECT_EQ(error_with(0, 0x65), FormatError::bad_version);
  EXPECT_EQ(error_with(0, 0x44), FormatError::bad_length);
  EXPECT_EQ(error_with(3, 19), FormatError::bad_length);
}

TEST(QuotedDatagramTest, WithstandsEveryFlippedBit) {
  Bytes bytes = quotable(8);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80 >> bit % 8);
    bytes[bit / 8] ^= mask;
    const Bytes exact(bytes.begin(), bytes.begin() + 36);
    const auto quoted = QuotedDatagram::parse(exact.data(), exact.size());
    if (quoted) {
      EXPECT_LE(quoted->header_size + quoted->payload_size, 36);
    }
    bytes[bit / 8] ^= mask;
  }
}

}  // namespace
}  // namespace elvis::test
