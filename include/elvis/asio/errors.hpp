// SPDX-License-Identifier: MIT
// What our errors are in a program that knows boost::asio::error.
#pragma once

#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include "elvis/util/result.hpp"

namespace elvis {

/// The code that Asio's own sockets give for `error`: equal to the enumerator of boost::asio::error
/// with that name, in the same category. Codes of other categories stay as they are.
boost::system::error_code asio_error(const boost::system::error_code& error);
inline boost::system::error_code asio_error(Errc error) {
  return asio_error(make_error_code(error));
}
template <typename T>
boost::system::error_code asio_error(const Result<T>& result) {
  return result ? boost::system::error_code{} : asio_error(result.error());
}

}  // namespace elvis
