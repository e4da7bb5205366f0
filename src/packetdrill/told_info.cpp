// SPDX-License-Identifier: MIT
// What tcp_info and its like say of the socket under test.
#include <algorithm>
#include <array>
#include <utility>

#include "process.hpp"

namespace elvis::packetdrill {

namespace {

// The numbers that the systems give to states.
struct StateName {
  TcpState state;
  std::int64_t on_linux;
  std::int64_t on_freebsd;
  const char* linux_name;
  const char* freebsd_name;
};

constexpr std::array<StateName, 11> states{
    {{TcpState::closed, 7, 0, "TCP_CLOSE", "TCPI_CLOSED"},
     {TcpState::listen, 10, 1, "TCP_LISTEN", "TCPI_LISTEN"},
     {TcpState::syn_sent, 2, 2, "TCP_SYN_SENT", "TCPI_SYN_SENT"},
     {TcpState::syn_received, 3, 3, "TCP_SYN_RECV", "TCPI_SYN_RECEIVED"},
     {TcpState::established, 1, 4, "TCP_ESTABLISHED", "TCPI_ESTABLISHED"},
     {TcpState::close_wait, 8, 5, "TCP_CLOSE_WAIT", "TCPI_CLOSE_WAIT"},
     {TcpState::fin_wait_1, 4, 6, "TCP_FIN_WAIT1", "TCPI_FIN_WAIT_1"},
     {TcpState::closing, 11, 7, "TCP_CLOSING", "TCPI_CLOSING"},
     {TcpState::last_ack, 9, 8, "TCP_LAST_ACK", "TCPI_LAST_ACK"},
     {TcpState::fin_wait_2, 5, 9, "TCP_FIN_WAIT2", "TCPI_FIN_WAIT_2"},
     {TcpState::time_wait, 6, 10, "TCP_TIME_WAIT", "TCPI_TIME_WAIT"}}};

std::int64_t number_of(TcpState state, bool is_freebsd) {
  const auto found = std::find_if(states.begin(), states.end(),
                                  [state](const StateName& name) { return name.state == state; });
  return is_freebsd ? found->on_freebsd : found->on_linux;
}

}  // namespace

// What packetdrill's own code prelude names.
void Process::tell_constants(CodeNames& names, bool is_freebsd) {
  constexpr std::array<std::pair<const char*, std::int64_t>, 12> constants{
      {{"TCP_CA_Open", 0},
       {"TCP_CA_Disorder", 1},
       {"TCP_CA_CWR", 2},
       {"TCP_CA_Recovery", 3},
       {"TCP_CA_Loss", 4},
       {"TCPI_OPT_TIMESTAMPS", 1},
       {"TCPI_OPT_SACK", 2},
       {"TCPI_OPT_WSCALE", 4},
       {"TCPI_OPT_ECN", 8},
       {"TCPI_OPT_ECN_SEEN", 16},
       {"TCPI_OPT_SYN_DATA", 32},
       {"TCP_INFINITE_SSTHRESH", 0x7fff'ffff}}};
  for (const auto& [name, value] : constants) names[name] = value;
  for (const StateName& state : states) {
    const std::int64_t number = number_of(state.state, is_freebsd);
    names[state.linux_name] = names[state.freebsd_name] = number;
  }
}

bool Process::tell_info(CodeNames& names) const {
  // The one that the script is about, else one that has a connection, else any.
  const auto rank = [this](const File& file) {
    if (file.stream == nullptr) return 0;
    if (file.flow != nullptr && file.flow == flows_.under_test()) return 3;
    return file.stream->session() != nullptr ? 2 : 1;
  };
  const File* tested = nullptr;
  int best = 0;
  for (const auto& [number, file] : files_) {
    const int own = rank(*file);
    if (own == 0 || own < best || (own == 3 && best == 3)) continue;
    best = own;
    tested = file.get();
  }
  if (tested == nullptr) return false;
  const TcpInfo info = tested->stream->info();
  const auto tell = [&names](const char* name, std::uint64_t value) {
    names[name] = static_cast<std::int64_t>(value);
  };
  names["tcpi_state"] = number_of(info.state, setup_.is_freebsd);
  tell("tcpi_ca_state", static_cast<std::uint64_t>(info.ca_state));
  tell("tcpi_retransmits", info.retransmits);
  tell("tcpi_probes", info.probes);
  tell("tcpi_backoff", info.backoff);
  tell("tcpi_options", info.options);
  tell("tcpi_snd_wscale", info.snd_wscale);
  tell("tcpi_rcv_wscale", info.rcv_wscale);
  tell("tcpi_rto", info.rto);
  tell("tcpi_ato", info.ato);
  tell("tcpi_snd_mss", info.snd_mss);
  tell("tcpi_rcv_mss",
       setup_.offloaded_mss == 0 ? info.rcv_mss : std::min(info.rcv_mss, setup_.offloaded_mss));
  tell("tcpi_unacked", info.unacked);
  tell("tcpi_sacked", info.sacked);
  tell("tcpi_lost", info.lost);
  tell("tcpi_retrans", info.retrans);
  tell("tcpi_fackets", 0);
  tell("tcpi_last_data_sent", info.last_data_sent);
  tell("tcpi_last_ack_sent", 0);
  tell("tcpi_last_data_recv", info.last_data_recv);
  tell("tcpi_last_ack_recv", info.last_ack_recv);
  tell("tcpi_pmtu", info.pmtu);
  tell("tcpi_rcv_ssthresh", info.rcv_ssthresh);
  tell("tcpi_rtt", info.rtt);
  tell("tcpi_rttvar", info.rttvar);
  // Linux counts segments, FreeBSD bytes.
  const std::uint64_t unit = setup_.is_freebsd ? info.snd_mss : 1;
  const bool has_threshold = info.snd_ssthresh < 0x7fff'ffff;
  const std::uint64_t no_threshold = setup_.is_freebsd ? 0x3fff'c000 : 0x7fff'ffff;
  tell("tcpi_snd_ssthresh", has_threshold ? unit * info.snd_ssthresh : no_threshold);
  tell("tcpi_snd_cwnd", unit * info.snd_cwnd);
  tell("tcpi_advmss", info.advmss);
  tell("tcpi_reordering", info.reordering);
  tell("tcpi_rcv_rtt", info.rcv_rtt);
  tell("tcpi_rcv_space", info.rcv_space);
  tell("tcpi_total_retrans", info.total_retrans);
  tell("tcpi_bytes_acked", info.bytes_acked);
  tell("tcpi_bytes_received", info.bytes_received);
  tell("tcpi_segs_out", info.segs_out);
  tell("tcpi_segs_in", info.segs_in);
  tell("tcpi_notsent_bytes", info.notsent_bytes);
  tell("tcpi_min_rtt", info.min_rtt);
  tell("tcpi_data_segs_in", info.data_segs_in);
  tell("tcpi_data_segs_out", info.data_segs_out);
  tell("tcpi_delivered", info.delivered);
  tell("tcpi_delivered_ce", info.delivered_ce);
  tell("tcpi_received_ce", info.received_ce);
  tell("tcpi_delivered_e1_bytes", info.delivered_bytes_by_ecn[0]);
  tell("tcpi_delivered_e0_bytes", info.delivered_bytes_by_ecn[1]);
  tell("tcpi_delivered_ce_bytes", info.delivered_bytes_by_ecn[2]);
  tell("tcpi_received_e1_bytes", info.received_bytes_by_ecn[0]);
  tell("tcpi_received_e0_bytes", info.received_bytes_by_ecn[1]);
  tell("tcpi_received_ce_bytes", info.received_bytes_by_ecn[2]);
  tell("tcpi_bytes_sent", info.bytes_sent);
  tell("tcpi_bytes_retrans", info.bytes_retrans);
  tell("tcpi_dsack_dups", info.dsack_dups);
  tell("tcpi_reord_seen", info.reord_seen);
  tell("tcpi_rcv_ooopack", info.rcv_ooopack);
  tell("tcpi_snd_wnd", info.snd_wnd);
  tell("tcpi_rcv_wnd", info.rcv_wnd);
  if (tested->kernel != nullptr) {
    const LinuxSocket& kernel = *tested->kernel;
    names["SK_MEMINFO_SNDBUF"] = kernel.buffer();
    const TcpSession* const session = tested->stream->session();
    const TcpReceiveMemory* const received =
        session == nullptr ? nullptr : session->connection().receiver().memory();
    names["SK_MEMINFO_RCVBUF"] = received != nullptr ? static_cast<std::int64_t>(received->limit())
                                 : tested->received_limit != 0 ? 2 * tested->received_limit
                                                               : setup_.receive_buffer;
    names["tcpi_busy_time"] = kernel.busy(machine_.now());
    names["tcpi_rwnd_limited"] = kernel.limited_by_window(machine_.now());
    names["tcpi_sndbuf_limited"] = kernel.limited_by_buffer(machine_.now());
  }
  return true;
}

}  // namespace elvis::packetdrill
