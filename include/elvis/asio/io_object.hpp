// SPDX-License-Identifier: MIT
// What asio_stream, asio_acceptor, asio_udp and asio_timer have in common: their executor, and the
// endpoints and options of Asio as ours.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/detail/socket_types.hpp>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "elvis/asio/operation.hpp"
#include "elvis/asio/sockets.hpp"
#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/message.hpp"

namespace elvis::asio_internal {

// Endpoints of Asio are the system's socket addresses, and are read and written as such: through
// ip::address each would be taken apart twice.

/// Our endpoint, or nothing for IPv6.
template <typename AsioEndpoint>
std::optional<Endpoint> endpoint_from(const AsioEndpoint& endpoint) {
  if (endpoint.data()->sa_family != AF_INET) return std::nullopt;
  sockaddr_in address;
  std::memcpy(&address, endpoint.data(), sizeof address);
  return Endpoint{Ipv4Address{to_wire_order(address.sin_addr.s_addr)},
                  to_wire_order(address.sin_port)};
}
template <typename AsioEndpoint>
void write_endpoint(AsioEndpoint& endpoint, const Endpoint& ours) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = to_wire_order(ours.port);
  address.sin_addr.s_addr = to_wire_order(ours.address.value());
  endpoint.resize(sizeof address);
  std::memcpy(endpoint.data(), &address, sizeof address);
}
template <typename AsioEndpoint>
AsioEndpoint endpoint_to(const Endpoint& endpoint) {
  AsioEndpoint made;
  write_endpoint(made, endpoint);
  return made;
}

/// Copies `message` into `buffers`, as much as they hold; returns how much.
template <typename Buffers>
std::size_t copy_out(const Message& message, const Buffers& buffers) {
  std::size_t copied = 0;
  auto it = boost::asio::buffer_sequence_begin(buffers);
  const auto end = boost::asio::buffer_sequence_end(buffers);
  if (it != end && message.slice_count() == 1) [[likely]] {
    const boost::asio::mutable_buffer first{*it};
    const std::span<const std::uint8_t> bytes = message.slice_at(0);
    if (bytes.size() <= first.size()) {
      std::memcpy(first.data(), bytes.data(), bytes.size());
      return bytes.size();
    }
  }
  for (; it != end; ++it) {
    if (copied == message.size()) break;
    const boost::asio::mutable_buffer buffer{*it};
    copied += message.copy_to({static_cast<std::uint8_t*>(buffer.data()), buffer.size()}, copied);
  }
  return copied;
}

inline constexpr std::size_t largest_copied_chunk = 32'768;

template <typename Buffers>
[[gnu::noinline]] Message copy_in_pieces(const Buffers& buffers, std::size_t bytes) {
  Message message;
  auto it = boost::asio::buffer_sequence_begin(buffers);
  std::uint8_t* chunk = nullptr;
  std::size_t left_in_chunk = 0;
  for (;; ++it) {
    const boost::asio::const_buffer buffer{*it};
    const auto* from = static_cast<const std::uint8_t*>(buffer.data());
    std::size_t left_in_buffer = buffer.size();
    while (left_in_buffer != 0) {
      if (left_in_chunk == 0) {
        left_in_chunk = bytes < largest_copied_chunk ? bytes : largest_copied_chunk;
        chunk = message.append(left_in_chunk);
      }
      const std::size_t part = left_in_buffer < left_in_chunk ? left_in_buffer : left_in_chunk;
      std::memcpy(chunk, from, part);
      chunk += part;
      from += part;
      left_in_chunk -= part;
      left_in_buffer -= part;
      bytes -= part;
      if (bytes == 0) return message;
    }
  }
}

/// The first `bytes` bytes of `buffers`, in chunks that suit the allocator.
template <typename Buffers>
Message copy_in(const Buffers& buffers, std::size_t bytes) {
  if (bytes == 0) return {};
  if (bytes <= largest_copied_chunk) [[likely]] {
    const boost::asio::const_buffer first{*boost::asio::buffer_sequence_begin(buffers)};
    if (first.size() >= bytes) [[likely]]
      return Message{std::span{static_cast<const std::uint8_t*>(first.data()), bytes}};
  }
  return copy_in_pieces(buffers, bytes);
}

