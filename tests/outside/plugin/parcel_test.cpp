// SPDX-License-Identifier: MIT
// Parcel against a remote end that is played by hand: which packets come, to the byte, and when.
#include <cstdio>
#include <elvis/simulation.hpp>
#include <elvis/wire/checksum.hpp>
#include <string>
#include <vector>

#include "plugin.hpp"
#include "socket.hpp"

namespace {

using namespace elvis;
using namespace std::chrono_literals;
using parcel::Header;

int failures = 0;

void expect(bool holds, const std::string& what) {
  if (holds) return;
  std::printf("FAILED: %s\n", what.c_str());
  ++failures;
}

/// In the place of Parcel on the machine `hand`: writes down what comes, and answers if told to.
class Hand final : public Protocol {
 public:
  struct Seen {
    Time at;
    Header header;
    std::string bytes;
  };
  struct NoSettings final : Options {
    void visit(OptionVisitor&) override {}
  };

  Hand(Machine& machine, const NoSettings&) : Protocol{machine, parcel::Parcel::id} {}

  void demux(Message&& message, Arrival& arrival) override {
    std::uint8_t scratch[Header::size];
    const Header header = Header::parse(message.front(Header::size, scratch));
    seen.push_back({machine().now(), header, message.to_string()});
    if (seen.size() >= answers_from) reply(header, arrival);
  }

  std::vector<Seen> seen;
  static inline std::size_t answers_from = 3;
  static inline std::uint16_t wrong_bits = 0;  // put into the checksum

 private:
  void reply(Header header, const Arrival& arrival) {
    std::swap(header.source_port, header.destination_port);
    header.kind = parcel::Kind::receipt;
    header.checksum = 0;
    Message message;
    std::uint8_t* const bytes = message.prepend(Header::size);
    header.emit(bytes);
    header.checksum = finish_checksum(message.partial_sum() +
                                      pseudo_header_sum(arrival.destination, arrival.source,
                                                        parcel::Parcel::number, message.size()));
    header.checksum ^= wrong_bits;
    header.emit(bytes);
    auto& ipv4 = static_cast<Ipv4&>(*machine().find(ProtocolId::ipv4));
    static_cast<void>(ipv4.send({.protocol = parcel::Parcel::number, .destination = arrival.source},
                                std::move(message)));
  }
};

constexpr std::array<std::string_view, 1> needs{"IPv4"};
constexpr std::array hand_kind{
    protocol_kind<Hand, Hand::NoSettings>("Hand", "played by hand", parcel::Parcel::id, needs)};

std::vector<Hand::Seen> exchange(SimulationResult& result) {
  Simulation simulation;
  simulation.add(parcel::protocols(), parcel::applications());
  simulation.add(hand_kind, {});
  simulation.network("lan").pool("10.0.0.0/29");
  const Arguments by_hand{{"auto-protocol", false}};  // so without ARP, whose packets take time
  simulation.machine("sender", by_hand)
      .attach("lan")
      .protocol("IPv4")
      .protocol("Parcel", {{"timeout", 10ms}, {"attempts", 4}})
      .application("post", {{"to", "hand"}, {"port", 9}, {"message", "Hi"}});
  simulation.machine("hand", by_hand).attach("lan").protocol("IPv4").protocol("Hand");
  std::vector<Hand::Seen> seen;
  result = simulation.run({.after_run = [&seen](const World& world) {
    seen = static_cast<Hand&>(*world.machine(1).find(parcel::Parcel::id)).seen;
  }});
  return seen;
}

void sends_until_there_is_a_receipt() {
  SimulationResult result;
  const auto seen = exchange(result);
  expect(result.has_succeeded(), "the sender has its receipt\n" + result.messages);
  expect(seen.size() == 3, "two are unanswered, the third is not");
  if (seen.size() != 3) return;
  // 1 ns from machine to machine; 10 ms, then 20 ms for a receipt.
  expect(seen[0].at == start_of_time + 1ns, "the first goes out at once");
  expect(seen[1].at - seen[0].at == 10ms, "the second after the timeout");
  expect(seen[2].at - seen[1].at == 20ms, "the third after twice the timeout");
  expect(seen[0].bytes == seen[2].bytes, "the same bytes each time");
  // c000 0009: ports. Then conversation 0, number 0, kind 1, and a checksum that makes all of it,
  // with the pseudo header 0a00 0001 0a00 0002 00fd 0012, come to ffff.
  const std::string bytes{"\xc0\x00\x00\x09\0\0\0\0\0\0\0\0\x01\0\xe1\x7aHi", 18};
  expect(seen[0].bytes == bytes, "to the byte:\n" + Message{seen[0].bytes}.hex());
}

void believes_no_receipt_with_a_wrong_checksum() {
  Hand::wrong_bits = 1;
  SimulationResult result;
  const auto seen = exchange(result);
  Hand::wrong_bits = 0;
  expect(seen.size() == 4, "all attempts are made");
  expect(result.report.status == RunStatus::failed, "and the sender fails");
  expect(result.report.drops[Drop::bad_checksum] == 2, "the receipts were dropped");
}

}  // namespace

int main() {
  sends_until_there_is_a_receipt();
  believes_no_receipt_with_a_wrong_checksum();
  std::printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
