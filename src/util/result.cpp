// SPDX-License-Identifier: MIT
#include "elvis/util/result.hpp"

#include <string>

namespace elvis {

namespace {

struct Meaning {
  boost::system::errc::errc_t posix;
  const char* text;
};

Meaning meaning_of(int code) {
  namespace posix = boost::system::errc;
  switch (static_cast<Errc>(code)) {
    case Errc::address_in_use:
      return {posix::address_in_use, "address already in use"};
    case Errc::address_not_available:
      return {posix::address_not_available, "address not available"};
    case Errc::network_unreachable:
      return {posix::network_unreachable, "network unreachable"};
    case Errc::host_unreachable:
      return {posix::host_unreachable, "host unreachable"};
    case Errc::message_too_long:
      return {posix::message_size, "message too long"};
    case Errc::not_connected:
      return {posix::not_connected, "not connected"};
    case Errc::closed:
      return {posix::bad_file_descriptor, "closed"};
    case Errc::cancelled:
      return {posix::operation_canceled, "cancelled"};
    case Errc::timed_out:
      return {posix::timed_out, "timed out"};
    case Errc::no_protocol:
      return {posix::protocol_not_supported, "protocol not supported"};
    case Errc::invalid_argument:
      return {posix::invalid_argument, "invalid argument"};
    case Errc::refused:
      return {posix::connection_refused, "refused"};
    case Errc::reset:
      return {posix::connection_reset, "connection reset"};
    case Errc::would_block:
      return {posix::operation_would_block, "would block"};
    case Errc::shut_down:
      return {posix::broken_pipe, "shut down"};
    case Errc::already_connected:
      return {posix::already_connected, "already connected"};
    case Errc::in_progress:
      return {posix::connection_already_in_progress, "in progress"};
    case Errc::access_denied:
      return {posix::permission_denied, "access denied"};
    case Errc::end_of_stream:
      return {posix::no_message_available, "end of stream"};
    case Errc::unknown_name:
      return {posix::no_such_device_or_address, "unknown name"};
    case Errc::no_destination:
      return {posix::destination_address_required, "no destination"};
  }
  return {posix::state_not_recoverable, "unknown error"};
}

class ElvisCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "elvis"; }
  std::string message(int code) const override { return meaning_of(code).text; }
  boost::system::error_condition default_error_condition(int code) const noexcept override {
    return boost::system::errc::make_error_condition(meaning_of(code).posix);
  }
};

}  // namespace

const boost::system::error_category& elvis_category() noexcept {
  static const ElvisCategory category;
  return category;
}

}  // namespace elvis
