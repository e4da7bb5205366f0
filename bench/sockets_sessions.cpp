// SPDX-License-Identifier: MIT
// The workloads without sockets: protocols above UDP and users of TCP's sessions. They look at what
// calls return, answer whom they heard from, and see to what found no room in a send buffer, as the
// programs with sockets do; but where those copy, they hand messages on.
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

// What a program's coroutine waits for: that its callbacks are done, and how it went.
class End {
 public:
  explicit End(Machine& machine) : signal_{machine} {}

  void set(Result<> outcome = {}) {
    outcome_ = outcome;
    signal_.set();
  }
  Signal::Happened wait() { return signal_.wait(); }
  Result<> outcome() const { return outcome_; }

 private:
  Signal signal_;
  Result<> outcome_;
};

// ===== basic =====

// Sends a message whenever its timer says so.
class Sender final : public Protocol, private Timer {
 public:
  Sender(Application& self, const WorkloadOptions& options, End& end)
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
    if (const Result<> sent = session_->send(Message{message_}); !sent) return end_.set(sent);
    self_.count_message(message_.size());
    if (--left_ == 0) return end_.set();
    arm(machine(), machine().now() + std::chrono::milliseconds{1});
  }

  Application& self_;
  End& end_;
  std::uint64_t left_;
  Message message_;
  SessionRef session_;
};

class Receiver final : public Protocol {
 public:
  Receiver(Application& self, const WorkloadOptions& options, End& end)
      : Protocol{self.machine(), ProtocolId::none}, self_{self}, end_{end}, left_{options.count} {}

  void demux(Message&& payload, Arrival&) override {
    self_.count_message(payload.size());
    if (--left_ == 0) end_.set();
  }

 private:
  Application& self_;
  End& end_;
  std::uint64_t left_;
};

Task<Result<>> sender(Application& self, const ApplicationOptions& options) {
  End end{self.machine()};
  Sender sender{self, of(options), end};
  if (const Result<> begun = sender.begin(of(options).remote); !begun) co_return begun;
  const Result<> ended = co_await end.wait();
  co_return ended ? end.outcome() : ended;
}

Task<Result<>> receiver(Application& self, const ApplicationOptions& options) {
  End end{self.machine()};
  Receiver receiver{self, of(options), end};
  Udp& udp = udp_of(self.machine());
  const Endpoint local{{}, of(options).port};
  if (const Result<> listening = udp.listen(receiver, local); !listening) co_return listening;
  const Result<> ended = co_await end.wait();
  udp.unlisten(local);
  co_return ended ? end.outcome() : ended;
}

// ===== ping_pong =====

// Throws to one machine, and again when the ball has come back.
class Pinger final : public Protocol {
 public:
  Pinger(Application& self, const WorkloadOptions& options, End& end)
      : Protocol{self.machine(), ProtocolId::none}, self_{self}, end_{end}, left_{options.count} {}

  Result<> begin(Endpoint remote, Message&& ball) {
    Result<SessionRef> session = udp_of(machine()).open(*this, {.local = {}, .remote = remote});
    if (!session) return session.error();
    session_ = *std::move(session);
    return session_->send(std::move(ball));
  }
  void demux(Message&& payload, Arrival&) override {
    self_.count_message(payload.size());
    if (--left_ == 0) return end_.set();
    if (const Result<> sent = session_->send(std::move(payload)); !sent) end_.set(sent);
  }

 private:
  Application& self_;
  End& end_;
  std::uint64_t left_;
  SessionRef session_;
};

// Throws back whatever comes, to whoever has thrown it.
class Ponger final : public Protocol {
 public:
  Ponger(Application& self, const WorkloadOptions& options, End& end)
      : Protocol{self.machine(), ProtocolId::none}, self_{self}, end_{end}, left_{options.count} {}

  void demux(Message&& payload, Arrival& arrival) override {
    self_.count_message(payload.size());
    if (session_ == nullptr || arrival.remote() != remote_) [[unlikely]] {
      if (const Result<> met = meet(arrival); !met) return end_.set(met);
    }
    if (const Result<> sent = session_->send(std::move(payload)); !sent) return end_.set(sent);
    if (--left_ == 0) end_.set();
  }

 private:
  Result<> meet(const Arrival& arrival) {
    session_.reset();
    const Endpoints endpoints{arrival.local(), arrival.remote()};
    Result<SessionRef> session = udp_of(machine()).open(*this, endpoints);
    if (!session) return session.error();
    session_ = *std::move(session);
    remote_ = endpoints.remote;
    return {};
  }

  Application& self_;
  End& end_;
  std::uint64_t left_;
  Endpoint remote_;
  SessionRef session_;
};

Task<Result<>> pinger(Application& self, const ApplicationOptions& options) {
  End end{self.machine()};
  Pinger pinger{self, of(options), end};
  const Result<> begun = pinger.begin(of(options).remote, Message::zeros(of(options).size));
  if (!begun) co_return begun;
  const Result<> ended = co_await end.wait();
  co_return ended ? end.outcome() : ended;
}

Task<Result<>> ponger(Application& self, const ApplicationOptions& options) {
  End end{self.machine()};
  Ponger ponger{self, of(options), end};
  Udp& udp = udp_of(self.machine());
  const Endpoint local{{}, of(options).port};
  if (const Result<> listening = udp.listen(ponger, local); !listening) co_return listening;
  const Result<> ended = co_await end.wait();
  udp.unlisten(local);
  co_return ended ? end.outcome() : ended;
}

// ===== server =====

// A client's end of a stream.
class Asker final : public TcpUser {
 public:
  Asker(Application& self, const WorkloadOptions& options, End& end)
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
    if ((events & tcp_ended) != 0) {
      const Errc failure = session.failure();
      return end_.set(failure == Errc{} ? Errc::end_of_stream : failure);
    }
    if ((events & tcp_connected) != 0) ask(session);
    if (!unsent_.empty()) session.write(unsent_);
    if ((events & tcp_readable) == 0) return;
    if (session.is_at_end()) return end_.set(Errc::end_of_stream);
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
    unsent_ = Message::zeros(options_.size);
    session.write(unsent_);
  }

  Application& self_;
  const WorkloadOptions& options_;
  End& end_;
  std::uint64_t left_;
  std::size_t answered_ = 0;
  Message unsent_;  // what has found no room yet
  TcpSessionRef session_;
};

Task<Result<>> client(Application& self, const ApplicationOptions& options) {
  End end{self.machine()};
  Asker asker{self, of(options), end};
  if (const Result<> begun = asker.begin(); !begun) co_return begun;
  const Result<> ended = co_await end.wait();
  co_return ended ? end.outcome() : ended;
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
      if (!unsent_.empty()) session.write(unsent_);
      const std::size_t size = of_.options_.size;
      while (unsent_.empty() && session.readable() != 0) {
        asked_ += session.read(size - asked_).size();
        if (asked_ < size) continue;
        asked_ = 0;
        of_.self_.count_message(size);
        unsent_ = Message::zeros(size);
        session.write(unsent_);
      }
      if (!unsent_.empty() || !session.is_at_end()) return;
      session.close();
      session_.reset();
    }

   private:
    Answerer& of_;
    TcpSessionRef session_;
    std::size_t asked_ = 0;
    Message unsent_;  // what has found no room yet
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
