// SPDX-License-Identifier: MIT
// The original's applications above its socket API: socket_client and socket_server,
// tcp_stream_client and tcp_listener_server, throughput.
#pragma once

#include <chrono>
#include <cstdint>

#include "elvis/graph/application.hpp"
#include "elvis/graph/options.hpp"

namespace elvis {

/// Asks a socket_server and waits for each answer.
struct SocketClientOptions final : ApplicationOptions {
  Target to;
  std::uint16_t port = 0;
  OwnAddress ip;
  int transport = -1;                          ///< Transport
  std::uint64_t id = 0;                        ///< What it calls itself.
  std::uint64_t count = 3;                     ///< Questions.
  Duration interval{};                         ///< Between an answer and the next question.
  Duration timeout = std::chrono::seconds{5};  ///< How long connecting or an answer may take.
  Duration start{};

  Load load() const override;
  void visit(OptionVisitor& visitor) override;
};

/// Answers socket_client.
struct SocketServerOptions final : ApplicationOptions {
  std::uint16_t port = 0;
  OwnAddress ip;
  int transport = -1;  ///< Transport
  std::uint64_t backlog = 128;

  void visit(OptionVisitor& visitor) override;
};

/// Sends random bytes to a tcp_listener_server and compares what comes back.
struct TcpStreamClientOptions final : ApplicationOptions {
  Target to;
  std::uint16_t port = 0;
  OwnAddress ip;
  std::uint64_t count = 3;      ///< How many times.
  std::uint64_t size = 10'000;  ///< Bytes each time.
  Duration start{};

  Load load() const override;
  void visit(OptionVisitor& visitor) override;
};

/// Sends back what comes over TCP.
struct TcpListenerServerOptions final : ApplicationOptions {
  std::uint16_t port = 0;
  OwnAddress ip;
  std::uint64_t backlog = 128;

  void visit(OptionVisitor& visitor) override;
};

/// Takes datagrams, measures their rate and the time between two, and compares that with what is
/// expected.
struct ThroughputOptions final : ApplicationOptions {
  std::uint16_t port = 0;
  OwnAddress ip;
  std::uint64_t message_count = 10;
  Duration min_delay{};  ///< Between two messages.
  Duration max_delay{};  ///< The same; 0: any.

  void visit(OptionVisitor& visitor) override;
};

Task<Result<>> socket_client(Application& self, const SocketClientOptions& options);
Task<Result<>> socket_server(Application& self, const SocketServerOptions& options);
Task<Result<>> tcp_stream_client(Application& self, const TcpStreamClientOptions& options);
Task<Result<>> tcp_listener_server(Application& self, const TcpListenerServerOptions& options);
Task<Result<>> throughput(Application& self, const ThroughputOptions& options);

}  // namespace elvis
