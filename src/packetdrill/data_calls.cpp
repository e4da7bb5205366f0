// SPDX-License-Identifier: MIT
// The system calls that move data.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "call_flags.hpp"
#include "elvis/sim/sleep.hpp"
#include "process.hpp"
#include "symbols.hpp"

namespace elvis::packetdrill {

namespace {

// What a script passes as a buffer; sizes beyond this are mistakes.
constexpr std::int64_t most_bytes = 256 * 1024 * 1024;

/// Where a call says what it moves.
struct Buffer {
  std::string bytes;  // what the script says of them, if anything
  std::int64_t size = 0;
  std::int64_t flags = 0;
  std::size_t parts = 0;  // of a vector, without empty ones
  bool is_null = false;
};

constexpr Duration look_again = std::chrono::microseconds{100};

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
    if (size > 0) ++buffer.parts;
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
    buffer.is_null = arguments[1].kind == Expression::Kind::word && arguments[1].word == "NULL";
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
  if ((buffer.flags & flag_error_queue) != 0) co_return take_notice(*file, call);
  if (buffer.is_null && buffer.size > 0) co_return CallOutcome::failed("EFAULT");
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
  const bool may_wait = !file.is_nonblocking && (flags & flag_dont_wait) == 0;
  if (file.deferred && !may_wait)
    co_return CallOutcome::failed("EAGAIN");  // the SYN waits for data
  if (stream.session() == nullptr && !file.is_connecting) co_return CallOutcome::failed("ENOTCONN");
  if ((flags & flag_oob) != 0) co_return CallOutcome::failed("EINVAL");
  if (size == 0) co_return 0;
  Message got =
      file.unread.empty() ? Message{} : file.unread.cut(std::min(size, file.unread.size()));
  // Behind a shutdown Linux still hands out what arrives (others have let it go), but never waits.
  const bool is_shut = file.is_read_shut;
  while (got.size() < size && (!is_shut || (setup_.is_linux && stream.readable() != 0))) {
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
  check_control(file, call, outcome);
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
  const std::size_t whole = datagram->payload.size();
  const bool tells_whole = (flags & flag_whole_size) != 0;
  CallOutcome outcome{static_cast<std::int64_t>(tells_whole ? whole : std::min(size, whole))};
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
  if (buffer.is_null && size > 0) co_return CallOutcome::failed("EFAULT");
  if (file->stream != nullptr && ((buffer.flags & flag_fast_open) != 0 || file->deferred)) {
    co_return co_await send_fast(*file, call, std::move(buffer.bytes), size, buffer.flags);
  }
  if (setup_.is_freebsd && call.name == "sendto" && call.arguments.size() > 4 &&
      file->stream != nullptr && file->stream->session() == nullptr && size > 0) {
    co_return send_connecting(*file, call, std::move(buffer.bytes), size);
  }
  if (file->kind == Packet::Kind::udp) {
    file->is_corked = (buffer.flags & flag_more) != 0;
    co_return send_datagram(*file, call, buffer.bytes, size);
  }
  if (file->stream == nullptr) co_return CallOutcome::failed("EPIPE");
  const bool is_counted = file->is_without_copy(buffer.flags) && size > 0;
  std::size_t begun = 0;
  // What is not copied lies in as many pieces as were handed over; a buffer takes so many.
  constexpr std::size_t most_pieces = 17;
  if (is_counted && buffer.parts == size && size > most_pieces) {
    while (size - begun > most_pieces) {
      const CallOutcome part =
          co_await send_stream(*file, {}, most_pieces, buffer.flags | flag_end_of_record);
      if (part.value < 0) co_return part;
      begun += most_pieces;
    }
  }
  CallOutcome outcome =
      co_await send_stream(*file, std::move(buffer.bytes), size - begun, buffer.flags);
  if (outcome.value < 0) co_return outcome;
  outcome.value += static_cast<std::int64_t>(begun);
  if (is_counted) file->kernel->wrote_without_copy();
  co_return outcome;
}

Task<CallOutcome> Process::send_stream(File& file, std::string bytes, std::size_t size,
                                       std::int64_t flags) {
  TcpSocket& stream = *file.stream;
  if (stream.session() == nullptr && !file.is_connecting) co_return CallOutcome::failed("EPIPE");
  if (size == 0) co_return 0;
  const bool may_wait = !file.is_nonblocking && (flags & flag_dont_wait) == 0;
  if (file.kernel != nullptr && !may_wait && stream.session() != nullptr &&
      (stream.state() == TcpState::syn_sent ||
       (stream.state() == TcpState::syn_received && !stream.is_connected()))) {
    co_return CallOutcome::failed("EAGAIN");  // others let it wait in the buffer
  }
  bytes.resize(std::min(bytes.size(), size));
  Message data{bytes};
  if (size > data.size()) data.append(Message::zeros(size - data.size()));
  const bool holds_back = (flags & flag_more) != 0;
  if (stream.session() != nullptr) stream.session()->connection().hold(holds_back);
  if ((flags & flag_oob) != 0) co_return send_urgent(file, std::move(data), size);
  Flow* const flow = file.flow;
  if (flow != nullptr) flow->wrote(bytes, size, !holds_back);
  std::size_t sent = 0;
  boost::system::error_code error;
  if (file.kernel != nullptr && stream.session() != nullptr) {
    error = co_await send_like_linux(file, std::move(data), may_wait, sent);
  } else if (may_wait) {
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
  if ((flags & flag_end_of_record) != 0 && sent == size && stream.session() != nullptr) {
    stream.session()->connection().end_record();
  }
  if (sent == 0 && error == make_error_code(Errc::not_connected)) {
    co_return CallOutcome::failed(file.is_connecting ? "EAGAIN" : "EPIPE");
  }
  if (sent == 0 && error && stream.session() != nullptr && stream.session()->is_at_end()) {
    co_return CallOutcome::failed("EPIPE");  // nobody is left to tell of a reset
  }
  if (sent == 0 && error) co_return broken(file, error);
  co_return static_cast<std::int64_t>(sent);
}

// As much as Linux takes, piece by piece, and the rest as room is made.
Task<boost::system::error_code> Process::send_like_linux(File& file, Message data, bool may_wait,
                                                         std::size_t& sent) {
  TcpSocket& stream = *file.stream;
  LinuxSocket& kernel = *file.kernel;
  while (!data.empty()) {
    const std::size_t room = stream.is_connected() || file.is_connecting
                                 ? kernel.room(stream, data.size())
                                 : data.size();
    if (room == 0) {
      if (!may_wait) {
        if (sent == 0) co_return make_error_code(Errc::would_block);
        break;
      }
      while (kernel.is_full() && stream.is_connected()) {
        co_await Sleep{machine_, machine_.now() + look_again};
        kernel.settle(stream, machine_.now());
      }
      continue;
    }
    Message piece = data.cut(room);
    const Result<std::size_t> taken = stream.try_send(piece);
    if (!taken) co_return taken.error();
    kernel.took(*taken);
    sent += *taken;
    if (!piece.empty()) break;
  }
  kernel.wrote();
  kernel.settle(stream, machine_.now());
  co_return boost::system::error_code{};
}

// Urgent data go whole, however full the send buffer.
CallOutcome Process::send_urgent(File& file, Message data, std::size_t size) {
  if (file.flow != nullptr) file.flow->wrote({}, size);
  if (file.kernel != nullptr) {
    static_cast<void>(file.kernel->room(*file.stream, size));
    file.kernel->took(size);
  }
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
  if (file.is_corked || file.is_set("UDP_CORK")) {
    // It goes with what is written next.
    file.unsent.append(std::move(payload));
    return static_cast<std::int64_t>(size);
  }
  file.unsent.append(std::move(payload));
  payload = std::exchange(file.unsent, Message{});
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
  }
  if (!sent) return CallOutcome::failed(sent.error());
  if (file.flow != nullptr && !bytes.empty()) file.flow->wrote(bytes, size);
  return static_cast<std::int64_t>(size);
}

// ===== Between files =====

// sendfile(out, in, [offset], count): files hold zeros.
Task<CallOutcome> Process::sendfile(const CallEvent& call) {
  File* const out = file_of(call, 0);
  File* const in = file_of(call, 1);
  if (out == nullptr || in == nullptr) co_return CallOutcome::failed("EBADF");
  if (out->stream == nullptr || in->pipe == nullptr) co_return CallOutcome::failed("EINVAL");
  const auto size = std::clamp<std::int64_t>(number_at(call, 3), 0, most_bytes);
  co_return co_await send_stream(*out, {}, static_cast<std::size_t>(size), 0);
}

// splice(in, offset, out, offset, length, flags): between a stream and a pipe.
Task<CallOutcome> Process::splice(const CallEvent& call) {
  File* const in = file_of(call, 0);
  File* const out = file_of(call, 2);
  if (in == nullptr || out == nullptr) co_return CallOutcome::failed("EBADF");
  const auto wanted =
      static_cast<std::size_t>(std::clamp<std::int64_t>(number_at(call, 4), 0, most_bytes));
  if (in->pipe != nullptr && out->stream != nullptr) {
    const auto size = std::min(wanted, static_cast<std::size_t>(*in->pipe));
    if (size == 0) co_return CallOutcome::failed("EAGAIN");
    const CallOutcome outcome = co_await send_stream(*out, {}, size, 0);
    if (outcome.value > 0) *in->pipe -= outcome.value;
    co_return outcome;
  }
  if (in->stream == nullptr || out->pipe == nullptr) co_return CallOutcome::failed("EINVAL");
  if (const TcpSession* const session = in->stream->session(); session != nullptr) {
    // Urgent bytes are not spliced.
    const TcpReceiver& receiver = session->connection().receiver();
    const std::uint64_t next = receiver.next() - receiver.readable();
    if (receiver.urgent_end != 0 && next + 1 == receiver.urgent_end) co_return 0;
  }
  const CallOutcome outcome = co_await receive_stream(*in, call, wanted, 0);
  if (outcome.value > 0) *out->pipe += outcome.value;
  co_return outcome;
}

// ===== What comes with a message =====

namespace {

// The entry of `msg_control` with this type, or null.
const Expression* control_of(const CallEvent& call, std::string_view type) {
  if (call.arguments.size() < 2) return nullptr;
  const Expression* const control = call.arguments[1].part("msg_control");
  if (control == nullptr) return nullptr;
  for (const Expression& entry : control->parts) {
    const Expression* const named = entry.part("cmsg_type");
    if (named != nullptr && named->word == type) return entry.part("cmsg_data");
  }
  return nullptr;
}

void compare_field(const Expression& record, const char* field, std::int64_t seen,
                   CallOutcome& outcome) {
  const Expression* const part = record.part(field);
  const auto expected = part == nullptr ? std::nullopt : value_of(*part);
  if (!expected || *expected == seen) return;
  outcome.differences.push_back(fmt::format("{}: expected {}, seen {}", field, *expected, seen));
}

// What has come back about a datagram (IP_RECVERR). The path's MTU, which Linux tells too, is not
// kept.
CallOutcome take_datagram_notice(UdpSocket& socket, const CallEvent& call) {
  constexpr std::int64_t from_icmp = 2;  // SO_EE_ORIGIN_ICMP
  const Result<DeliveryError> error = socket.try_receive_error();
  if (!error) return CallOutcome::failed("EAGAIN");
  CallOutcome outcome;
  const Expression* const record = control_of(call, "IP_RECVERR");
  if (record == nullptr) return outcome;
  const std::string_view name = errno_name(error->code);
  compare_field(*record, "ee_errno", symbol_value(name).value_or(0), outcome);
  compare_field(*record, "ee_origin", from_icmp, outcome);
  compare_field(*record, "ee_type", error->icmp_type, outcome);
  compare_field(*record, "ee_code", error->icmp_code, outcome);
  return outcome;
}

}  // namespace

// The first entry of the error queue, and whether it is the one that the script expects.
CallOutcome Process::take_notice(File& file, const CallEvent& call) {
  if (file.datagrams != nullptr) return take_datagram_notice(*file.datagrams, call);
  if (file.kernel == nullptr || file.stream == nullptr) return CallOutcome::failed("EAGAIN");
  file.kernel->settle(*file.stream, machine_.now());
  if (file.kernel->errors().empty()) return CallOutcome::failed("EAGAIN");
  const LinuxSocket::Notice notice = file.kernel->errors().front();
  file.kernel->errors().pop_front();
  CallOutcome outcome;
  for (const char* const type : {"CMSG_TYPE_RECVERR", "IP_RECVERR"}) {
    const Expression* const record = control_of(call, type);
    if (record == nullptr) continue;
    compare_field(*record, "ee_errno", notice.error, outcome);
    compare_field(*record, "ee_origin", notice.origin, outcome);
    compare_field(*record, "ee_code", notice.code, outcome);
    compare_field(*record, "ee_info", notice.info, outcome);
    compare_field(*record, "ee_data", notice.data, outcome);
  }
  const Expression* const stamp = control_of(call, "SCM_TIMESTAMPING");
  if (stamp == nullptr || !notice.at) return outcome;
  const Expression* const whole = stamp->part("scm_sec");
  const Expression* const rest = stamp->part("scm_nsec");
  if (whole == nullptr || rest == nullptr) return outcome;
  const Duration expected{value_of(*whole).value_or(0) * 1'000'000'000 +
                          value_of(*rest).value_or(0)};
  const Duration seen = *notice.at - begin_;
  const Duration gap = seen > expected ? seen - expected : expected - seen;
  if (gap > setup_.tolerance) {
    outcome.differences.push_back(
        fmt::format("timestamp: expected {} ns, seen {} ns", expected.count(), seen.count()));
  }
  return outcome;
}

// What recvmsg tells of besides the bytes: how many more there are.
void Process::check_control(File& file, const CallEvent& call, CallOutcome& outcome) const {
  const Expression* const expected = control_of(call, "TCP_CM_INQ");
  if (expected == nullptr || file.stream == nullptr || !file.kept.contains("TCP_INQ")) return;
  auto seen = static_cast<std::int64_t>(file.stream->readable() + file.unread.size());
  const TcpSession* const session = file.stream->session();
  if (seen == 0 && session != nullptr && session->is_at_end()) seen = 1;  // the end is worth a look
  const auto due = value_of(*expected);
  if (due && *due != seen) {
    outcome.differences.push_back(fmt::format("TCP_CM_INQ: expected {}, seen {}", *due, seen));
  }
}

}  // namespace elvis::packetdrill
