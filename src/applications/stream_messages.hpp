// SPDX-License-Identifier: MIT
// The original's applications over TCP: a message is what comes between a SYN and a FIN.
#pragma once

#include "elvis/applications/messages.hpp"
#include "elvis/applications/traffic.hpp"

namespace elvis {

/// Whether an application with this `transport` uses TCP: where it may choose, if there is no UDP.
bool uses_tcp(const Application& self, int transport);

Task<Result<>> send_message_over_tcp(Application& self, const SendMessageOptions& options);
Task<Result<>> capture_over_tcp(Application& self, const CaptureOptions& options);
Task<Result<>> forward_over_tcp(Application& self, const ForwardOptions& options);
Task<Result<>> ping_pong_over_tcp(Application& self, const PingPongOptions& options);
Task<Result<>> sink_over_tcp(Application& self, const SinkOptions& options);

}  // namespace elvis
