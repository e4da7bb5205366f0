// SPDX-License-Identifier: MIT
// StreamReader: takes from a stream exactly so many bytes, or up to a delimiter, and keeps the
// rest.
//
//   StreamReader reader{socket};
//   Result<std::string> line = co_await reader.read_until("\r\n", 1'000);
//   Result<Message> body = co_await reader.read_exact(length);
#pragma once

#include <cstddef>
#include <string>

#include "elvis/sim/task.hpp"
#include "elvis/sockets/tcp_socket.hpp"

namespace elvis {

class StreamReader {
 public:
  /// `socket` outlives it, or is destroyed while it waits.
  explicit StreamReader(TcpSocket& socket) : socket_{socket} {}

  /// Exactly `bytes` bytes. Errors: those of TcpSocket::receive, end_of_stream if it ends before:
  /// then what came can still be read.
  Task<Result<Message>> read_exact(std::size_t bytes);
  /// All up to and with `delimiter`, which is not empty. Errors: those of TcpSocket::receive,
  /// end_of_stream, message_too_long if it does not come within `limit` bytes; what came can still
  /// be read.
  Task<Result<Message>> read_until(std::string delimiter, std::size_t limit = 65'536);
  /// read_until("\n") without the line feed, and a carriage return before it.
  Task<Result<std::string>> read_line(std::size_t limit = 65'536);
  /// 1 to `max` bytes, what was kept first; none at the end of the stream.
  Task<Result<Message>> read(std::size_t max = ~std::size_t{0});

  /// What has been received and not been asked for.
  const Message& kept() const { return kept_; }
  /// Takes it, for whoever goes on without this reader.
  Message take_kept() { return std::move(kept_); }

 private:
  Task<Result<>> receive_more();

  TcpSocket& socket_;
  Message kept_;
};

/// Exactly `bytes` bytes of `socket`; never takes more. Errors: those of TcpSocket::receive,
/// end_of_stream if it ends before.
Task<Result<Message>> read_exact(TcpSocket& socket, std::size_t bytes);

}  // namespace elvis
