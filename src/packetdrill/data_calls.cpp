// SPDX-License-Identifier: MIT
// The system calls that move data.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "process.hpp"
#include "symbols.hpp"

namespace elvis::packetdrill {

namespace {

// Flags of calls, with Linux's values.
constexpr std::int64_t flag_oob = 0x1;
constexpr std::int64_t flag_peek = 0x2;
constexpr std::int64_t flag_dont_wait = 0x40;
constexpr std::int64_t flag_wait_all = 0x100;
constexpr std::int64_t flag_more = 0x8000;
constexpr std::int64_t flag_fast_open = 0x2000'0000;
constexpr std::int64_t flag_error_queue = 0x2000;

// What a script passes as a buffer; sizes beyond this are mistakes.
constexpr std::int64_t most_bytes = 256 * 1024 * 1024;

/// Where a call says what it moves.
struct Buffer {
  std::string bytes;  // what the script says of them, if anything
  std::int64_t size = 0;
  std::int64_t flags = 0;
};

void add_vector(const Expression& vector, Buffer& buffer) {
  for (const Expression& part : vector.parts) {
    if (part.parts.size() != 2) continue;
    const std::int64_t size = value_of(part.parts[1]).value_or(0);
    if (part.parts[0].kind == Expression::Kind::text) {
      buffer.bytes.resize(
          static_cast<std::size_t>(std::clamp<std::int64_t>(buffer.size, 0, most_bytes)));
      buffer.bytes += part.parts[0].word;
    }
    buffer.size += std::clamp<std::int64_t>(size, 0, most_bytes);
  }
}

Buffer buffer_of(const CallEvent& call) {
  Buffer buffer;
  const auto& arguments = call.arguments;
  const auto number = [&arguments](std::size_t at) {
    return at < arguments.size() ? value_of(arguments[at]).value_or(0) : 0;
  };
  if (arguments.size() < 2) return buffer;
  if (call.name == "readv" || call.name == "writev") {
    add_vector(arguments[1], buffer);
  } else if (call.name == "recvmsg" || call.name == "sendmsg") {
    // A bare `...` asks for nothing in particular: any size will do.
    const Expression* const vector = arguments[1].part("msg_iov");
    if (vector != nullptr) add_vector(*vector, buffer);
    buffer.flags = number(2);
  } else {
    if (arguments[1].kind == Expression::Kind::text) buffer.bytes = arguments[1].word;
    buffer.size = number(2);
    if (call.name != "read" && call.name != "write") buffer.flags = number(3);
  }
  buffer.size = std::clamp<std::int64_t>(buffer.size, 0, most_bytes);
  return buffer;
}

}  // namespace

// Why a connection broke is told once; from then on it is only at its end.
CallOutcome Process::broken(File& file, boost::system::error_code error) {
  const bool may_pass =
      error == make_error_code(Errc::would_block) || error == make_error_code(Errc::not_connected);
  if (!may_pass) static_cast<void>(file.stream->take_error());
  return CallOutcome::failed(error);
}

// ===== Reading =====

Task<CallOutcome> Process::read(const CallEvent& call) {
  File* const file = file_of(call);
  if (file == nullptr) co_return CallOutcome::failed("EBADF");
  const Buffer buffer = buffer_of(call);
  if ((buffer.flags & flag_error_queue) != 0) co_return CallOutcome::failed("EAGAIN");
  const auto size = static_cast<std::size_t>(buffer.size);
  if (file->kind == Packet::Kind::udp) {
    co_return co_await receive_datagram(*file, call, size, buffer.flags);
  }
  if (file->stream == nullptr) co_return CallOutcome::failed("ENOTCONN");
  co_return co_await receive_stream(*file, call, size, buffer.flags);
}

Task<CallOutcome> Process::receive_stream(File& file, const CallEvent& call, std::size_t size,
                                          std::int64_t flags) {
  TcpSocket& stream = *file.stream;
  if (stream.session() == nullptr && !file.is_connecting) co_return CallOutcome::failed("ENOTCONN");
  if ((flags & flag_oob) != 0) co_return CallOutcome::failed("EINVAL");
  if (size == 0) co_return 0;
  const bool may_wait = !file.is_nonblocking && (flags & flag_dont_wait) == 0;
  Message got =
      file.unread.empty() ? Message{} : file.unread.cut(std::min(size, file.unread.size()));
  while (got.size() < size && !file.is_read_shut) {
    Result<Message> more = stream.try_receive(size - got.size());
    const bool must_wait =
        got.empty() || ((flags & flag_wait_all) != 0 && (flags & flag_peek) == 0);
    if (!more && more.error() == make_error_code(Errc::would_block) && may_wait && must_wait) {
      more = co_await stream.receive(size - got.size());
    }
    if (!more) {
      if (!got.empty()) break;
      co_return broken(file, more.error());
    }
    if (more->empty()) break;  // the end of the stream
    got.append(std::move(*more));
  }
  CallOutcome outcome{static_cast<std::int64_t>(got.size())};
  check_received(call, got.to_string(), outcome);
  if ((flags & flag_peek) != 0) {
    got.append(std::move(file.unread));
    file.unread = std::move(got);
  }
  co_return outcome;
}

Task<CallOutcome> Process::receive_datagram(File& file, const CallEvent& call, std::size_t size,
                                            std::int64_t flags) {
  if (!file.is_bound) co_return CallOutcome::failed("EAGAIN");
  UdpSocket& socket = *file.datagrams;
  UdpSocket::Receive receive = socket.receive();
  const bool may_wait = !file.is_nonblocking && (flags & flag_dont_wait) == 0;
  if (!may_wait && !receive.await_ready()) co_return CallOutcome::failed("EAGAIN");
  Result<Datagram> datagram = co_await receive;
  if (!datagram) co_return CallOutcome::failed(datagram.error());
  CallOutcome outcome{
      static_cast<std::int64_t>(std::min<std::size_t>(size, datagram->payload.size()))};
  check_received(call, datagram->payload.to_string(), outcome);
  const Endpoint expected = endpoint_at(call, 4, datagram->remote);
  if (call.name == "recvfrom" && expected != datagram->remote) {
    outcome.differences.push_back(fmt::format("argument 5: expected {}, seen {}",
                                              expected.to_string(), datagram->remote.to_string()));
  }
  co_return outcome;
}

void Process::check_received(const CallEvent& call, std::string_view bytes, CallOutcome& outcome) {
  if (call.arguments.size() < 2 || call.arguments[1].kind != Expression::Kind::text) return;
  const std::string& expected = call.arguments[1].word;
  if (bytes.starts_with(expected) || expected.starts_with(bytes)) return;
  outcome.differences.emplace_back("argument 2: the bytes that were received are others");
}

// ===== Writing =====

Task<CallOutcome> Process::write(const CallEvent& call) {
  File* const file = file_of(call);
  if (file == nullptr) co_return CallOutcome::failed("EBADF");
  Buffer buffer = buffer_of(call);
  const auto size = static_cast<std::size_t>(buffer.size);
  if ((buffer.flags & flag_fast_open) != 0) co_return CallOutcome::failed("EOPNOTSUPP");
  if (file->kind == Packet::Kind::udp) co_return send_datagram(*file, call, buffer.bytes, size);
  if (file->stream == nullptr) co_return CallOutcome::failed("EPIPE");
  co_return co_await send_stream(*file, std::move(buffer.bytes), size, buffer.flags);
}

Task<CallOutcome> Process::send_stream(File& file, std::string bytes, std::size_t size,
                                       std::int64_t flags) {
  TcpSocket& stream = *file.stream;
  if (stream.session() == nullptr && !file.is_connecting) co_return CallOutcome::failed("EPIPE");
  if (size == 0) co_return 0;
  bytes.resize(std::min(bytes.size(), size));
  Message data{bytes};
  if (size > data.size()) data.append(Message::zeros(size - data.size()));
  const bool holds_back = (flags & flag_more) != 0;
  if (holds_back) stream.set_cork(true);
  const bool releases = std::exchange(file.is_held, holds_back) && !holds_back;
  if ((flags & flag_oob) != 0) co_return send_urgent(file, std::move(data), size);
  Flow* const flow = file.flow;
  if (flow != nullptr) flow->wrote(bytes, size);
  const bool may_wait = !file.is_nonblocking && (flags & flag_dont_wait) == 0;
  std::size_t sent = 0;
  boost::system::error_code error;
  if (may_wait) {
    const Result<> done = co_await stream.send(std::move(data));
    if (done) {
      sent = size;
    } else {
      error = done.error();
    }
  } else {
    const Result<std::size_t> taken = stream.try_send(data);
    if (taken) {
      sent = *taken;
    } else {
      error = taken.error();
    }
  }
  if (flow != nullptr && sent < size) flow->unwrote(size - sent);
  if (releases && !file.is_corked) stream.set_cork(false);
  if (sent == 0 && error == make_error_code(Errc::not_connected)) {
    co_return CallOutcome::failed(file.is_connecting ? "EAGAIN" : "EPIPE");
  }
  if (sent == 0 && error && stream.session() != nullptr && stream.session()->is_at_end()) {
    co_return CallOutcome::failed("EPIPE");  // nobody is left to tell of a reset
  }
  if (sent == 0 && error) co_return broken(file, error);
  co_return static_cast<std::int64_t>(sent);
}

// Urgent data go whole, however full the send buffer.
CallOutcome Process::send_urgent(File& file, Message data, std::size_t size) {
  if (file.flow != nullptr) file.flow->wrote({}, size);
  if (const Result<> sent = file.stream->send_urgent(std::move(data)); !sent) {
    return CallOutcome::failed(sent.error());
  }
  return static_cast<std::int64_t>(size);
}

CallOutcome Process::send_datagram(File& file, const CallEvent& call, std::string_view bytes,
                                   std::size_t size) {
  bytes = bytes.substr(0, size);
  Message payload{bytes};
  if (size > payload.size()) payload.append(Message::zeros(size - payload.size()));
  const bool has_address =
      call.name == "sendto" && call.arguments.size() > 4 &&
      (call.arguments[4].kind == Expression::Kind::record || call.arguments[4].is_ellipsis());
  const bool is_connected =
      file.flow != nullptr && file.datagrams->local().port != 0 && file.kept.contains("connected");
  Result<> sent;
  if (has_address && !is_connected) {
    const Endpoint remote = endpoint_at(call, 4, {setup_.remote, setup_.connect_port});
    sent = file.datagrams->send_to(remote, std::move(payload));
    file.local = file.datagrams->local();
    file.is_bound = file.is_bound || sent.has_value();
    if (sent) file.flow = &flows_.opened(Packet::Kind::udp, file.local, remote);
  } else {
    sent = file.datagrams->send(std::move(payload));
    if (!sent && sent.error() == make_error_code(Errc::not_connected)) {
      return CallOutcome::failed("EDESTADDRREQ");
    }
  }
  if (!sent) return CallOutcome::failed(sent.error());
  if (file.flow != nullptr && !bytes.empty()) file.flow->wrote(bytes, size);
  return static_cast<std::int64_t>(size);
}

}  // namespace elvis::packetdrill
