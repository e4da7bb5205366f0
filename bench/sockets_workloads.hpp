// SPDX-License-Identifier: MIT
// The workloads of the paper's Table 1, as programs that each API writes in its own way.
//
//   basic      a machine sends `count` messages to another, one every millisecond
//   ping_pong  two machines throw a message to and fro until each has thrown it `count` times
//   server     16 clients ask one server over TCP, `count` times each, and wait for each answer
#pragma once

#include <cstddef>
#include <cstdint>

#include "elvis/graph/application.hpp"

namespace elvis {

/// What a program is told; the same for all APIs.
struct WorkloadOptions final : ApplicationOptions {
  Endpoint remote;          ///< Of senders, pingers and clients.
  std::uint16_t port = 0;   ///< Of receivers, pongers and servers.
  std::uint64_t count = 1;  ///< Messages that are sent, or received.
  std::size_t size = 64;    ///< Bytes of a message, of a question and of an answer.

  void visit(OptionVisitor&) override {}
};

using WorkloadProgram = Task<Result<>> (*)(Application& self, const ApplicationOptions& options);

/// One API's programs. A server serves until the run ends, all others end.
struct WorkloadPrograms {
  WorkloadProgram sender;
  WorkloadProgram receiver;
  WorkloadProgram pinger;
  WorkloadProgram ponger;
  WorkloadProgram client;
  WorkloadProgram server;
};

/// Sessions and callbacks, as the protocols give them: what sockets are made of.
WorkloadPrograms session_programs();
/// Coroutines and sockets.
WorkloadPrograms coroutine_programs();
/// The Asio model with its coroutines, and with plain completion handlers.
WorkloadPrograms asio_programs();
WorkloadPrograms asio_callback_programs();

}  // namespace elvis
