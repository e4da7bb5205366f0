// SPDX-License-Identifier: MIT
// TaskGroup: coroutines that run beside each other and end with whoever started them.
#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>

#include "elvis/graph/machine.hpp"
#include "elvis/sim/partition.hpp"
#include "elvis/sim/task.hpp"
#include "elvis/util/result.hpp"

namespace elvis {

/// What ends with an error is remembered, the first one. Destroying the group destroys its tasks.
class TaskGroup {
 public:
  explicit TaskGroup(Machine& machine) : machine_{machine} {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup() {
    while (first_ != nullptr) remove(*first_);
  }

  /// Runs `task` until it first waits, and goes on with it beside the caller.
  void start(Task<Result<>> task) {
    auto* const member = new Member{*this, std::move(task), first_};
    if (first_ != nullptr) first_->previous = member;
    first_ = member;
    ++size_;
    member->task.start(member);
  }
  std::uint64_t size() const { return size_; }
  /// The first error of a task, or none.
  Result<> result() const { return result_; }

  /// `co_await group.all_ended();`
  auto all_ended() {
    struct Awaiter {
      TaskGroup& group;
      bool await_ready() const { return group.size_ == 0; }
      void await_suspend(std::coroutine_handle<> waiting) const { group.waiter_.wait(waiting); }
      void await_resume() const {}
    };
    return Awaiter{*this};
  }

 private:
  struct Member final : TaskObserver, Pooled {
    Member(TaskGroup& group_of, Task<Result<>>&& started, Member* behind)
        : group{group_of}, task{std::move(started)}, next{behind} {}
    void task_ended() override { group.ended(*this); }

    TaskGroup& group;
    Task<Result<>> task;
    Member* next;
    Member* previous = nullptr;
  };

  void ended(Member& member) {
    if (member.task.exception() == nullptr) {
      const Result<> result = member.task.take();
      if (!result && result_) result_ = result;
    }
    remove(member);
    if (size_ == 0 && waiter_.is_waiting()) machine_.partition().wake(waiter_);
  }
  void remove(Member& member) {
    (member.previous == nullptr ? first_ : member.previous->next) = member.next;
    if (member.next != nullptr) member.next->previous = member.previous;
    --size_;
    delete &member;
  }

  Machine& machine_;
  Member* first_ = nullptr;
  std::uint64_t size_ = 0;
  Result<> result_;
  Waiter waiter_;
};

}  // namespace elvis
