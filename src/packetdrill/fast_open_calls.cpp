// SPDX-License-Identifier: MIT
// What the calls of Fast Open do (RFC 7413), as Linux has them.
#include <algorithm>
#include <charconv>
#include <utility>

#include "call_flags.hpp"
#include "process.hpp"
#include "symbols.hpp"

namespace elvis::packetdrill {

namespace {

// The bytes of a text in which `\xa1` stands for one.
std::string bytes_of(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    std::uint8_t byte = 0;
    const bool is_coded =
        text.starts_with("\\x") && text.size() >= 4 &&
        std::from_chars(text.data() + 2, text.data() + 4, byte, 16).ptr == text.data() + 4;
    bytes += is_coded ? static_cast<char>(byte) : text.front();
    text.remove_prefix(is_coded ? 4 : 1);
  }
  return bytes;
}

}  // namespace

// ===== Settings =====

TcpSettings Process::settings_of_connection(const File& file) const {
  TcpSettings settings = file.settings;
  settings.linear_syn_timeouts = setup_.linear_syn_timeouts;
  const bool is_client = (setup_.fast_open & fast_open_client) != 0;
  // FreeBSD wants it chosen for each socket.
  const bool is_chosen = !setup_.is_freebsd || file.is_set("TCP_FASTOPEN");
  settings.fast_open = is_client && is_chosen ? tcp_fast_open_client : 0;
  settings.fast_open_cookies =
      (setup_.fast_open & fast_open_client_bare) == 0 && !file.is_set("TCP_FASTOPEN_NO_COOKIE");
  return settings;
}

TcpSettings Process::settings_of_listener(const File& file) const {
  TcpSettings settings = file.settings;
  settings.ecn = settings.ecn || setup_.grants_ecn;
  settings.accurate_ecn = setup_.grants_accurate_ecn;
  const auto chosen = file.kept.find("TCP_FASTOPEN");
  const bool is_chosen = chosen != file.kept.end();
  const bool is_for_all = (setup_.fast_open & fast_open_all_listeners) != 0;
  const bool is_server =
      (setup_.fast_open & fast_open_server) != 0 && (is_chosen ? chosen->second > 0 : is_for_all);
  settings.fast_open = is_server ? tcp_fast_open_server : 0;
  if (is_chosen) settings.fast_open_queue = static_cast<std::uint64_t>(chosen->second);
  settings.fast_open_cookies =
      (setup_.fast_open & fast_open_server_bare) == 0 && !file.is_set("TCP_FASTOPEN_NO_COOKIE");
  return settings;
}

CallOutcome Process::set_fast_open(File& file, std::string_view name, const CallEvent& call) {
  if (file.kind != Packet::Kind::tcp) return CallOutcome::failed("ENOPROTOOPT");
  const bool is_idle = file.stream == nullptr || file.stream->session() == nullptr;
  if (name == "TCP_FASTOPEN_KEY") {
    const std::string key = bytes_of(call.arguments[3].word);
    const std::int64_t size = number_at(call, 4);
    if (size != 16 && size != 32) return CallOutcome::failed("EINVAL");
    std::array<std::uint64_t, 2> words{};
    for (std::size_t at = 0; at < 16 && at < key.size(); ++at) {
      words[at / 8] |= std::uint64_t{static_cast<std::uint8_t>(key[at])} << 8 * (at % 8);
    }
    file.settings.fast_open_key = words;
    return 0;
  }
  const std::int64_t value = value_of(call.arguments[3]).value_or(1);
  const bool is_queue = name == "TCP_FASTOPEN";
  if (value < 0 || (value > 1 && !is_queue) || !is_idle) return CallOutcome::failed("EINVAL");
  if (name == "TCP_FASTOPEN_CONNECT" && (setup_.fast_open & fast_open_client) == 0) {
    return CallOutcome::failed("EOPNOTSUPP");
  }
  file.kept[std::string{name}] = value;
  return 0;
}

// ===== Connecting and sending at once =====