/// The same in one chunk and with its partial_sum(), in one pass where that is possible.
template <typename Buffers>
[[gnu::always_inline]] inline Message copy_in_summed(const Buffers& buffers, std::uint64_t& sum) {
  const std::size_t bytes = boost::asio::buffer_size(buffers);
  if (bytes != 0 && bytes <= largest_copied_chunk) [[likely]] {
    const boost::asio::const_buffer first{*boost::asio::buffer_sequence_begin(buffers)};
    if (first.size() == bytes) [[likely]] {
      return Message::copy_and_sum({static_cast<const std::uint8_t*>(first.data()), bytes}, sum);
    }
  }
  Message message = copy_in(buffers, bytes);
  sum += message.partial_sum();
  return message;
}

/// An I/O object: an executor, and what stands behind the object once it is there.
template <typename Impl, typename Executor>
class IoObject {
 public:
  using executor_type = Executor;

  executor_type get_executor() const noexcept { return executor_; }

 protected:
  explicit IoObject(const Executor& executor)
      : executor_{executor}, core_{&core_of(executor_)}, is_plain_{is_plain(executor_, *core_)} {}
  template <typename Context>
    requires std::is_convertible_v<Context&, boost::asio::execution_context&>
  explicit IoObject(Context& context) : IoObject{Executor{asio_of(context).get_executor()}} {}
  template <typename Other>
  IoObject(std::unique_ptr<Impl> impl, const Other& executor) : IoObject{Executor{executor}} {
    impl_ = std::move(impl);
  }
  IoObject(IoObject&&) noexcept = default;
  IoObject& operator=(IoObject&& other) noexcept {
    executor_ = other.executor_;
    core_ = other.core_;
    is_plain_ = other.is_plain_;
    impl_ = std::move(other.impl_);
    return *this;
  }
  ~IoObject() = default;

  Impl& impl() {
    if (impl_ == nullptr) [[unlikely]]
      make_impl();
    return *impl_;
  }
  const Impl* find_impl() const { return impl_.get(); }
  Impl* find_impl() { return impl_.get(); }
  std::unique_ptr<Impl> release_impl() { return std::move(impl_); }
  bool has_socket() const { return impl_ != nullptr && impl_->is_open(); }
  AsioCore& core() const { return *core_; }

  template <typename Job, typename Handler>
  void start(AsioLane* lane, Job job, Handler&& handler) {
    asio_internal::start(*core_, lane, std::move(job), std::forward<Handler>(handler), executor_,
                         is_plain_);
  }

 private:
  [[gnu::noinline]] void make_impl() { impl_.reset(new Impl(*core_)); }
  static asio_context& asio_of(boost::asio::execution_context& context) {
    return asio_context::of(context);
  }
  static asio_context& asio_of(asio_context& context) { return context; }

  Executor executor_;
  AsioCore* core_;
  bool is_plain_;  // handlers without an executor may be called by the loop
  std::unique_ptr<Impl> impl_;
};

/// A job that waits until `impl` is ready.
template <typename Impl>
struct WaitJob {
  Impl* impl;
  Ready what;
  bool attempt(AsioOutcome& outcome) const { return impl->is_ready(outcome, what); }
  std::tuple<boost::system::error_code> result(AsioOutcome& outcome) const {
    return {outcome.error};
  }
};

/// A job whose handler gets `(error_code, std::size_t)`.
struct TransferJob {
  static std::tuple<boost::system::error_code, std::size_t> result(AsioOutcome& outcome) {
    return {outcome.error, outcome.bytes};
  }
};

/// A request with flags of Asio's (message_flags).
template <typename Request>
struct Flagged {
  Request request;
  int flags;
};

/// A transfer that is refused.
struct RefusedJob : TransferJob {
  using NeverWaits = void;
  boost::system::error_code error;
  bool attempt(AsioOutcome& outcome) const {
    outcome.error = error;
    return true;
  }
};

/// The outcome of `job` tried once and not begun: would_block if it is not done at once.
template <typename Job>
std::size_t run_at_once(Job&& job, boost::system::error_code& code) {
  AsioOutcome outcome;
  if (!job.attempt(outcome)) outcome.error = boost::asio::error::would_block;
  code = outcome.error;
  return outcome.bytes;
}

}  // namespace elvis::asio_internal
