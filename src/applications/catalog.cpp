// SPDX-License-Identifier: MIT
#include "elvis/applications/catalog.hpp"

#include <array>

#include "elvis/applications/messages.hpp"

namespace elvis {

namespace {

template <typename T>
std::unique_ptr<ApplicationOptions> make_options() {
  return std::make_unique<T>();
}

// The program `run` for options of type T.
template <typename T, Task<Result<>> (*run)(Application&, const T&)>
Task<Result<>> run_with(Application& self, const ApplicationOptions& options) {
  return run(self, static_cast<const T&>(options));
}

constexpr std::array kinds{
    ApplicationKind{"send_message", "sends a message, once or several times", true,
                    make_options<SendMessageOptions>, run_with<SendMessageOptions, send_message>},
    ApplicationKind{"capture", "waits for messages and is satisfied when they have come", true,
                    make_options<CaptureOptions>, run_with<CaptureOptions, capture>},
    ApplicationKind{"forward", "sends on whatever arrives", false, make_options<ForwardOptions>,
                    run_with<ForwardOptions, forward>},
    ApplicationKind{"ping_pong", "throws a counter to and fro until it is used up", true,
                    make_options<PingPongOptions>, run_with<PingPongOptions, ping_pong>},
};

}  // namespace

std::span<const ApplicationKind> application_kinds() {
  return kinds;
}

}  // namespace elvis
