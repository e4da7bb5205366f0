// SPDX-License-Identifier: MIT
// AsioOperation and AsioQueue: what an AsioCore calls, and in which order.
#pragma once

#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>

namespace elvis {

/// What came of an operation.
struct AsioOutcome {
  boost::system::error_code error;
  std::size_t bytes = 0;
};

/// Something with a handler that is called once, or destroyed without a call.
class AsioOperation {
 public:
  AsioOperation(const AsioOperation&) = delete;
  AsioOperation& operator=(const AsioOperation&) = delete;

  /// Frees the operation, then calls its handler.
  void complete() { step_(*this, Step::complete); }
  /// Frees the operation and its handler.
  void destroy() { step_(*this, Step::destroy); }

 protected:
  enum class Step : std::uint8_t {
    complete,
    destroy,
    attempt,  ///< Of an AsioAttempt: true when it is done.
  };
  using TakeStep = bool (*)(AsioOperation& self, Step step);
  explicit AsioOperation(TakeStep step) : step_{step} {}
  ~AsioOperation() = default;

  bool take(Step step) { return step_(*this, step); }

 private:
  friend class AsioQueue;

  TakeStep step_;
  AsioOperation* next_ = nullptr;
  AsioOperation* previous_ = nullptr;
};

/// Operations in the order in which they came.
class AsioQueue {
 public:
  bool empty() const { return first_ == nullptr; }
  bool has_one() const { return first_ == last_ && first_ != nullptr; }
  AsioOperation& front() const { return *first_; }
  void push(AsioOperation& operation) {
    operation.next_ = nullptr;
    operation.previous_ = last_;
    (last_ == nullptr ? first_ : last_->next_) = &operation;
    last_ = &operation;
  }
  void remove(AsioOperation& operation) {
    (operation.previous_ == nullptr ? first_ : operation.previous_->next_) = operation.next_;
    (operation.next_ == nullptr ? last_ : operation.next_->previous_) = operation.previous_;
  }
  /// Forgets who is there.
  void clear() { first_ = last_ = nullptr; }
  AsioOperation& pop() {
    AsioOperation& first = *first_;
    first_ = first.next_;
    (first_ == nullptr ? last_ : first_->previous_) = nullptr;
    return first;
  }

 private:
  AsioOperation* first_ = nullptr;
  AsioOperation* last_ = nullptr;
};

}  // namespace elvis
