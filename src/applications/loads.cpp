// SPDX-License-Identifier: MIT
// What applications have under way, for what `elvis check` expects. The numbers of bytes are
// measured (docs/memory.md).
#include <algorithm>

#include "elvis/applications/messages.hpp"
#include "elvis/applications/probes.hpp"
#include "elvis/applications/sockets.hpp"
#include "elvis/applications/streams.hpp"
#include "elvis/applications/traffic.hpp"
#include "elvis/util/saturated.hpp"

namespace elvis {

namespace {

constexpr std::uint64_t connection_bytes = 1'550;  // both ends' sessions and sockets
constexpr std::uint64_t asking_bytes = 2'050;      // client, server, and a message between them
constexpr std::uint64_t held_bytes = 2'700;        // all of that with nothing between them
constexpr std::uint64_t ended_bytes = 850;         // in TIME-WAIT
constexpr std::uint64_t made_bytes = 700;          // of each that was made and ended before
constexpr std::uint64_t sending_bytes = 900;       // the coroutines of bulk and its sink
constexpr std::uint64_t group_bytes = 400;         // of a member
constexpr std::uint64_t usual_window = 22'000;     // of many that share a network
constexpr std::uint64_t telling_bytes = 3'900;     // a message over a connection of its own
constexpr std::uint64_t told_bytes = 1'150;        // the same, ended
constexpr std::uint64_t playing_bytes = 3'550;     // ping-pong beside the two that play it
constexpr std::uint64_t echo_bytes = 100;          // what a request is remembered by

ApplicationOptions::Load from(Duration start) {
  ApplicationOptions::Load load;
  load.start = start;
  return load;
}

// Each of its own bytes.
ApplicationOptions::Load datagrams(Duration start, std::uint64_t count, Duration interval,
                                   std::uint64_t size) {
  ApplicationOptions::Load load = from(start);
  load.messages = count;
  load.interval = interval;
  load.size = size;
  load.own_bytes = size;
  return load;
}

std::uint64_t counted(std::uint64_t count) {
  constexpr std::uint64_t most = 1'000'000'000;
  return std::min(count, most);
}

// What connections that are over take, of which those before the last hundred are forgotten by
// then.
std::uint64_t over_bytes(std::uint64_t connections) {
  constexpr std::uint64_t most = 100;
  return std::min(connections, most) * made_bytes;
}

}  // namespace

// Each message over TCP has a connection, which is over before the next one is made.
ApplicationOptions::Load SendMessageOptions::load() const {
  Load load = from(start);
  load.messages = count;
  load.interval = interval;
  load.streams = 1;
  load.busy_bytes = telling_bytes;
  load.round_trips = 2 * counted(count);
  load.pauses = multiply_saturated(count - 1, interval);
  load.ended_bytes = told_bytes + over_bytes(count - 1);
  return load;
}

ApplicationOptions::Load CaptureOptions::load() const {
  Load load;
  if (group.address) load.kept_bytes = group_bytes;
  return load;
}

ApplicationOptions::Load PingPongOptions::load() const {
  Load load;
  if (!starter) return load;
  load.messages = 1;
  load.streams = 1;
  load.busy_bytes = playing_bytes;
  load.round_trips = count;
  load.ended_bytes = ended_bytes;
  return load;
}

ApplicationOptions::Load FloodOptions::load() const {
  return datagrams(start, count, Duration{}, size);
}

ApplicationOptions::Load CbrOptions::load() const {
  return datagrams(start, count, interval, size);
}

ApplicationOptions::Load OnOffOptions::load() const {
  return datagrams(start, count, interval, size);
}

ApplicationOptions::Load PingOptions::load() const {
  Load load = datagrams(start, count, interval, size);
  load.own_bytes += echo_bytes;
  return load;
}

ApplicationOptions::Load SocketClientOptions::load() const {
  Load load = from(start);
  load.messages = 1;  // the next one is sent when it was answered
  load.streams = 1;
  load.busy_bytes = connection_bytes + asking_bytes / 2;
  load.round_trips = counted(count) + 1;
  load.pauses = multiply_saturated(count, interval);
  load.ended_bytes = ended_bytes;
  return load;
}

ApplicationOptions::Load TcpStreamClientOptions::load() const {
  Load load = from(start);
  load.streams = 1;
  load.busy_bytes = connection_bytes + asking_bytes + 2 * std::min(size, usual_window);
  load.round_trips = 4 * counted(count);
  load.ended_bytes = ended_bytes + over_bytes(count - 1);
  return load;
}

// How long it lasts is not known, so all are taken to send at once.
ApplicationOptions::Load BulkOptions::load() const {
  Load load = from(start);
  load.streams = connections;
  load.busy_bytes = connection_bytes + sending_bytes;
  load.volume = bytes;
  load.kept_bytes = verify ? std::min(bytes, usual_window) : 0;
  load.pauses = Duration::max();
  return load;
}

ApplicationOptions::Load RequestResponseOptions::load() const {
  const std::uint64_t made = counted((count - 1) / std::max<std::uint64_t>(per_connection, 1));
  Load load = from(start);
  load.streams = clients;
  load.busy_bytes = connection_bytes + asking_bytes + over_bytes(made);
  load.round_trips = counted(count) + made + 1;
  load.pauses = multiply_saturated(count - 1, interval);
  load.held_bytes = held_bytes + over_bytes(made);
  load.held = hold;
  load.ended_bytes = ended_bytes + over_bytes(made);
  return load;
}

}  // namespace elvis
