// SPDX-License-Identifier: MIT
#include "elvis/report/capture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <string>

#include "elvis/graph/machine.hpp"
#include "elvis/graph/network.hpp"
#include "elvis/graph/tap.hpp"
#include "elvis/util/prefetch.hpp"

namespace elvis {

namespace {

// Bytes that a comment names.
constexpr std::size_t most_differences = 8;
// The writer's core has a log's memory when it is lent again: it is asked for this many bytes
// ahead.
constexpr std::size_t ahead = 1024;

std::string_view words_for(FrameFate fate) {
  switch (fate) {
    case FrameFate::lost:
      return "lost";
    case FrameFate::corrupted:
      return "corrupted";
    case FrameFate::queue_dropped:
      return "dropped by a queue";
    case FrameFate::duplicated:
      return "duplicated";
    case FrameFate::unknown_destination:
      return "for nobody on this network";
  }
  return {};
}

// ", byte 17" or ", bytes 3 17"
std::string differences(std::span<const std::uint8_t> recorded, const Message& frame) {
  const std::vector<std::uint8_t> bytes = frame.to_bytes();
  std::string places;
  std::size_t found = 0;
  for (std::size_t i = 0; i < bytes.size() && i < recorded.size(); ++i) {
    if (bytes[i] == recorded[i]) continue;
    if (++found > most_differences) return fmt::format(", bytes{} and more", places);
    places += fmt::format(" {}", i);
  }
  return fmt::format(", byte{}{}", found == 1 ? "" : "s", places);
}

}  // namespace

// ===== CaptureRecorder: on the way of every frame =====

// A frame that may still get a comment: while the event in which it was recorded lasts.
struct CaptureRecorder::Where {
  CapturePiece* piece = nullptr;
  std::size_t offset = 0;  // of its entry

  CaptureEntry entry() const {
    CaptureEntry entry;
    std::memcpy(&entry, piece->bytes + offset, sizeof entry);
    return entry;
  }
  std::span<const std::uint8_t> frame() const {
    return {piece->bytes + offset + sizeof(CaptureEntry), entry().frame_size};
  }
};

struct alignas(64) CaptureRecorder::Log {
  CapturePiece* piece = nullptr;  // that is being filled
  std::vector<CapturePiece*> full;
  std::size_t full_bytes = 0;
  Where carried;
  // What `receiver` received last: by the pattern and its own file.
  Where received[2];
  const Machine* receiver = nullptr;
  std::uint64_t received_in = 0;  // the event, by its number at that time
  Time received_at = start_of_time;

