// SPDX-License-Identifier: MIT
#include "elvis/graph/application.hpp"

#include <exception>
#include <utility>

#include "elvis/graph/machine.hpp"

namespace elvis {

void Application::satisfied() {
  if (status_ != ApplicationStatus::waiting) return;
  status_ = ApplicationStatus::done;
  has_reached_end_ = true;
  machine_.partition().completed();
}

const std::string& Application::detail() const {
  static const std::string none;
  return detail_ == nullptr ? none : *detail_;
}

void Application::set_detail(std::string text) {
  detail_ = std::make_unique<std::string>(std::move(text));
}

void Application::start() {
  const bool is_awaited = kind_.has_end && !has_reached_end_;
  status_ = is_awaited ? ApplicationStatus::waiting : ApplicationStatus::serving;
  try {
    task_ = kind_.run(*this, options_);
  } catch (...) {
    return ended(std::current_exception());  // thrown by a function that only makes the coroutine
  }
  task_.start(this);
}

void Application::start_again() {
  messages_ = bytes_ = other_messages_ = expected_ = 0;
  detail_.reset();
  start();
}

void Application::task_ended() {
  ended(task_.exception());
}

void Application::ended(const std::exception_ptr& thrown) {
  const bool is_awaited = status_ == ApplicationStatus::waiting;
  // An application that throws ends alone (DESIGN law 7), and the report says so.
  if (thrown != nullptr) {
    status_ = ApplicationStatus::failed;
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      set_detail(error.what());
    } catch (...) {
      set_detail("threw something that is no std::exception");
    }
  } else if (const Result<> result = task_.take(); !result) {
    status_ = ApplicationStatus::failed;
    if (detail_ == nullptr) set_detail(result.error().message());
  } else {
    status_ = ApplicationStatus::done;
  }
  task_.reset();
  if (!is_awaited) return;
  has_reached_end_ = true;
  machine_.partition().completed();
}

}  // namespace elvis
