// SPDX-License-Identifier: MIT
#include "link_properties.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "elvis/wire/ethernet.hpp"
#include "link_models.hpp"

namespace elvis {

namespace {

void read_mtu(LinkValue& value, LinkProperties& properties) {
  constexpr std::uint64_t smallest = 68;  // RFC 791: every link can carry that much
  constexpr std::uint64_t largest = 65'535;
  const auto mtu = value.accept(value.text(), ndl::read_integer(value.text(), smallest, largest));
  if (mtu) properties.mtu = static_cast<std::uint32_t>(*mtu);
}

void read_latency(LinkValue& value, LinkProperties& properties) {
  if (const auto latency = read_latency_model(value)) properties.latency = *latency;
}

void read_throughput(LinkValue& value, LinkProperties& properties) {
  const auto rate = value.read(value.text(), ndl::read_bit_rate);
  if (rate) properties.throughput = *rate;
}

void read_medium(LinkValue& value, LinkProperties& properties) {
  constexpr std::array<std::string_view, 2> media{"shared", "switched"};
  const auto found = std::find(media.begin(), media.end(), value.text());
  if (found != media.end()) {
    properties.medium = found == media.begin() ? MediumKind::shared : MediumKind::switched;
    return;
  }
  ndl::Closest search{value.text()};
  for (const std::string_view medium : media) search.consider(medium);
  value.refuse(fmt::format("`medium` must be `shared` or `switched`, got {}{}",
                           ndl::quoted(value.text()), search.suggestion()));
}

void read_queue_of(LinkValue& value, LinkProperties& properties) {
  if (const auto queue = read_queue(value)) properties.queue = *queue;
}

void read_loss(LinkValue& value, LinkProperties& properties) {
  if (const auto loss = read_loss_model(value)) properties.loss = *loss;
}

void read_corruption(LinkValue& value, LinkProperties& properties) {
  const auto chance = value.read(value.text(), ndl::read_probability);
  if (chance) properties.corruption = *chance;
}

void read_duplication(LinkValue& value, LinkProperties& properties) {
  const auto chance = value.read(value.text(), ndl::read_probability);
  if (chance) properties.duplication = *chance;
}

void read_reordering(LinkValue& value, LinkProperties& properties) {
  const auto parts = LinkValue::split(value.text());
  if (parts.size() == 1 && value.text() == "0") {
    properties.reordering = {};
    return;
  }
  if (parts.size() != 2) {
    return value.refuse("`reordering` needs a probability and a time, for example `1%, 5ms`");
  }
  const auto chance = value.read(parts[0], ndl::read_probability);
  const auto delay = value.read(parts[1], ndl::read_duration);
  if (chance && delay) properties.reordering = {*chance, *delay};
}

constexpr std::array<LinkArgument, 9> arguments{{
    {"mtu", "number 68 to 65535", "1500", "largest payload of a frame, without the link header",
     read_mtu, false},
    {"latency", "time or distribution", "1ns", "how long a frame travels", read_latency, true},
    {"throughput", "rate", "unlimited", "how much a medium carries; frames wait their turn",
     read_throughput, true},
    {"medium", "shared or switched", "shared",
     "who has the throughput: all machines together, or each its own", read_medium, false},
    {"queue", "frames or size", "unlimited",
     "what may wait for a medium; or step(...), red(...), codel(...), which drop or mark early",
     read_queue_of, false},
    {"loss", "probability or chain", "0", "that a frame does not arrive, for each receiver",
     read_loss, true},
    {"corruption", "probability", "0", "that a frame arrives with one or more bits flipped",
     read_corruption, true},
    {"duplication", "probability", "0", "that a frame arrives twice", read_duplication, true},
    {"reordering", "probability, time", "0", "that a frame takes longer, and by how much",
     read_reordering, true},
}};

// What queues have to know of the link.
void adapt_queue(LinkProperties& properties) {
  const auto largest_frame = static_cast<std::uint32_t>(properties.mtu + EthernetHeader::size);
  properties.queue.red.frame_bytes = properties.queue.codel.frame_bytes = largest_frame;
  if (!properties.throughput) return;
  constexpr std::uint64_t nanoseconds = 1'000'000'000;
  const std::uint64_t time =
      largest_frame * 8 * nanoseconds / properties.throughput->bits_per_second;
  properties.queue.red.frame_time =
      Duration{static_cast<Duration::rep>(std::max<std::uint64_t>(time, 1))};
}

}  // namespace

std::span<const LinkArgument> link_arguments() {
  return arguments;
}

LinkProperties read_link_properties(const ndl::NetworkDeclaration& network,
                                    ndl::Diagnostics& diagnostics) {
  LinkProperties properties;
  for (const LinkArgument& known : arguments) {
    const std::optional<ndl::Argument> argument = network.read(known.name);
    if (!argument || argument->is_broken() || argument->varies()) continue;
    LinkValue value{*argument, diagnostics};
    known.read(value, properties);
  }
  adapt_queue(properties);
  return properties;
}

}  // namespace elvis
