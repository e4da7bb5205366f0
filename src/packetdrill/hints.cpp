// SPDX-License-Identifier: MIT
#include "hints.hpp"

#include <algorithm>
#include <array>

#include "symbols.hpp"

namespace elvis::packetdrill {

namespace {

constexpr std::uint32_t freebsd_buffer = 65'536;  // net.inet.tcp.recvspace

bool speaks_to(const Script& script, std::string_view word) {
  const auto has = [word](const CommandEvent& command) {
    return command.text.find(word) != std::string::npos;
  };
  if (script.first_command && has(*script.first_command)) return true;
  return std::any_of(script.events.begin(), script.events.end(), [&](const Event& event) {
    const auto* const command = std::get_if<CommandEvent>(&event.what);
    return command != nullptr && has(*command);
  });
}

template <std::size_t size>
bool speaks_to_any(const Script& script, const std::array<std::string_view, size>& words) {
  return std::any_of(words.begin(), words.end(),
                     [&script](std::string_view word) { return speaks_to(script, word); });
}

bool has_argument(const CallEvent& call, std::string_view word) {
  return std::any_of(call.arguments.begin(), call.arguments.end(),
                     [word](const Expression& argument) { return argument.word == word; });
}

// Whose order the options of an expected SYN are in: Linux pads in front, FreeBSD has the window
// scale before what it says of SACK.
std::optional<Layout> layout_of(const Packet& packet) {
  if (packet.kind != Packet::Kind::tcp || !packet.has(Packet::syn)) return std::nullopt;
  std::optional<std::size_t> scale;
  std::optional<std::size_t> sack;
  for (std::size_t at = 0; at < packet.options.size(); ++at) {
    if (packet.options[at].kind == TcpOption::Kind::window_scale) scale = at;
    if (packet.options[at].kind == TcpOption::Kind::sack_permitted) sack = at;
  }
  if (!scale || !sack) return std::nullopt;
  return *scale < *sack ? Layout::like_freebsd : Layout::like_linux;
}

// Whose first window it is, if nobody chose one: FreeBSD and most others offer all that a SYN can
// tell of, Linux has offered an even number of segments of an Ethernet, 4, 10, 20 or 44.
bool is_linux_window(const Packet& packet) {
  if (packet.kind != Packet::Kind::tcp || !packet.has(Packet::syn) || !packet.window) return false;
  constexpr std::array<std::uint16_t, 8> defaults{5'792,  5'840,  14'480, 14'600,
                                                  28'960, 29'200, 64'240, 65'160};
  return std::find(defaults.begin(), defaults.end(), *packet.window) != defaults.end();
}

// Calls and options of one system alone, and what its buffers are if nobody chose.
std::optional<Layout> layout_of(const CallEvent& call) {
  if (call.name.starts_with("epoll")) return Layout::like_linux;
  for (const std::string_view word : {"SOL_TCP", "SOL_IP", "SOL_UDP"}) {
    if (has_argument(call, word)) return Layout::like_linux;
  }
  for (const std::string_view word : {"TCP_KEEPINIT", "TCP_NOOPT", "TCP_NOPUSH", "SO_NOSIGPIPE"}) {
    if (has_argument(call, word)) return Layout::like_freebsd;
  }
  const bool tells_buffer = call.name == "getsockopt" && has_argument(call, "SO_RCVBUF");
  if (tells_buffer && call.arguments.size() > 3 && value_of(call.arguments[3]) == freebsd_buffer) {
    return Layout::like_freebsd;
  }
  return std::nullopt;
}

// The window that FreeBSD offers before anything has come: its buffer in whole segments, scaled.
std::optional<std::uint16_t> freebsd_window(const Packet& syn) {
  constexpr unsigned scale = 6;
  const TcpOption* const mss = syn.option(TcpOption::Kind::mss);
  if (mss == nullptr || mss->value == 0 || !syn.option(TcpOption::Kind::window_scale)) {
    return std::nullopt;
  }
  const std::uint32_t segment = std::min<std::uint32_t>(mss->value, 1'460);
  const std::uint32_t buffer = (freebsd_buffer + segment - 1) / segment * segment;
  return static_cast<std::uint16_t>(buffer >> scale);
}

// Whether the first data, a segment, are to be acknowledged at once: that is Linux' habit.
bool has_quick_acknowledgement(const Script& script) {
  constexpr std::uint32_t most_segment = 1'460;
  const Event* data = nullptr;
  for (const Event& event : script.events) {
    const auto* const call = std::get_if<CallEvent>(&event.what);
    if (call != nullptr && has_argument(*call, "TCP_QUICKACK")) return false;
    const auto* const packet = std::get_if<PacketEvent>(&event.what);
    if (data != nullptr) {
      const Packet& first = std::get<PacketEvent>(data->what).packet;
      const bool is_at_once =
          event.time.is_relative() ? event.time.to == Duration{} : event.time.to == data->time.to;
      return packet != nullptr && !packet->is_inbound && is_at_once &&
             packet->packet.flags == Packet::ack_flag && packet->packet.payload_bytes == 0 &&
             packet->packet.acknowledgment == first.sequence + first.payload_bytes;
    }
    if (packet == nullptr || !packet->is_inbound || packet->packet.payload_bytes == 0) continue;
    if (packet->packet.kind != Packet::Kind::tcp || packet->packet.sequence != 1) return false;
    if (packet->packet.has(Packet::syn | Packet::fin | Packet::rst)) return false;
    if (packet->packet.payload_bytes > most_segment) return false;
    data = &event;
  }
  return false;
}

bool says_again(const Packet& packet, const Packet& earlier) {
  return packet.flags == earlier.flags && packet.sequence == earlier.sequence &&
         packet.payload_bytes == earlier.payload_bytes;
}

bool chooses_buffers(const Script& script) {
  constexpr std::array<std::string_view, 5> words{"rmem", "maxsockbuf", "recvspace", "defaults.sh",
                                                  "packetdrill/common.sh"};
  if (speaks_to_any(script, words)) return true;
  return std::any_of(script.events.begin(), script.events.end(), [](const Event& event) {
    const auto* const call = std::get_if<CallEvent>(&event.what);
    return call != nullptr &&
           (has_argument(*call, "SO_RCVBUF") || has_argument(*call, "SO_RCVBUFFORCE"));
  });
}

}  // namespace

std::optional<Layout> likely_layout(const Script& script) {
  constexpr std::array<std::string_view, 6> of_linux{
      "net.ipv4", "net/ipv4", "defaults.sh", "packetdrill/common.sh", "nstat", "tc qdisc"};
  if (speaks_to(script, "net.inet.")) return Layout::like_freebsd;
  if (speaks_to_any(script, of_linux)) return Layout::like_linux;
  std::optional<std::uint16_t> window;
  for (const Event& event : script.events) {
    std::optional<Layout> layout;
    if (const auto* const call = std::get_if<CallEvent>(&event.what)) layout = layout_of(*call);
    if (const auto* const packet = std::get_if<PacketEvent>(&event.what)) {
      const bool is_syn = packet->packet.has(Packet::syn);
      if (!packet->is_inbound) layout = layout_of(packet->packet);
      if (packet->is_inbound && is_syn && !window) window = freebsd_window(packet->packet);
      if (packet->is_inbound && packet->packet.option(TcpOption::Kind::eol) != nullptr) {
        layout = Layout::like_freebsd;  // which alone pads so
      }
      if (!packet->is_inbound && !is_syn && window && packet->packet.window == window) {
        layout = Layout::like_freebsd;
      }
    }
    if (layout) return layout;
  }
  const bool has_linux_window =
      !chooses_buffers(script) &&
      std::any_of(script.events.begin(), script.events.end(), [](const Event& event) {
        const auto* const packet = std::get_if<PacketEvent>(&event.what);
        return packet != nullptr && !packet->is_inbound && is_linux_window(packet->packet);
      });
  if (has_linux_window || has_quick_acknowledgement(script)) return Layout::like_linux;
  return std::nullopt;
}

bool has_old_timeout(const Script& script) {
  constexpr Duration too_late = std::chrono::milliseconds{1'500};
  if (speaks_to(script, "rexmit_initial")) return false;
  Duration now{};
  std::optional<Duration> sent_at;
  bool is_answered = false;      // or sent again
  const Packet* last = nullptr;  // that was sent for the first time, with nothing since
  Duration last_at{};
  for (const Event& event : script.events) {
    if (event.time.kind == EventTime::Kind::any) return false;
    now = event.time.is_relative() ? now + event.time.from : event.time.from;
    const auto* const code = std::get_if<CodeEvent>(&event.what);
    if (code != nullptr && code->text.find("tcpi_rto == 3000000") != std::string::npos) return true;
    const auto* const packet = std::get_if<PacketEvent>(&event.what);
    if (packet == nullptr || packet->packet.kind != Packet::Kind::tcp) continue;
    const bool is_bare_reset =
        packet->packet.has(Packet::rst) && !packet->packet.has(Packet::ack_flag);
    if (packet->is_inbound && is_bare_reset) continue;  // which no SYN takes for an answer
    if (sent_at && !is_answered) {
      if (now - *sent_at > too_late) return true;
      is_answered = true;
    }
    if (!packet->is_inbound && packet->packet.has(Packet::syn) && !sent_at) sent_at = now;
    const bool is_again =
        last != nullptr && !packet->is_inbound && says_again(packet->packet, *last);
    constexpr Duration old_timeout = std::chrono::seconds{3};
    constexpr Duration slack = std::chrono::milliseconds{500};
    const Duration since = now - last_at;
    if (is_again && since > old_timeout - slack && since < old_timeout + slack) return true;
    const bool is_first = !packet->is_inbound && !is_again && packet->packet.sequence_length() != 0;
    last = is_first ? &packet->packet : nullptr;
    last_at = now;
  }
  return false;
}

bool has_mss_repeated(const Script& script) {
  const TcpOption* asked = nullptr;
  for (const Event& event : script.events) {
    const auto* const packet = std::get_if<PacketEvent>(&event.what);
    if (packet == nullptr || !packet->packet.has(Packet::syn)) continue;
    const TcpOption* const mss = packet->packet.option(TcpOption::Kind::mss);
    if (packet->is_inbound) {
      asked = mss;
    } else if (packet->packet.has(Packet::ack_flag)) {
      return asked != nullptr && mss != nullptr && asked->value == mss->value;
    }
  }
  return false;
}

bool has_windows_rounded_down(const Script& script) {
  std::optional<std::uint16_t> window;
  for (const Event& event : script.events) {
    const auto* const packet = std::get_if<PacketEvent>(&event.what);
    if (packet == nullptr) continue;
    const bool is_syn = packet->packet.has(Packet::syn);
    if (packet->is_inbound && is_syn) window = freebsd_window(packet->packet);
    if (!packet->is_inbound && !is_syn && window && packet->packet.window == window) return true;
  }
  return false;
}

// The first write that a buffer is too small for, the acknowledgement behind it, the data which
// that lets go, and then a call that is told of room at once.
bool expects_recent_buffers(const Script& script) {
  enum class Stage : std::uint8_t { begins, is_full, is_acknowledged, has_sent };
  Stage stage = Stage::begins;
  for (const Event& event : script.events) {
    const auto* const call = std::get_if<CallEvent>(&event.what);
    if (call != nullptr && stage == Stage::begins && call->name == "write") {
      const auto wanted = call->arguments.size() > 2 ? value_of(call->arguments[2]) : std::nullopt;
      const auto taken = value_of(call->result);
      if (wanted && taken && *taken > 0 && *taken < *wanted) stage = Stage::is_full;
    }
    const bool looks = call != nullptr && (call->name == "poll" || call->name == "epoll_wait");
    if (looks && stage == Stage::has_sent) return !call->end && value_of(call->result) == 1;
    const auto* const packet = std::get_if<PacketEvent>(&event.what);
    if (packet == nullptr || stage == Stage::begins) continue;
    if (packet->is_inbound) {
      if (stage != Stage::is_full) return false;
      stage = Stage::is_acknowledged;
    } else if (stage == Stage::is_acknowledged && packet->packet.payload_bytes != 0) {
      stage = Stage::has_sent;
    }
  }
  return false;
}

EcnHints ecn_hints(const Script& script) {
  constexpr std::uint16_t of_syn = Packet::syn | Packet::ece | Packet::cwr | Packet::ae;
  EcnHints hints;
  for (const Event& event : script.events) {
    const auto* const packet = std::get_if<PacketEvent>(&event.what);
    if (packet == nullptr || packet->is_inbound || packet->packet.kind != Packet::Kind::tcp)
      continue;
    const auto flags = static_cast<std::uint16_t>(packet->packet.flags & of_syn);
    const bool is_answer = packet->packet.has(Packet::ack_flag);
    if (!is_answer && flags == (Packet::syn | Packet::ece | Packet::cwr)) hints.asks = true;
    if (is_answer && flags == (Packet::syn | Packet::ece)) hints.grants = true;
  }
  return hints;
}

BufferHints buffer_hints(const Script& script) {
  BufferHints hints;
  if (chooses_buffers(script)) return hints;
  for (const Event& event : script.events) {
    const auto* const packet = std::get_if<PacketEvent>(&event.what);
    if (packet == nullptr || packet->is_inbound || !packet->packet.has(Packet::syn)) continue;
    const TcpOption* const scale = packet->packet.option(TcpOption::Kind::window_scale);
    if (scale != nullptr) hints.window_scale = static_cast<std::uint8_t>(scale->value);
    hints.window = packet->packet.window;
    break;
  }
  return hints;
}

}  // namespace elvis::packetdrill
