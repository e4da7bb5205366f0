// SPDX-License-Identifier: MIT
#include "process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "elvis/sim/sleep.hpp"
#include "symbols.hpp"

namespace elvis::packetdrill {

CallOutcome CallOutcome::failed(std::string_view name) {
  CallOutcome outcome;
  outcome.value = -1;
  outcome.error = name;
  return outcome;
}

CallOutcome CallOutcome::failed(boost::system::error_code code) {
  return failed(errno_name(code));
}

CallOutcome CallOutcome::impossible(std::string why) {
  CallOutcome outcome;
  outcome.value = -1;
  outcome.unsupported = std::move(why);
  return outcome;
}

Process::Process(Machine& machine, const Setup& setup, Flows& flows, Time begin)
    : machine_{machine}, begin_{begin}, setup_{setup}, flows_{flows} {}

Process::~Process() = default;

struct Process::Entry {
  std::string_view name;
  Simple simple;
  Waiting waiting;
};

const Process::Entry* Process::entry_of(std::string_view name) {
  static constexpr std::array<Entry, 30> entries{{
      {"socket", &Process::socket, nullptr},
      {"open", &Process::open, nullptr},
      {"pipe", &Process::pipe, nullptr},
      {"sendfile", nullptr, &Process::sendfile},
      {"splice", nullptr, &Process::splice},
      {"bind", &Process::bind, nullptr},
      {"listen", &Process::listen, nullptr},
      {"accept", nullptr, &Process::accept},
      {"accept4", nullptr, &Process::accept},
      {"connect", nullptr, &Process::connect},
      {"close", &Process::close, nullptr},
      {"shutdown", &Process::shutdown, nullptr},
      {"read", nullptr, &Process::read},
      {"readv", nullptr, &Process::read},
      {"recv", nullptr, &Process::read},
      {"recvfrom", nullptr, &Process::read},
      {"recvmsg", nullptr, &Process::read},
      {"write", nullptr, &Process::write},
      {"writev", nullptr, &Process::write},
      {"send", nullptr, &Process::write},
      {"sendto", nullptr, &Process::write},
      {"sendmsg", nullptr, &Process::write},
      {"setsockopt", &Process::setsockopt, nullptr},
      {"getsockopt", &Process::getsockopt, nullptr},
      {"fcntl", &Process::fcntl, nullptr},
      {"ioctl", &Process::ioctl, nullptr},
      {"poll", nullptr, &Process::poll},
      {"epoll_create", &Process::epoll_create, nullptr},
      {"epoll_ctl", &Process::epoll_ctl, nullptr},
      {"epoll_wait", nullptr, &Process::epoll_wait},
  }};
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [name](const Entry& entry) { return entry.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

bool Process::knows(std::string_view name) {
  return entry_of(name) != nullptr;
}

Task<CallOutcome> Process::call(const CallEvent& call) {
  const Entry* const entry = entry_of(call.name);
  if (entry == nullptr) {
    co_return CallOutcome::impossible(
        fmt::format("the system call {} is not supported", call.name));
  }
  if (entry->simple != nullptr) co_return (this->*entry->simple)(call);
  co_return co_await (this->*entry->waiting)(call);
}

// ===== Arguments =====

std::int64_t Process::number_at(const CallEvent& call, std::size_t argument,
                                std::int64_t otherwise) {
  if (argument >= call.arguments.size()) return otherwise;
  return value_of(call.arguments[argument]).value_or(otherwise);
}

Process::File* Process::file_of(const CallEvent& call, std::size_t argument) {
  const auto found = files_.find(static_cast<int>(number_at(call, argument, -1)));
  return found == files_.end() ? nullptr : found->second.get();
}

Endpoint Process::endpoint_at(const CallEvent& call, std::size_t argument, Endpoint otherwise) {
  if (argument >= call.arguments.size()) return otherwise;
  const Expression& record = call.arguments[argument];
  if (record.kind != Expression::Kind::record) return otherwise;
  if (const Expression* const port = record.part("sin_port")) {
    otherwise.port = static_cast<std::uint16_t>(value_of(*port).value_or(otherwise.port));
  }
  const Expression* const address = record.part("sin_addr");
  if (address == nullptr) return otherwise;
  if (address->kind == Expression::Kind::call && address->parts.size() == 1) {
    const auto read = Ipv4Address::parse(address->parts[0].word);
    if (read) otherwise.address = *read;
  } else if (value_of(*address) == 0) {
    otherwise.address = {};
  }
  return otherwise;
}

int Process::free_descriptor(const CallEvent& call) {
  const auto is_used = [this](int number) {
    return files_.contains(number) || epolls_.contains(number);
  };
  // The script says which number the file has from now on; numbers are names, no more.
  constexpr int most = 1'000'000;
  const auto wanted = value_of(call.result);
  int number = 3;
  if (wanted && *wanted >= 0 && *wanted < most) {
    number = static_cast<int>(*wanted);
    int aside = most;
    while (is_used(aside)) ++aside;
    if (is_used(number)) rename(number, aside);
  }
  while (is_used(number)) ++number;
  return number;
}

// What was called `from` stays open, but the script has no name for it any more.
void Process::rename(int from, int to) {
  const auto move = [from, to](auto& map) {
    auto node = map.extract(from);
    if (node.empty()) return;
    node.key() = to;
    map.insert(std::move(node));
  };
  move(files_);
  move(epolls_);
  for (auto& [epoll, interests] : epolls_) move(interests);
}

void Process::check_argument(const CallEvent& call, std::size_t argument, std::int64_t seen,
                             CallOutcome& outcome) {
  if (argument >= call.arguments.size() || call.arguments[argument].is_ellipsis()) return;
  const auto expected = value_of(call.arguments[argument]);
  if (!expected || *expected == seen) return;
  outcome.differences.push_back(
      fmt::format("argument {}: expected [{}], seen [{}]", argument + 1, *expected, seen));
}

// ===== Sockets come and go =====

CallOutcome Process::socket(const CallEvent& call) {
  const std::int64_t family = number_at(call, 0, 2);
  if (family == 10) return CallOutcome::impossible("IPv6 is not supported: there is no AF_INET6");
  if (family != 2) return CallOutcome::failed("EAFNOSUPPORT");
  constexpr std::int64_t nonblocking = 0x800;
  constexpr std::int64_t type_bits = 0xf;
  const std::int64_t type = number_at(call, 1, 1);
  auto file = std::make_unique<File>();
  if ((type & type_bits) == 1) {
    file->settings = setup_.tcp;
    file->stream = std::make_unique<TcpSocket>(machine_);
    if (setup_.is_linux) file->kernel = std::make_unique<LinuxSocket>(setup_);
  } else if ((type & type_bits) == 2) {
    if (number_at(call, 2) == 1) return CallOutcome::failed("EPROTONOSUPPORT");
    file->kind = Packet::Kind::udp;
    file->datagrams = std::make_unique<UdpSocket>(machine_);
  } else {
    return CallOutcome::failed("EPROTONOSUPPORT");
  }
  file->is_nonblocking = (type & nonblocking) != 0;
  const int number = free_descriptor(call);
  files_[number] = std::move(file);
  return number;
}

CallOutcome Process::bind(const CallEvent& call) {
  File* const file = file_of(call);
  if (file == nullptr) return CallOutcome::failed("EBADF");
  if (file->is_bound) return CallOutcome::failed("EINVAL");
  const Endpoint local = endpoint_at(call, 1, {setup_.local, setup_.bind_port});
  if (file->kind == Packet::Kind::udp) {
    file->datagrams->set_reuse_address(file->is_set("SO_REUSEADDR"));
    if (const Result<> bound = file->datagrams->bind(local); !bound) {
      return CallOutcome::failed(bound.error());
    }
    file->local = file->datagrams->local();
    file->flow =
        &flows_.opened(Packet::Kind::udp, file->local, {setup_.remote, setup_.connect_port});
  } else if (file->stream != nullptr) {
    file->stream->set_reuse_address(file->is_set("SO_REUSEADDR"));
    if (const Result<> bound = file->stream->bind(local); !bound) {
      return CallOutcome::failed(bound.error());
    }
    file->local = local;
  }
  file->is_bound = true;
  return 0;
}

CallOutcome Process::listen(const CallEvent& call) {
  File* const file = file_of(call);
  if (file == nullptr) return CallOutcome::failed("EBADF");
  if (file->kind != Packet::Kind::tcp) return CallOutcome::failed("EOPNOTSUPP");
  if (file->listener != nullptr) return 0;
  if (file->stream == nullptr || file->stream->session() != nullptr) {
    return CallOutcome::failed("EINVAL");
  }
  auto listener = std::make_unique<TcpListener>(machine_);
  listener->use(settings_of_listener(*file));
  listener->set_reuse_address(file->is_set("SO_REUSEADDR"));
  const auto backlog = static_cast<std::size_t>(std::max<std::int64_t>(number_at(call, 1, 1), 1));
  file->backlog = backlog;
  file->stream.reset();  // which lets go of its port
  if (const Result<> listening = listener->listen(file->local, backlog); !listening) {
    return CallOutcome::failed(listening.error());
  }
  file->listener = std::move(listener);
  flows_.listening(file->listener->local());
  return 0;
}

CallOutcome Process::close(const CallEvent& call) {
  const int number = static_cast<int>(number_at(call, 0, -1));
  if (epolls_.erase(number) != 0) return 0;
  const auto found = files_.find(number);
  if (found == files_.end()) return CallOutcome::failed("EBADF");
  files_.erase(found);
  for (auto& [epoll, interests] : epolls_) interests.erase(number);
  return 0;
}

CallOutcome Process::shutdown(const CallEvent& call) {
  File* const file = file_of(call);
  if (file == nullptr) return CallOutcome::failed("EBADF");
  const std::int64_t how = number_at(call, 1, 2);
  if (file->listener != nullptr) {
    file->listener->close();
    return 0;
  }
  if (file->stream == nullptr) return CallOutcome::failed("ENOTCONN");
  TcpSession* const session = file->stream->session();
  if (session == nullptr || session->is_over()) return CallOutcome::failed("ENOTCONN");
  if (how != 1) file->is_read_shut = true;
  if (how != 0) {
    if (const Result<> done = file->stream->shutdown(); !done) {
      return CallOutcome::failed(done.error());
    }
  }
  return 0;
}

// Files hold zeros and are as long as anybody asks; what is in them is not looked at.
CallOutcome Process::open(const CallEvent& call) {
  const int number = free_descriptor(call);
  auto file = std::make_unique<File>();
  file->pipe = std::make_shared<std::int64_t>(std::int64_t{1} << 40);
  files_[number] = std::move(file);
  return number;
}

CallOutcome Process::pipe(const CallEvent& call) {
  if (call.arguments.empty() || call.arguments[0].parts.size() != 2) {
    return CallOutcome::failed("EFAULT");
  }
  const auto bytes = std::make_shared<std::int64_t>(0);
  for (const Expression& end : call.arguments[0].parts) {
    auto file = std::make_unique<File>();
    file->pipe = bytes;
    files_[static_cast<int>(value_of(end).value_or(-1))] = std::move(file);
  }
  return 0;
}

void Process::settle() {
  for (const auto& [number, file] : files_) {
    if (file->kernel != nullptr && file->stream != nullptr) {
      file->kernel->settle(*file->stream, machine_.now());
    }
  }
}

void Process::settings_changed() {
  const int often = setup_.tcp.accurate_ecn_option;
  const bool is_full = setup_.tcp.device_is_full;
  const auto change = [often, is_full](TcpSettings& settings) {
    settings.accurate_ecn_option = often;
    settings.device_is_full = is_full;
  };
  for (const auto& [number, file] : files_) {
    const TcpSettings& own = file->settings;
    if (own.accurate_ecn_option == often && own.device_is_full == is_full) continue;
    change(file->settings);
    if (file->stream == nullptr || file->stream->session() == nullptr) continue;
    file->stream->session()->configure(change);
  }
}

std::uint64_t Process::pacing_rate(Endpoint local, Endpoint remote) const {
  const auto found = std::find_if(files_.begin(), files_.end(), [&](const auto& entry) {
    const TcpSocket* const stream = entry.second->stream.get();
    return stream != nullptr && stream->session() != nullptr && stream->local() == local &&
           stream->remote() == remote;
  });
  if (found == files_.end()) return 0;
  const File& file = *found->second;
  constexpr std::int64_t unlimited = 0xffff'ffff;
  const auto chosen = file.kept.find("SO_MAX_PACING_RATE");
  const bool is_chosen =
      chosen != file.kept.end() && chosen->second > 0 && chosen->second < unlimited;
  const TcpInfo info = file.stream->info();
  if ((!setup_.is_paced && !is_chosen) || info.rtt == 0) return 0;
  constexpr std::uint64_t second = 1'000'000;
  const std::uint64_t percent =
      info.snd_cwnd < info.snd_ssthresh / 2 ? setup_.slow_start_pace : setup_.later_pace;
  const std::uint64_t segments = std::max(info.snd_cwnd, info.unacked);
  const std::uint64_t rate = segments * info.snd_mss * second / info.rtt * percent / 100;
  return is_chosen ? std::min(rate, static_cast<std::uint64_t>(chosen->second)) : rate;
}

// ===== Accept =====

Task<CallOutcome> Process::accept(const CallEvent& call) {
  File* const file = file_of(call);
  if (file == nullptr) co_return CallOutcome::failed("EBADF");
  if (file->listener == nullptr) co_return CallOutcome::failed("EINVAL");
  Result<TcpSocketRef> socket = file->listener->try_accept();
  if (!socket && socket.error() == make_error_code(Errc::would_block) && !file->is_nonblocking) {
    socket = co_await file->listener->accept();
  }
  if (!socket) co_return CallOutcome::failed(socket.error());
  co_return accepted(*file, std::move(*socket), call);
}

CallOutcome Process::accepted(File& listener, TcpSocketRef socket, const CallEvent& call) {
  auto file = std::make_unique<File>();
  file->settings = listener.settings;
  file->kept = listener.kept;
  file->local = socket->local();
  file->is_bound = true;
  file->is_nonblocking = (number_at(call, 3) & 0x800) != 0;
  file->flow = flows_.find(Packet::Kind::tcp, socket->local(), socket->remote());
  const Endpoint seen = socket->remote();
  const Endpoint expected = endpoint_at(call, 1, seen);
  file->stream = std::move(socket);
  if (listener.kernel != nullptr) {
    file->kernel = std::make_unique<LinuxSocket>(*listener.kernel);
    file->received_limit = listener.received_limit;
  }
  if (file->stream->session() != nullptr) {
    TcpReceiveMemory* const received = file->stream->session()->connection().receiver().memory();
    if (received != nullptr) received->is_owned = true;  // from now on somebody reads
  }
  const int number = free_descriptor(call);
  files_[number] = std::move(file);
  CallOutcome outcome{number};
  if (expected.address != seen.address) {
    outcome.differences.push_back(
        fmt::format("argument 2: expected {}, seen {}", expected.to_string(), seen.to_string()));
  }
  return outcome;
}

// ===== Connect =====

Task<CallOutcome> Process::connect(const CallEvent& call) {
  File* const file = file_of(call);
  if (file == nullptr) co_return CallOutcome::failed("EBADF");
  const Endpoint remote = endpoint_at(call, 1, {setup_.remote, setup_.connect_port});
  if (file->kind == Packet::Kind::udp) co_return connect_datagrams(*file, remote);
  if (file->listener != nullptr) co_return CallOutcome::failed("EISCONN");
  if (call.arguments.size() > 1 && call.arguments[1].word == "AF_UNSPEC") {
    co_return disconnect(*file);
  }
  if (file->deferred) co_return CallOutcome::failed("EISCONN");
  if (file->stream->session() != nullptr || file->is_connecting) co_return connect_again(*file);
  if (file->is_set("TCP_FASTOPEN_CONNECT")) {
    co_return co_await connect_fast(*file, remote, !file->is_nonblocking);
  }
  begin_flow(*file, remote);
  file->stream->use(settings_of_connection(*file));
  if (file->is_nonblocking) {
    if (const Result<> begun = file->stream->start_connecting(remote); !begun) {
      co_return CallOutcome::failed(begun.error());
    }
    file->is_connecting = true;
    co_return CallOutcome::failed("EINPROGRESS");
  }
  TcpSocket& stream = *file->stream;
  if (const Result<> connected = co_await stream.connect(remote); !connected) {
    co_return CallOutcome::failed(connected.error());
  }
  co_return 0;
}

// Packets tell the port, unless it is known before.
void Process::begin_flow(File& file, Endpoint remote) {
  Endpoint local = file.local;
  const TcpSettings& settings = file.settings;
  if (!file.is_bound && settings.least_port == settings.greatest_port) {
    local.port = settings.least_port;
  }
  file.flow = &flows_.opened(Packet::Kind::tcp, local, remote);
}

// A further connect() tells how the first one goes.
CallOutcome Process::connect_again(File& file) {
  if (const auto error = file.stream->take_error()) {
    file.is_connecting = false;
    return CallOutcome::failed(make_error_code(*error));
  }
  const TcpState state = file.stream->state();
  if (state == TcpState::syn_sent || state == TcpState::syn_received) {
    return CallOutcome::failed("EALREADY");
  }
  if (!std::exchange(file.is_connecting, false)) return CallOutcome::failed("EISCONN");
  return 0;
}

// The connection is reset, and the socket may connect anew.
CallOutcome Process::disconnect(File& file) {
  file.stream->abort();
  file.stream = std::make_unique<TcpSocket>(machine_);
  file.is_connecting = file.is_bound = false;
  file.local = {};
  file.deferred.reset();
  return 0;
}

CallOutcome Process::connect_datagrams(File& file, Endpoint remote) {
  if (const Result<> connected = file.datagrams->connect(remote); !connected) {
    return CallOutcome::failed(connected.error());
  }
  file.local = file.datagrams->local();
  file.is_bound = true;
  file.kept["connected"] = 1;
  file.flow = &flows_.opened(Packet::Kind::udp, file.local, remote);
  return 0;
}

}  // namespace elvis::packetdrill
