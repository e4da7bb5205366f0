// SPDX-License-Identifier: MIT
// Frame: a message on its way through a network.
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "elvis/util/pool.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {

class Tap;

/// One block of memory holds the frame and its headers, where they have a chunk of their own: the
/// frame lies in the chunk's room. So whoever takes the bytes out takes leave of the frame: see
/// unpack(), and stand_alone() for whoever changes them.
struct Frame : Pooled {
  Message bytes;       ///< With the link header in front.
  Tap* tap;            ///< The receiver's; the sender's until it has left the sender's medium. Null
                       ///< for what `number` tells.
  std::uint64_t fold;  ///< Of network, length and header words as sent, for the digest.
  std::uint32_t number;     ///< The sender's count of frames on this tap, which keys its luck.
  bool is_in_room = false;  ///< Of the first chunk of `bytes`.

  // Numbers of what has no tap. Any other: 1 + the place of the machine's tap whose ingress it
  // comes to.
  static constexpr std::uint32_t announced = 0x8000'0000;  ///< Plus the place of the tap it is for:
                                                           ///< that it came is counted elsewhere.
  static constexpr std::uint32_t through = 0x4000'0000;    ///< Besides: the ingress lies behind it.
  static constexpr std::uint32_t to_itself = 0;  ///< A datagram that a machine sends to itself.
  static constexpr std::uint32_t switches_on = 0xffff'ffff;   ///< No frame: the machine starts,
  static constexpr std::uint32_t switches_off = 0xffff'fffe;  ///< or loses all that it knows.

  Frame(Message&& message, Tap* where, std::uint64_t its_fold, std::uint32_t its_number)
      : bytes{std::move(message)}, tap{where}, fold{its_fold}, number{its_number} {}
  Frame(const Frame& other)
      : bytes{other.bytes}, tap{other.tap}, fold{other.fold}, number{other.number} {}
  Frame& operator=(const Frame&) = delete;

  /// A frame of `message`, in its room if it has any.
  static Frame* make(Message&& message, Tap* tap = nullptr, std::uint64_t fold = 0,
                     std::uint32_t number = 0) {
    void* const room = message.room();
    if (room == nullptr) return new Frame{std::move(message), tap, fold, number};
    auto* const frame = new (room) Frame{std::move(message), tap, fold, number};
    frame->is_in_room = true;
    return frame;
  }
  /// A frame of `bytes` bytes of headers, which are to be written to header(), and of `payload`
  /// behind them: a message that is_short(), or a constant.
  template <typename Payload>
  static Frame* make_headed(std::uint32_t bytes, Payload&& payload, Tap* tap) {
    Chunk* const chunk = Chunk::make_behind_room(Message::headroom);
    auto* const frame =
        new (chunk->room()) Frame{*chunk, bytes, std::forward<Payload>(payload), tap};
    frame->is_in_room = true;
    return frame;
  }

  /// The `size` bytes of headers of what make_headed() made.
  std::uint8_t* header(std::uint32_t size) {
    return Chunk::behind_room(this)->bytes() + Message::headroom - size;
  }

  /// Gives up `frame` and returns its bytes.
  static Message unpack(Frame* frame) noexcept {
    Message bytes{std::move(frame->bytes)};
    if (!frame->is_in_room) pool::release(frame, sizeof(Frame));
    return bytes;
  }
  /// The same of one that is_in_room and whose bytes are only headers, as make_headed() made them:
  /// they are given up too.
  [[gnu::always_inline]] static void discard_headers(Frame* frame) noexcept {
    Chunk* const chunk = Chunk::behind_room(frame);
    constexpr std::size_t block = Chunk::room_bytes + sizeof(Chunk) + Message::headroom;
    if (chunk->is_unshared() && chunk->capacity() == Message::headroom) [[likely]]
      return pool::release(frame, block);
    chunk->release();
  }
  /// The same frame, which holds no more of its bytes' memory than other messages do.
  static Frame* stand_alone(Frame* frame) {
    if (!frame->is_in_room) return frame;
    return new Frame{std::move(frame->bytes), frame->tap, frame->fold, frame->number};
  }
  static void operator delete(Frame* frame, std::destroying_delete_t) noexcept { unpack(frame); }

 private:
  template <typename Payload>
  Frame(Chunk& header, std::uint32_t bytes_of_header, Payload&& payload, Tap* where)
      : bytes{header, bytes_of_header, std::forward<Payload>(payload)}, tap{where} {}
};
static_assert(sizeof(Frame) == 64 && sizeof(Frame) <= Chunk::room_bytes,
              "one cache line a frame in flight");

}  // namespace elvis
