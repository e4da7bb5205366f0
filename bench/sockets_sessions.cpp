// SPDX-License-Identifier: MIT
// The workloads without sockets: protocols above UDP and users of TCP's sessions.
#include <memory>
#include <utility>
#include <vector>

#include "elvis/graph/machine.hpp"
#include "elvis/protocols/tcp.hpp"
#include "elvis/protocols/udp.hpp"
#include "elvis/sockets/signal.hpp"
#include "sockets_workloads.hpp"

namespace elvis {
namespace {

const WorkloadOptions& of(const ApplicationOptions& options) {
  return static_cast<const WorkloadOptions&>(options);
}

Udp& udp_of(Machine& machine) {
  return static_cast<Udp&>(*machine.find(ProtocolId::udp));
}
Tcp& tcp_of(Machine& machine) {
  return static_cast<Tcp&>(*machine.find(ProtocolId::tcp));
}

// ===== basic =====

// Sends a message whenever its timer says so.
class Sender final : public Protocol, private Timer {
 public:
  Sender(Application& self, const WorkloadOptions& options, Signal& end)
      : Protocol{self.machine(), ProtocolId::none},
        Timer{[](Timer& timer) { static_cast<Sender&>(timer).send(); }},
        self_{self},
        end_{end},
        left_{options.count},
        message_{Message::zeros(options.size)} {}

  Result<> begin(Endpoint remote) {
    Result<SessionRef> session = udp_of(machine()).open(*this, {.local = {}, .remote = remote});
    if (!session) return session.error();
    session_ = *std::move(session);
    send();
    return {};
  }
  void demux(Message&&, Arrival&) override {}

 private:
  void send() {
    (void)session_->send(Message{message_});
    self_.count_message(message_.size());
    if (--left_ == 0) return end_.set();
    arm(machine(), machine().now() + std::chrono::milliseconds{1});
  }

  Application& self_;
  Signal& end_;
  std::uint64_t left_;
  Message message_;
  SessionRef session_;
};

class Receiver final : public Protocol {
 public:
  Receiver(Application& self, const WorkloadOptions& options, Signal& end)
      : Protocol{self.machine(), ProtocolId::none}, self_{self}, end_{end}, left_{options.count} {}

  void demux(Message&& payload, Arrival&) override {
    self_.count_message(payload.size());
    if (--left_ == 0) end_.set();
  }

 private:
  Application& self_;
  Signal& end_;
  std::uint64_t left_;
};

Task<Result<>> sender(Application& self, const ApplicationOptions& options) {
  Signal end{self.machine()};
  Sender sender{self, of(options), end};
  if (const Result<> begun = sender.begin(of(options).remote); !begun) co_return begun;
  const Result<> ended = co_await end.wait();
  co_return ended;
}

Task<Result<>> receiver(Application& self, const ApplicationOptions& options) {
  Signal end{self.machine()};
  Receiver receiver{self, of(options), end};
  Udp& udp = udp_of(self.machine());
  const Endpoint local{{}, of(options).port};
  if (const Result<> listening = udp.listen(receiver, local); !listening) co_return listening;
  const Result<> ended = co_await end.wait();
  udp.unlisten(local);
  co_return ended;
}

// ===== ping_pong =====

// Throws back whatever comes, on the session that it came from.
class Player final : public Protocol {
 public:
  Player(Application& self, const WorkloadOptions& options, Signal& end)
      : Protocol{self.machine(), ProtocolId::none}, self_{self}, end_{end}, left_{options.count} {}

  Result<> open(Endpoints endpoints) {
    Result<SessionRef> session = udp_of(machine()).open(*this, endpoints);
    if (!session) return session.error();
    session_ = *std::move(session);
    return {};
  }
  Result<> send(Message&& message) { return session_->send(std::move(message)); }

  void demux(Message&& payload, Arrival& arrival) override {
    self_.count_message(payload.size());
    if (session_ == nullptr) (void)open({arrival.local(), arrival.remote()});
    if (--left_ == 0) end_.set();
    if (left_ != 0 || is_second) (void)session_->send(std::move(payload));
  }

  bool is_second = false;

 private:
  using Protocol::open;

