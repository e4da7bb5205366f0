// SPDX-License-Identifier: MIT
// CapturePlan: which frames of a world are captured, and into which files.
//
// A capture of a machine has what its attachments sent and received. A capture of a network has
// each frame once, when the network took it along, with a comment on what the network did to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "elvis/report/capture_format.hpp"
#include "elvis/util/units.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {

class Machine;
class Network;
class Tap;
class World;

/// Which frames are captured: those that one term of every kind that is given lets pass.
struct CaptureFilter {
  enum class Protocol : std::uint8_t { arp, ipv4, icmp, igmp, tcp, udp };

  std::vector<std::string> machines;  ///< Names, also of groups, which mean all their machines.
  std::vector<std::string> networks;
  std::vector<Protocol> protocols;
  std::vector<std::uint16_t> ports;  ///< Of UDP or TCP, at either end.

  /// Adds the terms of `text`, such as "machine=alice,bob,port=53"; `\\,` is a comma in a name.
  /// Returns what is wrong with it, or nothing.
  std::string add(std::string_view text);
  /// Whether the bytes of `frame` pass: its protocol and ports.
  bool passes(const Message& frame) const;
  bool is_empty() const { return machines.empty() && networks.empty() && !looks_at_bytes(); }
  bool looks_at_bytes() const { return !protocols.empty() || !ports.empty(); }

 private:
  std::string add(std::string_view kind, const std::string& value);
};

struct CaptureRequest {
  std::string pattern;  ///< A file's path with `{machine}` and `{network}` in it; empty: none.
  CaptureFilter filter{};
  std::string folder = ".";  ///< Where the files of single machines go.
  /// Files of single machines, by number, and their paths in `folder`.
  std::vector<std::pair<std::uint32_t, std::string>> machine_files{};
};

/// A file to be written. `path` may come from a scenario, so it is to be followed inside `folder`
/// only: it is relative and has no "..".
struct CaptureFile {
  std::string folder;
  std::string path;
  bool is_pattern_alone = false;  ///< The user wrote all of it: nothing to distrust.
  CaptureFormat format = CaptureFormat::pcapng;
  std::vector<CaptureInterface> interfaces;
  /// The machine that alone is seen in it, if there is one: its frames come in the file's order.
  std::optional<std::uint32_t> machine{};

  std::string name() const;  ///< For messages.
};

class CapturePlan {
 public:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  static constexpr std::size_t most_files = 65'536;

  /// Where frames are seen: an interface of a file.
  struct Point {
    std::uint32_t file;
    std::uint32_t interface_id;
  };

  /// Plans what `request` asks for. Sets `mistake` if that can't be done, for people.
  CapturePlan(const World& world, CaptureRequest request, std::string& mistake);

  const std::vector<CaptureFile>& files() const { return files_; }
  const Point& point(std::uint32_t id) const { return points_[id]; }
  std::size_t point_count() const { return points_.size(); }
  const CaptureFilter& filter() const { return request_.filter; }

  bool captures_networks() const { return !networks_.empty(); }
  /// By network and tap, the points where its frames are seen; `none` for none. There may be two:
  /// of the pattern and of the machine's own file. Empty if no machine is captured.
  const std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>>& taps() const {
    return taps_;
  }
  /// The point where a frame that `from` sends is seen on its network.
  std::uint32_t point_of(const Tap& from, const Message& frame) const;

 private:
  class Planner;

  CaptureRequest request_;
  std::vector<CaptureFile> files_;
  std::vector<Point> points_;
  // By network and tap, if attachments are captured; by network, if networks are.
  std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> taps_;
  std::vector<std::uint32_t> networks_;
  std::vector<bool> is_machine_chosen_;  // empty: all
};

/// A name as a part of a file's name: what has a meaning there is written as %XX.
std::string file_name_of(std::string_view name);

}  // namespace elvis