// With TCP_FASTOPEN_CONNECT: if there is a cookie, the SYN waits for data; else it asks for one.
Task<CallOutcome> Process::connect_fast(File& file, Endpoint remote, bool may_wait) {
  Tcp* const tcp = static_cast<Tcp*>(machine_.find(ProtocolId::tcp));
  const TcpSettings settings = settings_of_connection(file);
  if (settings.may_open_fast() && tcp->knows_cookie(remote.address, settings)) {
    file.deferred = remote;
    co_return 0;
  }
  begin_flow(file, remote);
  file.stream->use(settings);
  Message nothing;
  if (!may_wait) {
    const Result<> begun = file.stream->start_connecting(remote, &nothing);
    if (!begun) co_return CallOutcome::failed(begun.error());
    file.is_connecting = true;
    co_return CallOutcome::failed("EINPROGRESS");
  }
  const Result<> connected = co_await file.stream->connect(remote, Message{});
  if (!connected) co_return CallOutcome::failed(connected.error());
  co_return 0;
}

// FreeBSD's sendto() with an address connects, with what it has if it may, and does not wait.
CallOutcome Process::send_connecting(File& file, const CallEvent& call, std::string bytes,
                                     std::size_t size) {
  const Endpoint remote = endpoint_at(call, 4, {setup_.remote, setup_.connect_port});
  begin_flow(file, remote);
  file.stream->use(settings_of_connection(file));
  bytes.resize(std::min(bytes.size(), size));
  Message data{bytes};
  if (size > data.size()) data.append(Message::zeros(size - data.size()));
  file.flow->wrote(bytes, size);
  if (const Result<> begun = file.stream->start_connecting(remote, &data); !begun) {
    file.flow->unwrote(size);
    return CallOutcome::failed(begun.error());
  }
  file.is_connecting = true;
  if (!data.empty()) static_cast<void>(file.stream->session()->send(std::move(data)));
  return static_cast<std::int64_t>(size);
}

// sendto(…, MSG_FASTOPEN, …), and what follows a connect() that was put off.
Task<CallOutcome> Process::send_fast(File& file, const CallEvent& call, std::string bytes,
                                     std::size_t size, std::int64_t flags) {
  const auto& arguments = call.arguments;
  const bool has_address = call.name == "sendto" && arguments.size() > 4;
  const bool is_unspecified = has_address && arguments[4].word == "AF_UNSPEC";
  const bool may_open = (setup_.fast_open & fast_open_client) != 0;
  if (!file.deferred && (!may_open || is_unspecified)) co_return CallOutcome::failed("EOPNOTSUPP");
  TcpSocket& stream = *file.stream;
  if (stream.session() != nullptr) {
    const TcpState state = stream.state();
    if (state == TcpState::syn_sent || state == TcpState::syn_received) {
      co_return CallOutcome::failed("EALREADY");
    }
    if (!std::exchange(file.is_connecting, false)) co_return CallOutcome::failed("EISCONN");
    co_return co_await send_stream(file, std::move(bytes), size, flags & ~flag_fast_open);
  }
  Endpoint remote = file.deferred.value_or(Endpoint{setup_.remote, setup_.connect_port});
  if (!file.deferred && has_address) remote = endpoint_at(call, 4, remote);
  file.deferred.reset();
  begin_flow(file, remote);
  stream.use(settings_of_connection(file));
  bytes.resize(std::min(bytes.size(), size));
  Message data{bytes};
  if (size > data.size()) data.append(Message::zeros(size - data.size()));
  file.flow->wrote(bytes, size);
  if (file.is_nonblocking || (flags & flag_dont_wait) != 0) {
    const Result<> begun = stream.start_connecting(remote, &data);
    file.flow->unwrote(data.size());
    if (!begun) co_return CallOutcome::failed(begun.error());
    file.is_connecting = true;
    const std::size_t taken = size - data.size();
    if (file.kernel != nullptr) file.kernel->took(taken);
    if (taken == 0) co_return CallOutcome::failed("EINPROGRESS");
    if (file.is_without_copy(flags)) file.kernel->wrote_without_copy();
    co_return static_cast<std::int64_t>(taken);
  }
  if (file.kernel != nullptr) file.kernel->took(size);
  if (file.is_without_copy(flags)) file.kernel->wrote_without_copy();
  const Result<> connected = co_await stream.connect(remote, std::move(data));
  if (!connected) co_return broken(file, connected.error());
  co_return static_cast<std::int64_t>(size);
}

}  // namespace elvis::packetdrill