  Application& self_;
  Signal& end_;
  std::uint64_t left_;
  SessionRef session_;
};

Task<Result<>> pinger(Application& self, const ApplicationOptions& options) {
  Signal end{self.machine()};
  Player player{self, of(options), end};
  if (const Result<> opened = player.open({.local = {}, .remote = of(options).remote}); !opened) {
    co_return opened;
  }
  (void)player.send(Message::zeros(of(options).size));
  const Result<> ended = co_await end.wait();
  co_return ended;
}

Task<Result<>> ponger(Application& self, const ApplicationOptions& options) {
  Signal end{self.machine()};
  Player player{self, of(options), end};
  player.is_second = true;
  Udp& udp = udp_of(self.machine());
  const Endpoint local{{}, of(options).port};
  if (const Result<> listening = udp.listen(player, local); !listening) co_return listening;
  const Result<> ended = co_await end.wait();
  udp.unlisten(local);
  co_return ended;
}

// ===== server =====

// A client's end of a stream.
class Asker final : public TcpUser {
 public:
  Asker(Application& self, const WorkloadOptions& options, Signal& end)
      : self_{self}, options_{options}, end_{end}, left_{options.count} {}
  ~Asker() {
    if (session_ != nullptr) session_->set_user(nullptr);
  }

  Result<> begin() {
    Result<TcpSessionRef> session =
        tcp_of(self_.machine()).connect(*this, {.local = {}, .remote = options_.remote});
    if (!session) return session.error();
    session_ = *std::move(session);
    return {};
  }
  void tcp_changed(TcpSession& session, TcpEvents events) override {
    if ((events & tcp_ended) != 0) return end_.set();
    if ((events & tcp_connected) != 0) ask(session);
    if ((events & tcp_readable) == 0) return;
    answered_ += session.read(options_.size - answered_).size();
    if (answered_ < options_.size) return;
    answered_ = 0;
    self_.count_message(options_.size);
    if (--left_ != 0) return ask(session);
    session.close();
    session_.reset();
    end_.set();
  }

 private:
  void ask(TcpSession& session) {
    Message question = Message::zeros(options_.size);
    session.write(question);
  }

  Application& self_;
  const WorkloadOptions& options_;
  Signal& end_;
  std::uint64_t left_;
  std::size_t answered_ = 0;
  TcpSessionRef session_;
};

Task<Result<>> client(Application& self, const ApplicationOptions& options) {
  Signal end{self.machine()};
  Asker asker{self, of(options), end};
  if (const Result<> begun = asker.begin(); !begun) co_return begun;
  const Result<> ended = co_await end.wait();
  co_return ended;
}

// The server's ends of all streams.
class Answerer final : public TcpAcceptor {
 public:
  Answerer(Application& self, const WorkloadOptions& options) : self_{self}, options_{options} {}
  ~Answerer() { tcp_of(self_.machine()).unlisten(local()); }

  Endpoint local() const { return {{}, options_.port}; }
  Result<> begin() { return tcp_of(self_.machine()).listen(*this, local(), 1'024); }
  void tcp_acceptable() override {
    while (TcpSessionRef session = tcp_of(self_.machine()).accept(local())) {
      peers_.push_back(std::make_unique<Peer>(*this, std::move(session)));
    }
  }

 private:
  class Peer final : public TcpUser {
   public:
    Peer(Answerer& of, TcpSessionRef session) : of_{of}, session_{std::move(session)} {
      session_->set_user(this);
    }
    ~Peer() {
      if (session_ != nullptr) session_->drop();
    }
    void tcp_changed(TcpSession& session, TcpEvents events) override {
      if ((events & tcp_ended) != 0) return session_.reset();
      if ((events & tcp_readable) == 0) return;
      const std::size_t size = of_.options_.size;
      while (session.readable() != 0) {
        asked_ += session.read(size - asked_).size();
        if (asked_ < size) continue;
        asked_ = 0;
        of_.self_.count_message(size);
        Message answer = Message::zeros(size);
        session.write(answer);
      }
      if (!session.is_at_end()) return;
      session.close();
      session_.reset();
    }

   private:
    Answerer& of_;
    TcpSessionRef session_;
    std::size_t asked_ = 0;
  };

  Application& self_;
  const WorkloadOptions& options_;
  std::vector<std::unique_ptr<Peer>> peers_;
};

Task<Result<>> server(Application& self, const ApplicationOptions& options) {
  Signal never{self.machine()};
  Answerer answerer{self, of(options)};
  if (const Result<> begun = answerer.begin(); !begun) co_return begun;
  const Result<> ended = co_await never.wait();
  co_return ended;
}

}  // namespace

WorkloadPrograms session_programs() {
  return {sender, receiver, pinger, ponger, client, server};
}

}  // namespace elvis
