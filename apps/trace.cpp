// SPDX-License-Identifier: MIT
#include "trace.hpp"

#include <fmt/format.h>

#include <string>

#include "elvis/graph/machine.hpp"
#include "elvis/graph/tap.hpp"
#include "log.hpp"

namespace elvis::cli {

namespace {

// Nanoseconds in full, so that lines can be compared: "0.003000000 s".
std::string exact(Time time) {
  const auto count = time.time_since_epoch().count();
  return fmt::format("{}.{:09} s", count / 1'000'000'000, count % 1'000'000'000);
}

// "from 02:00:00:00:00:00 to 02:00:00:00:00:01, type 0x0800, 48 bytes"
std::string header_of(const Message& frame) {
  std::uint8_t scratch[EthernetHeader::size];
  const std::uint8_t* const bytes = frame.front(EthernetHeader::size, scratch);
  if (bytes == nullptr) return fmt::format("{} bytes", frame.size());
  const auto header = EthernetHeader::parse(bytes, EthernetHeader::size);
  return fmt::format("from {} to {}, type {:#06x}, {} bytes", header->source.to_string(),
                     header->destination.to_string(), header->type, frame.size());
}

}  // namespace

void Trace::frame_sent(const Tap& from, const Message& frame, Time now) {
  log_.write(LogLevel::trace, fmt::format("{} {} sent on {}: {}", exact(now), from.machine().name(),
                                          from.network().name(), header_of(frame)));
}

void Trace::frame_delivered(const Tap& to, const Message& frame, Time now) {
  log_.write(LogLevel::trace,
             fmt::format("{} {} received on {}: {}", exact(now), to.machine().name(),
                         to.network().name(), header_of(frame)));
}

void Trace::dropped(const Machine& machine, Drop reason, const Message& message, Time now) {
  log_.write(LogLevel::trace, fmt::format("{} {} dropped {} bytes: {}", exact(now), machine.name(),
                                          message.size(), name_of(reason)));
}

}  // namespace elvis::cli
