// SPDX-License-Identifier: MIT
// Process: the program under the script's control: its open files, and the system calls that it
// makes on the machine under test.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "call_flags.hpp"
#include "code.hpp"
#include "elvis/sim/task.hpp"
#include "elvis/sockets/tcp_listener.hpp"
#include "elvis/sockets/tcp_socket.hpp"
#include "elvis/sockets/udp_socket.hpp"
#include "flows.hpp"
#include "linux_socket.hpp"
#include "script.hpp"
#include "setup.hpp"

namespace elvis::packetdrill {

/// What came of a system call.
struct CallOutcome {
  std::int64_t value = 0;
  std::string error;  ///< `ECONNREFUSED`; then the value is -1.
  /// What else is not as the script has it: what an argument points to.
  std::vector<std::string> differences;
  std::string unsupported;  ///< Why the call cannot be made here at all.

  CallOutcome() = default;
  CallOutcome(std::int64_t number) : value{number} {}  // NOLINT: `return 0;` reads best
  static CallOutcome failed(std::string_view name);
  static CallOutcome failed(boost::system::error_code code);
  static CallOutcome impossible(std::string why);
};

class Process {
 public:
  /// Its times count from `begin`.
  Process(Machine& machine, const Setup& setup, Flows& flows, Time begin);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Makes a system call, which outlives it.
  Task<CallOutcome> call(const CallEvent& call);
  /// Whether there is such a call.
  static bool knows(std::string_view name);

  /// Puts what tcp_info says of the socket under test into `names`; false if there is none.
  bool tell_info(CodeNames& names) const;
  /// Puts the names that code may use besides into `names`.
  static void tell_constants(CodeNames& names, bool is_freebsd);
  /// Looks at what the stack did meanwhile.
  void settle();
  /// At which rate Linux would let segments from `local` to `remote` leave, in bytes a second; 0:
  /// at any.
  std::uint64_t pacing_rate(Endpoint local, Endpoint remote) const;
  /// A command may have changed what holds for open connections, too.
  void settings_changed();

 private:
  struct File {
    Packet::Kind kind = Packet::Kind::tcp;
    bool is_nonblocking = false;
    bool is_bound = false;
    bool is_connecting = false;
    bool is_read_shut = false;
    bool is_corked = false;
    Endpoint local;
    TcpSettings settings;
    std::unique_ptr<TcpSocket> stream;
    std::unique_ptr<LinuxSocket> kernel;  // of a stream, if it is to be like Linux
    std::size_t backlog = 0;
    std::int64_t received_limit = 0;     // SO_RCVBUF, if it was chosen
    std::shared_ptr<std::int64_t> pipe;  // what is in it
    std::unique_ptr<TcpListener> listener;
    std::unique_ptr<UdpSocket> datagrams;
    Message unread;  // what was looked at with MSG_PEEK
    Message unsent;  // the part of a datagram that is there already (MSG_MORE, UDP_CORK)
    Flow* flow = nullptr;
    std::optional<Endpoint> deferred;  // where connect() goes when the first data are there
    std::map<std::string, std::int64_t, std::less<>> kept;  // options as they were set

    bool is_set(std::string_view option) const {
      const auto found = kept.find(option);
      return found != kept.end() && found->second != 0;
    }
    /// Whether a call with `flags` is told of when its bytes have arrived (MSG_ZEROCOPY).
    bool is_without_copy(std::int64_t flags) const {
      return (flags & flag_without_copy) != 0 && kernel != nullptr && is_set("SO_ZEROCOPY");
    }
  };
  struct Entry;
  using Simple = CallOutcome (Process::*)(const CallEvent&);
  using Waiting = Task<CallOutcome> (Process::*)(const CallEvent&);

  static const Entry* entry_of(std::string_view name);

  // ----- process.cpp: sockets come and go -----
  CallOutcome socket(const CallEvent& call);
  CallOutcome bind(const CallEvent& call);
  CallOutcome listen(const CallEvent& call);
  CallOutcome open(const CallEvent& call);
  CallOutcome pipe(const CallEvent& call);
  CallOutcome close(const CallEvent& call);
  CallOutcome shutdown(const CallEvent& call);
  Task<CallOutcome> accept(const CallEvent& call);
  Task<CallOutcome> connect(const CallEvent& call);
  CallOutcome connect_datagrams(File& file, Endpoint remote);
  void begin_flow(File& file, Endpoint remote);
  CallOutcome connect_again(File& file);
  CallOutcome disconnect(File& file);
  CallOutcome accepted(File& listener, TcpSocketRef socket, const CallEvent& call);

