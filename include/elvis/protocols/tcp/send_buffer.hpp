// SPDX-License-Identifier: MIT
// TcpSendBuffer: what a sender holds of its stream: bytes that may have to be sent again, and
// behind them those that were not sent yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "elvis/util/pool.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {

/// One message with a place in it, so that sending moves nothing. Weighs a pointer while empty.
class TcpSendBuffer {
 public:
  std::size_t size() const { return held_ == nullptr ? 0 : held_->bytes.size(); }
  std::size_t sent() const { return held_ == nullptr ? 0 : held_->sent; }
  std::size_t unsent() const {
    return held_ == nullptr ? 0 : held_->bytes.size() - std::size_t{held_->sent};
  }
  bool has_unsent() const { return held_ != nullptr && held_->bytes.size() != held_->sent; }

  /// Puts `bytes` behind what was not sent yet.
  void append(Message&& bytes) {
    if (bytes.empty()) return;
    if (held_ == nullptr) {
      held_.reset(new Held{{}, std::move(bytes)});
      held_->next = held_->bytes.place_at(0);
      return;
    }
    const std::size_t slices = held_->bytes.slice_count() + bytes.slice_count();
    held_->bytes.append(std::move(bytes));
    if (slices > Message::max_slices) held_->next = held_->bytes.place_at(held_->sent);
  }
  /// The next `bytes` bytes, at most unsent(), which count as sent from now on.
  Message send(std::size_t bytes) {
    if (bytes == 0) return {};
    held_->sent += static_cast<std::uint32_t>(bytes);
    return held_->bytes.next_part(held_->next, bytes);
  }
  /// The bytes [offset, offset + bytes), sent or not.
  Message slice(std::size_t offset, std::size_t bytes) const {
    return held_ == nullptr ? Message{} : held_->bytes.slice(offset, bytes);
  }
  /// Lets go of the first `bytes` bytes, at most sent().
  void remove_front(std::size_t bytes) {
    if (bytes == size()) return held_.reset();
    Held& held = *held_;
    const std::size_t slices = held.bytes.slice_count();
    held.bytes.remove_front(bytes);
    held.sent -= static_cast<std::uint32_t>(bytes);
    const std::size_t gone = slices - held.bytes.slice_count();
    if (gone > held.next.slice) {
      held.next = held.bytes.place_at(0);  // it stood at the end of the last one
    } else {
      held.next.slice -= static_cast<std::uint32_t>(gone);
    }
  }
  void discard_unsent() {
    if (sent() == 0) return held_.reset();
    held_->bytes.truncate(held_->sent);
  }

 private:
  struct Held : Pooled {
    Message bytes;
    Message::Place next{};  // behind what was sent
    std::uint32_t sent = 0;
  };

  std::unique_ptr<Held> held_;
};

}  // namespace elvis
