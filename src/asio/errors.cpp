// SPDX-License-Identifier: MIT
#include "elvis/asio/errors.hpp"

namespace elvis {

boost::system::error_code asio_error(const boost::system::error_code& error) {
  if (error.category() != elvis_category()) return error;
  switch (static_cast<Errc>(error.value())) {
    case Errc::cancelled:
      return boost::asio::error::operation_aborted;
    case Errc::closed:
      return boost::asio::error::bad_descriptor;
    case Errc::shut_down:
      return boost::asio::error::broken_pipe;
    case Errc::no_protocol:
      return boost::asio::error::address_family_not_supported;
    default:
      // The conditions of POSIX have the system's numbers.
      return {error.default_error_condition().value(), boost::asio::error::get_system_category()};
  }
}

}  // namespace elvis
