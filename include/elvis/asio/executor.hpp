// SPDX-License-Identifier: MIT
// asio_executor: gives functions to a simulated machine's asio_context.
#pragma once

#include <boost/asio/execution.hpp>
#include <cstddef>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "elvis/asio/core.hpp"
#include "elvis/util/pool.hpp"

namespace elvis {

// NOLINTBEGIN(readability-identifier-naming): the manner of Asio.

class asio_context;

namespace asio_internal {

// The memory of operations whose handler has no allocator of its own comes from the pool.
template <typename T, typename Allocator>
struct Memory {
  static constexpr bool is_pooled =
      std::is_same_v<typename std::allocator_traits<Allocator>::template rebind_alloc<void>,
                     std::allocator<void>> &&
      alignof(T) <= alignof(std::max_align_t);
  using Rebound = typename std::allocator_traits<Allocator>::template rebind_alloc<T>;

  static void* take(const Allocator& allocator) {
    if constexpr (is_pooled) return pool::allocate(sizeof(T));
    Rebound rebound{allocator};
    return std::allocator_traits<Rebound>::allocate(rebound, 1);
  }
  static void give(void* memory, const Allocator& allocator) noexcept {
    if constexpr (is_pooled) return pool::release(memory, sizeof(T));
    Rebound rebound{allocator};
    std::allocator_traits<Rebound>::deallocate(rebound, static_cast<T*>(memory), 1);
  }

  template <typename... Arguments>
  static T* make(const Allocator& allocator, Arguments&&... arguments) {
    struct Guard {
      void* memory;
      const Allocator& allocator;
      ~Guard() {
        if (memory != nullptr) give(memory, allocator);
      }
    } guard{take(allocator), allocator};
    T* const made = new (guard.memory) T(std::forward<Arguments>(arguments)...);
    guard.memory = nullptr;
    return made;
  }
};

// A function that was given to an executor.
template <typename Function, typename Allocator>
class Posted final : public AsioOperation {
 public:
  template <typename F>
  Posted(F&& function, const Allocator& allocator)
      : AsioOperation{&take_step}, allocator_{allocator}, function_{std::forward<F>(function)} {}

 private:
  static bool take_step(AsioOperation& operation, Step step) {
    auto& self = static_cast<Posted&>(operation);
    const Allocator allocator{self.allocator_};
    Function function{std::move(self.function_)};
    self.~Posted();
    Memory<Posted, Allocator>::give(&self, allocator);
    if (step == Step::complete) std::move(function)();
    return true;
  }

  [[no_unique_address]] Allocator allocator_;
  Function function_;
};

// The context of an executor; one that tracks work counts as some.
template <bool is_tracked>
class ContextPointer {
 public:
  explicit ContextPointer(asio_context& context) noexcept : context_{&context} {}
  asio_context& context() const noexcept { return *context_; }

 private:
  asio_context* context_;
};

template <>
class ContextPointer<true> {
 public:
  explicit ContextPointer(asio_context& context) noexcept : context_{&context} { start(); }
  ContextPointer(const ContextPointer& other) noexcept : context_{other.context_} { start(); }
  ContextPointer(ContextPointer&& other) noexcept
      : context_{std::exchange(other.context_, nullptr)} {}
  ContextPointer& operator=(ContextPointer other) noexcept {
    std::swap(context_, other.context_);
    return *this;
  }
  ~ContextPointer();
  asio_context& context() const noexcept { return *context_; }

 private:
  void start() noexcept;

  asio_context* context_;
};

}  // namespace asio_internal

/// Runs functions on a machine: satisfies execution::executor, and what Asio asks of one, with all
/// properties of io_context's executor. Made by asio_context::get_executor().
template <typename Allocator, bool is_tracked>
class asio_basic_executor {
  using execution_blocking = boost::asio::execution::blocking_t;
  using execution_relationship = boost::asio::execution::relationship_t;
  using execution_work = boost::asio::execution::outstanding_work_t;

 public:
  explicit asio_basic_executor(asio_context& context, bool never_blocks = false,
                               bool continues = false, const Allocator& allocator = {}) noexcept
      : context_{context},
        never_blocks_{never_blocks},
        continues_{continues},
        allocator_{allocator} {}

  // ----- properties -----

