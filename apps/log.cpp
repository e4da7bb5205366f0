// SPDX-License-Identifier: MIT
#include "log.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include <mutex>

#include "console.hpp"
#include "elvis/ndl/diagnostics.hpp"
#include "output_file.hpp"

namespace elvis::cli {

namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::trace:
      return spdlog::level::trace;
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      break;
  }
  return spdlog::level::off;
}

// Lines go out in pieces of this size; what is worth a warning goes at once.
constexpr std::size_t piece_bytes = 65'536;

class Sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  Sink(std::unique_ptr<OutputFile> file, Console& console)
      : file_{std::move(file)}, console_{console} {}

  void close() {
    const std::lock_guard lock{mutex_};
    if (file_ == nullptr) return;
    flush_();
    if (!file_->commit()) {
      console_.output_failed("the log " + ndl::quoted(file_->path()), file_->error());
    }
    file_.reset();
    is_closed_ = true;
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (is_closed_) return;
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    const std::string_view text{line.data(), line.size()};
    if (file_ == nullptr) return console_.err(text);
    text_ += text;
    if (text_.size() >= piece_bytes || message.level >= spdlog::level::warn) flush_();
  }

  void flush_() override {
    if (file_ == nullptr || text_.empty()) return;
    file_->write(text_);
    text_.clear();
  }

 private:
  std::unique_ptr<OutputFile> file_;
  Console& console_;
  std::string text_;
  bool is_closed_ = false;
};

}  // namespace

struct Log::Parts {
  explicit Parts(const std::shared_ptr<Sink>& to) : sink{to}, logger{"elvis", to} {}
  std::shared_ptr<Sink> sink;
  spdlog::logger logger;
};

Log::Log(LogLevel level, const std::string& file, Console& console) : level_{level} {
  std::unique_ptr<OutputFile> target;
  if (!file.empty()) {
    target = std::make_unique<OutputFile>(file);
    if (!target->open_in_place()) {
      console.output_failed("the log " + ndl::quoted(file), target->error());
      return;
    }
  }
  parts_ = std::make_unique<Parts>(std::make_shared<Sink>(std::move(target), console));
  parts_->logger.set_level(spdlog_level(level));
  parts_->logger.set_pattern("%H:%M:%S.%e %-7l %v");
}

Log::~Log() {
  close();
}

bool Log::is_open() const {
  return parts_ != nullptr;
}

void Log::write(LogLevel level, std::string_view text) {
  if (!wants(level)) return;
  const std::string safe = ndl::printable(text);
  parts_->logger.log(spdlog_level(level), spdlog::string_view_t{safe.data(), safe.size()});
}

void Log::close() {
  if (parts_ != nullptr) parts_->sink->close();
}

}  // namespace elvis::cli
