// SPDX-License-Identifier: MIT
// Socket options by the numbers that Asio's option types carry, which are the system's.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>
#include <optional>

#include "elvis/asio/sockets.hpp"

namespace elvis {

namespace {

using boost::system::error_code;
namespace error = boost::asio::error;

// The value of an option that is a number or a truth; flags of IP may be single bytes.
std::optional<int> number_of(const AsioOption& option) {
  if (option.bytes >= sizeof(int)) {
    int value = 0;
    std::memcpy(&value, option.data, sizeof value);
    return value;
  }
  if (option.bytes == 1) return *static_cast<const unsigned char*>(option.data);
  return std::nullopt;
}

template <typename Value>
error_code give(AsioOption& option, Value value) {
  if (option.bytes < sizeof value) return error::invalid_argument;
  std::memcpy(option.data, &value, sizeof value);
  option.bytes = sizeof value;
  return {};
}

// A flag of IP, which may be a single byte, as multicast's are.
error_code give_flag(AsioOption& option, int value) {
  if (option.bytes != 1) return give(option, value);
  return give(option, static_cast<unsigned char>(value));
}

bool is(const AsioOption& option, int level, int name) {
  return option.level == level && option.name == name;
}

const TcpSettings* settings_of(const Machine& machine) {
  const auto* const tcp = static_cast<const Tcp*>(machine.find(ProtocolId::tcp));
  return tcp == nullptr ? nullptr : &tcp->settings();
}

linger linger_of(int seconds) {
  return {.l_onoff = seconds >= 0 ? 1 : 0, .l_linger = seconds >= 0 ? seconds : 0};
}

}  // namespace

// ===== AsioTcp =====

error_code AsioTcp::set_option(const AsioOption& option) {
  if (is(option, SOL_SOCKET, SO_LINGER)) {
    linger value{};
    if (option.bytes < sizeof value) return error::invalid_argument;
    std::memcpy(&value, option.data, sizeof value);
    values_.linger = value.l_onoff != 0 ? value.l_linger : -1;
    socket_->set_linger(value.l_onoff != 0
                            ? std::optional<Duration>{std::chrono::seconds{value.l_linger}}
                            : std::nullopt);
    return {};
  }
  const std::optional<int> number = number_of(option);
  if (!number) return error::invalid_argument;
  const int value = *number;
  if (is(option, IPPROTO_TCP, TCP_NODELAY)) {
    socket_->set_no_delay(values_.no_delay = value != 0);
  } else if (is(option, IPPROTO_TCP, TCP_CORK)) {
    socket_->set_cork(value != 0);
  } else if (is(option, IPPROTO_TCP, TCP_USER_TIMEOUT)) {
    socket_->set_user_timeout(std::chrono::milliseconds{value});
  } else if (is(option, SOL_SOCKET, SO_KEEPALIVE)) {
    socket_->set_keep_alive(values_.keep_alive = value != 0);
  } else if (is(option, SOL_SOCKET, SO_REUSEADDR)) {
    socket_->set_reuse_address(values_.reuses_address = value != 0);
  } else if (is(option, SOL_SOCKET, SO_SNDBUF)) {
    if (value <= 0) return error::invalid_argument;
    socket_->set_send_buffer(static_cast<std::size_t>(values_.send_buffer = value));
  } else if (is(option, SOL_SOCKET, SO_RCVBUF)) {
    if (value <= 0) return error::invalid_argument;
    socket_->set_receive_buffer(static_cast<std::size_t>(values_.receive_buffer = value));
  } else {
    return error::no_protocol_option;
  }
  return {};
}

error_code AsioTcp::get_option(AsioOption& option) const {
  const TcpSettings* const machine_wide = settings_of(core_.machine());
  const auto buffer = [&](int own, std::uint64_t TcpSettings::* member) {
    return own != 0 || machine_wide == nullptr ? own : static_cast<int>(machine_wide->*member);
  };
  if (is(option, SOL_SOCKET, SO_LINGER)) return give(option, linger_of(values_.linger));
  if (is(option, IPPROTO_TCP, TCP_NODELAY)) return give(option, int{values_.no_delay});
  if (is(option, SOL_SOCKET, SO_KEEPALIVE)) return give(option, int{values_.keep_alive});
  if (is(option, SOL_SOCKET, SO_REUSEADDR)) return give(option, int{values_.reuses_address});
  if (is(option, SOL_SOCKET, SO_SNDBUF)) {
    return give(option, buffer(values_.send_buffer, &TcpSettings::send_buffer));
  }
  if (is(option, SOL_SOCKET, SO_RCVBUF)) {
    return give(option, buffer(values_.receive_buffer, &TcpSettings::receive_buffer));
  }
  return error::no_protocol_option;
}

// ===== AsioListener: what is accepted inherits =====

error_code AsioListener::set_option(const AsioOption& option) {
  const std::optional<int> number = number_of(option);
  if (!number) return error::invalid_argument;
  if (is(option, SOL_SOCKET, SO_REUSEADDR)) {
    listener_->set_reuse_address(reuses_address_ = *number != 0);
    return {};
  }
  const TcpSettings* const machine_wide = settings_of(core_.machine());
  if (machine_wide == nullptr) return asio_error(Errc::no_protocol);
  TcpSettings changed{settings_ == nullptr ? *machine_wide : *settings_};
  if (is(option, IPPROTO_TCP, TCP_NODELAY)) {
    changed.no_delay = *number != 0;
  } else if (is(option, SOL_SOCKET, SO_KEEPALIVE)) {
    changed.keep_alive = *number != 0;
  } else if (is(option, SOL_SOCKET, SO_SNDBUF) && *number > 0) {
    changed.send_buffer = static_cast<std::uint64_t>(*number);
  } else if (is(option, SOL_SOCKET, SO_RCVBUF) && *number > 0) {
    changed.receive_buffer = static_cast<std::uint64_t>(*number);
  } else {
    return error::no_protocol_option;
  }
  settings_ = std::make_unique<TcpSettings>(changed);
  return {};
}

error_code AsioListener::get_option(AsioOption& option) const {
  if (is(option, SOL_SOCKET, SO_REUSEADDR)) return give(option, int{reuses_address_});
  const TcpSettings* const settings =
      settings_ != nullptr ? settings_.get() : settings_of(core_.machine());
  if (settings == nullptr) return asio_error(Errc::no_protocol);
  if (is(option, IPPROTO_TCP, TCP_NODELAY)) return give(option, int{settings->no_delay});
  if (is(option, SOL_SOCKET, SO_KEEPALIVE)) return give(option, int{settings->keep_alive});
  if (is(option, SOL_SOCKET, SO_SNDBUF)) {
    return give(option, static_cast<int>(settings->send_buffer));
  }
  if (is(option, SOL_SOCKET, SO_RCVBUF)) {
    return give(option, static_cast<int>(settings->receive_buffer));
  }
  return error::no_protocol_option;
}

// ===== AsioUdp =====

error_code AsioUdp::set_option(const AsioOption& option) {
  if (is(option, IPPROTO_IP, IP_ADD_MEMBERSHIP) || is(option, IPPROTO_IP, IP_DROP_MEMBERSHIP)) {
    ip_mreq membership{};
    if (option.bytes < sizeof membership) return error::invalid_argument;
    std::memcpy(&membership, option.data, sizeof membership);
    const Ipv4Address group{ntohl(membership.imr_multiaddr.s_addr)};
    const Ipv4Address interface{ntohl(membership.imr_interface.s_addr)};
    return asio_error(option.name == IP_ADD_MEMBERSHIP ? socket_->join(group, interface)
                                                       : socket_->leave(group, interface));
  }
  if (is(option, IPPROTO_IP, IP_MULTICAST_IF)) {
    in_addr interface{};
    if (option.bytes < sizeof interface) return error::invalid_argument;
    std::memcpy(&interface, option.data, sizeof interface);
    return asio_error(socket_->set_multicast_interface(Ipv4Address{ntohl(interface.s_addr)}));
  }
  const std::optional<int> number = number_of(option);
  if (!number) return error::invalid_argument;
  const int value = *number;
  if (is(option, IPPROTO_IP, IP_TTL)) {
    if (value < 1 || value > 255) return error::invalid_argument;
    socket_->set_time_to_live(static_cast<std::uint8_t>(time_to_live_ = value));
    socket_->set_multicast_time_to_live(static_cast<std::uint8_t>(multicast_time_to_live_));
  } else if (is(option, IPPROTO_IP, IP_MULTICAST_TTL)) {
    if (value < 0 || value > 255) return error::invalid_argument;
    multicast_time_to_live_ = value;
    socket_->set_multicast_time_to_live(static_cast<std::uint8_t>(value));
  } else if (is(option, IPPROTO_IP, IP_MULTICAST_LOOP)) {
    socket_->set_looped(is_looped_ = value != 0);
  } else if (is(option, SOL_SOCKET, SO_BROADCAST)) {
    socket_->set_broadcast(broadcasts_ = value != 0);
  } else if (is(option, SOL_SOCKET, SO_REUSEADDR)) {
    socket_->set_reuse_address(reuses_address_ = value != 0);
  } else if (is(option, SOL_SOCKET, SO_RCVBUF) && value > 0) {
    socket_->set_receive_buffer(static_cast<std::uint32_t>(receive_buffer_ = value));
  } else {
    return error::no_protocol_option;
  }
  return {};
}

error_code AsioUdp::get_option(AsioOption& option) const {
  if (is(option, IPPROTO_IP, IP_TTL)) return give_flag(option, time_to_live_);
  if (is(option, IPPROTO_IP, IP_MULTICAST_TTL)) return give_flag(option, multicast_time_to_live_);
  if (is(option, IPPROTO_IP, IP_MULTICAST_LOOP)) return give_flag(option, int{is_looped_});
  if (is(option, SOL_SOCKET, SO_BROADCAST)) return give(option, int{broadcasts_});
  if (is(option, SOL_SOCKET, SO_REUSEADDR)) return give(option, int{reuses_address_});
  if (is(option, SOL_SOCKET, SO_RCVBUF)) return give(option, receive_buffer_);
  return error::no_protocol_option;
}

}  // namespace elvis