  // ----- data_calls.cpp -----
  Task<CallOutcome> read(const CallEvent& call);
  Task<CallOutcome> write(const CallEvent& call);
  Task<CallOutcome> receive_stream(File& file, const CallEvent& call, std::size_t size,
                                   std::int64_t flags);
  Task<CallOutcome> receive_datagram(File& file, const CallEvent& call, std::size_t size,
                                     std::int64_t flags);
  Task<CallOutcome> send_stream(File& file, std::string bytes, std::size_t size,
                                std::int64_t flags);
  Task<boost::system::error_code> send_like_linux(File& file, Message data, bool may_wait,
                                                  std::size_t& sent);
  Task<CallOutcome> sendfile(const CallEvent& call);
  Task<CallOutcome> splice(const CallEvent& call);
  CallOutcome take_notice(File& file, const CallEvent& call);
  void check_control(File& file, const CallEvent& call, CallOutcome& outcome) const;
  static CallOutcome broken(File& file, boost::system::error_code error);
  CallOutcome send_urgent(File& file, Message data, std::size_t size);
  CallOutcome send_datagram(File& file, const CallEvent& call, std::string_view bytes,
                            std::size_t size);
  static void check_received(const CallEvent& call, std::string_view bytes, CallOutcome& outcome);

  // ----- fast_open_calls.cpp -----
  Task<CallOutcome> connect_fast(File& file, Endpoint remote, bool may_wait);
  Task<CallOutcome> send_fast(File& file, const CallEvent& call, std::string bytes,
                              std::size_t size, std::int64_t flags);
  CallOutcome send_connecting(File& file, const CallEvent& call, std::string bytes,
                              std::size_t size);
  CallOutcome set_fast_open(File& file, std::string_view name, const CallEvent& call);
  TcpSettings settings_of_connection(const File& file) const;
  TcpSettings settings_of_listener(const File& file) const;

  // ----- option_calls.cpp -----
  CallOutcome setsockopt(const CallEvent& call);
  CallOutcome getsockopt(const CallEvent& call);
  CallOutcome fcntl(const CallEvent& call);
  CallOutcome ioctl(const CallEvent& call);
  bool set_option(File& file, std::string_view name, std::int64_t value);
  void set_header(File& file, std::string_view name, std::uint8_t value);
  static CallOutcome set_linger(File& file, const Expression& value);
  CallOutcome set_ports(File& file, std::int64_t range);
  CallOutcome set_congestion(File& file, const std::string& name);
  std::int64_t option_of(File& file, std::string_view name);
  template <typename Change>
  void configure(File& file, Change change);

  // ----- poll_calls.cpp -----
  Task<CallOutcome> poll(const CallEvent& call);
  CallOutcome epoll_create(const CallEvent& call);
  CallOutcome epoll_ctl(const CallEvent& call);
  Task<CallOutcome> epoll_wait(const CallEvent& call);
  std::int64_t readiness(const File& file) const;

  // ----- everywhere -----
  File* file_of(const CallEvent& call, std::size_t argument = 0);
  static std::int64_t number_at(const CallEvent& call, std::size_t argument,
                                std::int64_t otherwise = 0);
  /// The address in an argument; `otherwise` for `...` or nothing.
  static Endpoint endpoint_at(const CallEvent& call, std::size_t argument, Endpoint otherwise);
  int free_descriptor(const CallEvent& call);
  void rename(int from, int to);
  /// Compares what an argument says with what it came to be.
  static void check_argument(const CallEvent& call, std::size_t argument, std::int64_t seen,
                             CallOutcome& outcome);

  struct Interest {
    std::int64_t events = 0;
    std::int64_t told = 0;        // of edge-triggered ones
    std::uint64_t told_wake = 0;  // likewise
    bool is_new = true;
    const Expression* data = nullptr;
  };

  Machine& machine_;
  Time begin_;
  const Setup& setup_;
  Flows& flows_;
  std::map<int, std::unique_ptr<File>> files_;
  std::map<int, std::map<int, Interest>> epolls_;
};

}  // namespace elvis::packetdrill