  asio_basic_executor require(execution_blocking::possibly_t) const {
    return asio_basic_executor{context(), false, continues_, allocator_};
  }
  asio_basic_executor require(execution_blocking::never_t) const {
    return asio_basic_executor{context(), true, continues_, allocator_};
  }
  asio_basic_executor require(execution_relationship::fork_t) const {
    return asio_basic_executor{context(), never_blocks_, false, allocator_};
  }
  asio_basic_executor require(execution_relationship::continuation_t) const {
    return asio_basic_executor{context(), never_blocks_, true, allocator_};
  }
  asio_basic_executor<Allocator, true> require(execution_work::tracked_t) const {
    return asio_basic_executor<Allocator, true>{context(), never_blocks_, continues_, allocator_};
  }
  asio_basic_executor<Allocator, false> require(execution_work::untracked_t) const {
    return asio_basic_executor<Allocator, false>{context(), never_blocks_, continues_, allocator_};
  }
  template <typename Other>
  asio_basic_executor<Other, is_tracked> require(
      boost::asio::execution::allocator_t<Other> allocator) const {
    return asio_basic_executor<Other, is_tracked>{context(), never_blocks_, continues_,
                                                  allocator.value()};
  }
  asio_basic_executor<std::allocator<void>, is_tracked> require(
      boost::asio::execution::allocator_t<void>) const {
    return asio_basic_executor<std::allocator<void>, is_tracked>{context(), never_blocks_,
                                                                 continues_};
  }

  static constexpr boost::asio::execution::mapping_t query(
      boost::asio::execution::mapping_t) noexcept {
    return boost::asio::execution::mapping.thread;
  }
  asio_context& query(boost::asio::execution::context_t) const noexcept { return context(); }
  constexpr execution_blocking query(execution_blocking) const noexcept {
    return never_blocks_ ? execution_blocking{boost::asio::execution::blocking.never}
                         : execution_blocking{boost::asio::execution::blocking.possibly};
  }
  constexpr execution_relationship query(execution_relationship) const noexcept {
    return continues_ ? execution_relationship{boost::asio::execution::relationship.continuation}
                      : execution_relationship{boost::asio::execution::relationship.fork};
  }
  static constexpr execution_work query(execution_work) noexcept {
    return is_tracked ? execution_work{boost::asio::execution::outstanding_work.tracked}
                      : execution_work{boost::asio::execution::outstanding_work.untracked};
  }
  template <typename Other>
  constexpr Allocator query(boost::asio::execution::allocator_t<Other>) const noexcept {
    return allocator_;
  }
  constexpr Allocator query(boost::asio::execution::allocator_t<void>) const noexcept {
    return allocator_;
  }
  static constexpr std::size_t query(boost::asio::execution::occupancy_t) noexcept { return 1; }

  /// Whether this is called by a handler of the context.
  bool running_in_this_thread() const noexcept;

  friend bool operator==(const asio_basic_executor& left,
                         const asio_basic_executor& right) noexcept {
    return &left.context() == &right.context() && left.never_blocks_ == right.never_blocks_ &&
           left.continues_ == right.continues_ && left.allocator_ == right.allocator_;
  }
  friend bool operator!=(const asio_basic_executor& left,
                         const asio_basic_executor& right) noexcept {
    return !(left == right);
  }

  // ----- running functions -----

  /// Calls `function` now, if it may block and a handler of the context is running; else after all
  /// that is ready.
  template <typename Function>
  void execute(Function&& function) const {
    if (!never_blocks_ && running_in_this_thread()) {
      call(std::decay_t<Function>(std::forward<Function>(function)));
    } else {
      enqueue(std::forward<Function>(function), allocator_);
    }
  }

  // The same as the Networking TS has it.
  asio_context& context() const noexcept { return context_.context(); }
  void on_work_started() const noexcept;
  void on_work_finished() const noexcept;
  template <typename Function, typename Other>
  void dispatch(Function&& function, const Other& allocator) const {
    if (!running_in_this_thread()) return enqueue(std::forward<Function>(function), allocator);
    std::decay_t<Function> copy(std::forward<Function>(function));
    std::move(copy)();
  }
  template <typename Function, typename Other>
  void post(Function&& function, const Other& allocator) const {
    enqueue(std::forward<Function>(function), allocator);
  }
  template <typename Function, typename Other>
  void defer(Function&& function, const Other& allocator) const {
    enqueue(std::forward<Function>(function), allocator);
  }

 private:
  template <typename Function>
  void call(Function function) const;
  template <typename Function, typename Other>
  void enqueue(Function&& function, const Other& allocator) const;

  asio_internal::ContextPointer<is_tracked> context_;
  bool never_blocks_;
  bool continues_;
  [[no_unique_address]] Allocator allocator_;
};

using asio_executor = asio_basic_executor<std::allocator<void>, false>;

// NOLINTEND(readability-identifier-naming)

}  // namespace elvis

#include "elvis/asio/context.hpp"
