// SPDX-License-Identifier: MIT
// Standard output and standard error, with every write checked, and one live line.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "exit_code.hpp"

namespace elvis::cli {

/// Writes all of `text` to `descriptor`. Returns 0, or the errno that prevented it.
int write_all(int descriptor, std::string_view text);

/// The words for an errno.
std::string why(int error);

/// Safe to use from several threads.
class Console {
 public:
  /// Makes writes fail instead of killing the process when a reader has gone, and closed standard
  /// descriptors fail instead of meaning the next file that is opened.
  Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  /// Whether colours are welcome there: on a terminal, without NO_COLOR.
  bool has_colour_out() const { return has_colour_out_; }
  bool has_colour_err() const { return has_colour_err_; }
  bool is_err_terminal() const { return is_err_terminal_; }

  /// Writes to standard output. The first failure is told on standard error; after it nothing more
  /// is written, and false comes back.
  bool out(std::string_view text);
  /// Writes whole lines to standard error.
  void err(std::string_view text);
  /// Tells on standard error: "elvis: `message`".
  void complain(std::string_view message);
  /// Tells that `what` could not be written, and remembers it for exit_code().
  void output_failed(std::string_view what, int error);

  /// Shows `line` in the last line of the terminal, until the next one or clear_live().
  void show_live(std::string_view line);
  void clear_live();

  /// `code`, unless something that was asked for could not be written.
  ExitCode exit_code(ExitCode code) const;

 private:
  void erase_live();
  void write_err(std::string_view text);

  mutable std::mutex mutex_;
  bool has_colour_out_ = false;
  bool has_colour_err_ = false;
  bool is_err_terminal_ = false;
  bool is_live_ = false;
  bool out_failed_ = false;
  bool something_lost_ = false;
};

}  // namespace elvis::cli