  [[gnu::noinline]] void begin_piece(CapturePieces& pieces, std::size_t needed) {
    if (piece != nullptr) {
      full_bytes += piece->size;
      full.push_back(piece);
    }
    piece = &pieces.take();
    piece->make_room(needed);
  }
};

CaptureRecorder::CaptureRecorder(const CapturePlan& plan, CapturePieces& pieces,
                                 std::size_t partitions)
    : plan_{plan},
      pieces_{pieces},
      looks_at_bytes_{plan.filter().looks_at_bytes()},
      captures_networks_{plan.captures_networks()} {
  for (const auto& taps : plan.taps()) points_.push_back(taps.data());
  for (std::size_t i = 0; i < partitions; ++i) logs_.push_back(std::make_unique<Log>());
}

CaptureRecorder::~CaptureRecorder() = default;

// Who is moved to another partition for a while keeps to one log, in which its frames come in their
// order.
inline CaptureRecorder::Log& CaptureRecorder::log_of(const Tap& tap) {
  return *logs_[tap.network().home_of(tap.index())];
}

// A network lives with its first tap.
inline CaptureRecorder::Log& CaptureRecorder::log_of(const Tap& from, const Entity& by) {
  return &by == &from.machine() ? log_of(from) : *logs_[from.network().home_of(0)];
}

inline CaptureRecorder::Where CaptureRecorder::record(Log& log, const Entity& by,
                                                      std::uint32_t point,
                                                      CaptureDirection direction,
                                                      const Message& frame, Time now) {
  const std::size_t size = frame.size();
  const std::size_t needed = sizeof(CaptureEntry) + size;
  if (log.piece == nullptr || needed > log.piece->capacity - log.piece->size) [[unlikely]] {
    log.begin_piece(pieces_, needed);
  }
  CapturePiece& piece = *log.piece;
  const Where where{&piece, piece.size};
  std::uint8_t* at = piece.bytes + piece.size;
  piece.size += needed;
  for (std::size_t i = 0; i < needed; i += 64) {
    prefetch_to_write(at, static_cast<std::ptrdiff_t>(ahead + i));
  }
  const CaptureEntry entry{now, by.id(), point, static_cast<std::uint32_t>(size), 0, direction};
  std::memcpy(at, &entry, sizeof entry);
  at += sizeof entry;
  for (std::size_t i = 0; i < frame.slice_count(); ++i) {
    const std::span<const std::uint8_t> slice = frame.slice_at(i);
    std::memcpy(at, slice.data(), slice.size());
    at += slice.size();
  }
  return where;
}

inline bool CaptureRecorder::passes(const Message& frame) const {
  return !looks_at_bytes_ || plan_.filter().passes(frame);
}

void CaptureRecorder::frame_sent(const Tap& from, const Message& frame, Time now) {
  if (points_.empty()) return;
  const auto [first, second] = points_[from.network().index()][from.index()];
  if (first == CapturePlan::none && second == CapturePlan::none) return;
  if (!passes(frame)) return;
  Log& log = log_of(from);
  const Machine& machine = from.machine();
  constexpr auto direction = CaptureDirection::outbound;
  if (first != CapturePlan::none) record(log, machine, first, direction, frame, now);
  if (second != CapturePlan::none) record(log, machine, second, direction, frame, now);
}

void CaptureRecorder::frame_delivered(const Tap& to, const Message& frame, Time now) {
  if (points_.empty()) return;
  const auto [first, second] = points_[to.network().index()][to.index()];
  Log& log = log_of(to);
  log.receiver = nullptr;
  if (first == CapturePlan::none && second == CapturePlan::none) return;
  if (!passes(frame)) return;
  const Machine& machine = to.machine();
  constexpr auto direction = CaptureDirection::inbound;
  log.received[0].piece = log.received[1].piece = nullptr;
  if (first != CapturePlan::none) {
    log.received[0] = record(log, machine, first, direction, frame, now);
  }
  if (second != CapturePlan::none) {
    log.received[1] = record(log, machine, second, direction, frame, now);
  }
  log.receiver = &machine;
  log.received_in = machine.partition().events();
  log.received_at = now;
}

void CaptureRecorder::frame_carried(const Tap& from, const Entity& by, const Message& frame,
                                    Time now) {
  if (!captures_networks_) return;
  Log& log = log_of(from, by);
  log.carried.piece = nullptr;
  const std::uint32_t point = plan_.point_of(from, frame);
  if (point == CapturePlan::none || !passes(frame)) return;
  log.carried = record(log, by, point, CaptureDirection::unknown, frame, now);
}

// ===== CaptureRecorder: what else there is to be said =====

// The entry may be in a piece that has become full since, but has not been taken.
void CaptureRecorder::comment(Log& log, const Where& where, std::string_view text) {
  CapturePiece& piece = *where.piece;
  CaptureEntry entry = where.entry();
  if (plan_.files()[plan_.point(entry.point).file].format == CaptureFormat::pcap) return;
  const std::size_t begin = where.offset + sizeof entry + entry.frame_size;
  std::string comment{piece.text().substr(begin, entry.comment_size)};
  add_comment_line(comment, text);
  piece.replace(begin, entry.comment_size, comment);
  for (Where* const other : {&log.carried, &log.received[0], &log.received[1]}) {
    if (other->piece != &piece || other->offset <= where.offset) continue;
    other->offset += comment.size() - entry.comment_size;
  }
  entry.comment_size = static_cast<std::uint16_t>(comment.size());
  std::memcpy(piece.bytes + where.offset, &entry, sizeof entry);
}

void CaptureRecorder::frame_met(const Tap& from, const Entity& by, FrameFate fate,
                                const Message& frame, const Tap* to, Time now) {
  if (!captures_networks_) return;
  Log& log = log_of(from, by);
  if (fate == FrameFate::queue_dropped) frame_carried(from, by, frame, now);
  const Where& carried = log.carried;
  if (carried.piece == nullptr) return;
  std::string text{words_for(fate)};
  if (to != nullptr) text += " on the way to " + to->machine().name();
  if (fate == FrameFate::corrupted) {
    text += differences(carried.frame(), frame);
  }
  comment(log, carried, text);
}

// What a machine drops while it handles a frame that came is that frame, or the end of it. Other
// packets, which wait for an address for example, have not been on a network.
void CaptureRecorder::dropped(const Machine& machine, Drop reason, const Message& message,
                              Time now) {
  if (points_.empty() || machine.taps().empty()) return;
  Log& log = log_of(machine.taps().front());
  if (log.receiver != &machine || log.received_at != now ||
      log.received_in != machine.partition().events()) {
    return;
  }
  const std::vector<std::uint8_t> bytes = message.to_bytes();
  const std::string text = fmt::format("dropped: {}", name_of(reason));
  for (const Where& where : log.received) {
    if (where.piece == nullptr) continue;
    const std::span<const std::uint8_t> frame = where.frame();
    if (frame.size() < bytes.size() || !std::ranges::equal(frame.last(bytes.size()), bytes)) return;
    comment(log, where, text);
  }
}

// ===== CaptureRecorder: from time to time =====

std::size_t CaptureRecorder::waiting_bytes() const {
  std::size_t sum = 0;
  for (const auto& log : logs_) {
    sum += log->full_bytes + (log->piece == nullptr ? 0 : log->piece->size);
  }
  return sum;
}

void CaptureRecorder::take(CaptureBatch& batch) {
  batch.logs.clear();
  for (const auto& log : logs_) {
    batch.logs.insert(batch.logs.end(), log->full.begin(), log->full.end());
    if (log->piece != nullptr) batch.logs.push_back(log->piece);
    log->full.clear();
    log->full_bytes = 0;
    log->piece = nullptr;
    log->carried.piece = nullptr;
    log->receiver = nullptr;
  }
}

}  // namespace elvis
