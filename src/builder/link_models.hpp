// SPDX-License-Identifier: MIT
// The link properties that have more to them than a number: latency, loss and queue. Mistakes are
// reported; then nothing comes back.
#pragma once

#include <optional>

#include "elvis/graph/frame_queue.hpp"
#include "elvis/graph/latency_model.hpp"
#include "elvis/graph/loss_model.hpp"
#include "link_value.hpp"

namespace elvis {

std::optional<LatencyModel> read_latency_model(LinkValue& value);
std::optional<LossModel> read_loss_model(LinkValue& value);
std::optional<QueueProperties> read_queue(LinkValue& value);

}  // namespace elvis
