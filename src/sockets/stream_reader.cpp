// SPDX-License-Identifier: MIT
#include "elvis/sockets/stream_reader.hpp"

#include <algorithm>
#include <utility>

namespace elvis {

Task<Result<>> StreamReader::receive_more() {
  Result<Message> more = co_await socket_.receive();
  if (!more) co_return more.error();
  if (more->empty()) co_return Errc::end_of_stream;
  kept_.append(*std::move(more));
  co_return Result<>{};
}

Task<Result<Message>> StreamReader::read_exact(std::size_t bytes) {
  while (kept_.size() < bytes) {
    const Result<> received = co_await receive_more();
    if (!received) co_return received.error();
  }
  co_return kept_.cut(bytes);
}

Task<Result<Message>> StreamReader::read_until(std::string delimiter, std::size_t limit) {
  if (delimiter.empty()) co_return Errc::invalid_argument;
  std::size_t seen = 0;  // where the delimiter does not begin
  for (;;) {
    const std::size_t end = std::min(kept_.size(), limit);
    if (end > seen) {
      const std::size_t found = kept_.slice(seen, end - seen).to_string().find(delimiter);
      if (found != std::string::npos) co_return kept_.cut(seen + found + delimiter.size());
      seen = std::max(seen, end - std::min(end, delimiter.size() - 1));
    }
    if (kept_.size() >= limit) co_return Errc::message_too_long;
    const Result<> received = co_await receive_more();
    if (!received) co_return received.error();
  }
}

Task<Result<std::string>> StreamReader::read_line(std::size_t limit) {
  const Result<Message> read = co_await read_until("\n", limit);
  if (!read) co_return read.error();
  std::string line = read->to_string();
  line.pop_back();
  if (line.ends_with('\r')) line.pop_back();
  co_return line;
}

Task<Result<Message>> StreamReader::read(std::size_t max) {
  if (!kept_.empty()) co_return kept_.cut(std::min(max, kept_.size()));
  Result<Message> received = co_await socket_.receive(max);
  co_return received;
}

Task<Result<Message>> read_exact(TcpSocket& socket, std::size_t bytes) {
  Message read;
  while (read.size() < bytes) {
    Result<Message> more = co_await socket.receive(bytes - read.size());
    if (!more) co_return more.error();
    if (more->empty()) co_return Errc::end_of_stream;
    read.append(*std::move(more));
  }
  co_return read;
}

}  // namespace elvis
