// SPDX-License-Identifier: MIT
// TcpBuffer: bytes of a stream that wait, in a connection that mostly has none.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "elvis/util/pool.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {

/// A Message that weighs a pointer while it is empty.
class TcpBuffer {
 public:
  bool empty() const { return held_ == nullptr; }
  std::size_t size() const { return held_ == nullptr ? 0 : held_->bytes.size(); }

  void append(Message&& bytes) {
    if (bytes.empty()) return;
    if (held_ == nullptr) {
      held_.reset(new Held{{}, std::move(bytes)});
    } else {
      held_->bytes.append(std::move(bytes));
    }
  }
  /// Takes the first `bytes` bytes, or all if there are not more.
  Message take(std::size_t bytes) {
    if (bytes < size()) return held_->bytes.cut(bytes);
    if (held_ == nullptr) return {};
    Message all{std::move(held_->bytes)};
    held_.reset();
    return all;
  }
  Message slice(std::size_t offset, std::size_t bytes) const {
    return held_ == nullptr ? Message{} : held_->bytes.slice(offset, bytes);
  }
  void clear() { held_.reset(); }

 private:
  struct Held : Pooled {
    Message bytes;
  };

  std::unique_ptr<Held> held_;
};

}  // namespace elvis
