// SPDX-License-Identifier: MIT
#include "elvis/applications/catalog.hpp"

#include <array>

#include "elvis/applications/messages.hpp"
#include "elvis/applications/probes.hpp"
#include "elvis/applications/routing.hpp"
#include "elvis/applications/sockets.hpp"
#include "elvis/applications/streams.hpp"
#include "elvis/applications/traffic.hpp"

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

constexpr std::array<std::string_view, 1> needs_icmp{"ICMP"};
constexpr std::array<std::string_view, 1> needs_tcp{"TCP"};
constexpr std::array<std::string_view, 1> needs_udp{"UDP"};
constexpr std::array<std::string_view, 2> needs_icmp_and_udp{"ICMP", "UDP"};

// Measured: their frames are larger than others'.
constexpr std::size_t probing_bytes = 1'900;
constexpr std::size_t client_bytes = 1'050;

constexpr std::array kinds{
    ApplicationKind{"send_message", "sends a message, once or several times", true,
                    make_options<SendMessageOptions>, run_with<SendMessageOptions, send_message>},
    ApplicationKind{"capture", "waits for messages and is satisfied when they have come", true,
                    make_options<CaptureOptions>, run_with<CaptureOptions, capture>},
    ApplicationKind{"forward", "sends on whatever arrives", false, make_options<ForwardOptions>,
                    run_with<ForwardOptions, forward>},
    ApplicationKind{"ping_pong", "throws a counter to and fro until it is used up", true,
                    make_options<PingPongOptions>, run_with<PingPongOptions, ping_pong>},
    ApplicationKind{"ping", "asks a machine for echoes and measures how long they take", true,
                    make_options<PingOptions>, run_with<PingOptions, ping>, needs_icmp, false,
                    nullptr, probing_bytes},
    ApplicationKind{"traceroute", "finds the routers on the way to a machine", true,
                    make_options<TracerouteOptions>, run_with<TracerouteOptions, traceroute>,
                    needs_icmp_and_udp, false, nullptr, probing_bytes},
    ApplicationKind{"udp_flood", "sends datagrams all at once", true, make_options<FloodOptions>,
                    run_with<FloodOptions, udp_flood>},
    ApplicationKind{"cbr", "sends datagrams at a constant rate", true, make_options<CbrOptions>,
                    run_with<CbrOptions, cbr>},
    ApplicationKind{"on_off", "sends datagrams at a constant rate, with pauses", true,
                    make_options<OnOffOptions>, run_with<OnOffOptions, on_off>},
    ApplicationKind{"sink", "takes datagrams or streams and counts them", false,
                    make_options<SinkOptions>, run_with<SinkOptions, sink>},
    ApplicationKind{"bulk", "sends as much as it can over TCP, and measures how fast that is", true,
                    make_options<BulkOptions>, run_with<BulkOptions, bulk>, needs_tcp},
    ApplicationKind{"request_response", "asks over TCP and measures how long answers take", true,
                    make_options<RequestResponseOptions>,
                    run_with<RequestResponseOptions, request_response>, needs_tcp},
    ApplicationKind{"responder", "answers request_response", false, make_options<ResponderOptions>,
                    run_with<ResponderOptions, responder>, needs_tcp},
    ApplicationKind{"socket_client",
                    "asks a socket_server and waits for each answer",
                    true,
                    make_options<SocketClientOptions>,
                    run_with<SocketClientOptions, socket_client>,
                    {},
                    false,
                    nullptr,
                    client_bytes},
    ApplicationKind{"socket_server", "answers socket_client", false,
                    make_options<SocketServerOptions>,
                    run_with<SocketServerOptions, socket_server>},
    ApplicationKind{"tcp_stream_client", "sends random bytes and compares what comes back", true,
                    make_options<TcpStreamClientOptions>,
                    run_with<TcpStreamClientOptions, tcp_stream_client>, needs_tcp},
    ApplicationKind{"tcp_listener_server", "sends back what comes over TCP", false,
                    make_options<TcpListenerServerOptions>,
                    run_with<TcpListenerServerOptions, tcp_listener_server>, needs_tcp},
    ApplicationKind{"throughput", "measures the rate of messages and the time between two", true,
                    make_options<ThroughputOptions>, run_with<ThroughputOptions, throughput>,
                    needs_udp},
    ApplicationKind{"rip", "finds routes together with its neighbours (RIP version 2, RFC 2453)",
                    false, make_options<RipOptions>, run_with<RipOptions, rip>, needs_udp, true},
};

}  // namespace

std::span<const ApplicationKind> application_kinds() {
  return kinds;
}

}  // namespace elvis
