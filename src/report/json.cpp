// SPDX-License-Identifier: MIT
#include "elvis/report/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace elvis {

namespace {

using Json = nlohmann::ordered_json;

// One line of ASCII. Names and details may hold any bytes: what is not UTF-8 is replaced.
std::string line_of(const Json& json) {
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

void add_counters(Json& json, const NetworkCounters& counters, std::uint64_t in_flight) {
  json["frames_sent"] = counters.frames_sent;
  json["frames_copied"] = counters.frames_copied;
  json["frames_delivered"] = counters.frames_delivered;
  json["frames_lost"] = counters.frames_lost;
  json["frames_corrupted"] = counters.frames_corrupted;
  json["frames_marked"] = counters.frames_marked;
  json["frames_queue_dropped"] = counters.frames_queue_dropped;
  json["frames_duplicated"] = counters.frames_duplicated;
  json["frames_unknown_destination"] = counters.frames_unknown_destination;
  json["frames_in_flight"] = in_flight;
  json["bytes_sent"] = counters.bytes_sent;
  json["bytes_delivered"] = counters.bytes_delivered;
}

Json elvis_of(const Report& report) {
  return {{"version", report.facts.version}, {"build", report.facts.build}};
}

Json scenario_of(const Report& report) {
  Json parameters = Json::object();
  for (const auto& [name, value] : report.facts.parameters) parameters[name] = value;
  return {{"file", report.facts.file},
          {"machines", report.machine_count},
          {"networks", report.networks.size()},
          {"parameters", std::move(parameters)}};
}

Json run_of(const Report& report) {
  Json run{{"status", name_of(report.status)},
           {"reason", name_of(report.reason)},
           {"seed", report.seed},
           {"threads", report.facts.threads},
           {"partitions", report.partitions},
           {"sim_time_ns", report.ended_at.time_since_epoch().count()},
           {"build_s", report.facts.build_seconds},
           {"run_s", report.facts.run_seconds},
           {"events", report.events},
           {"digest", fmt::format("{:016x}", report.digest)},
           {"peak_rss_bytes", report.facts.peak_memory}};
  if (report.culprit) {
    run["culprit"] = {{"machine", report.culprit->machine},
                      {"applications", report.culprit->applications}};
  }
  return run;
}

Json totals_of(const Report& report) {
  Json totals;
  add_counters(totals, report.totals, report.in_flight);
  Json drops = Json::object();
  for (std::size_t i = 0; i < drop_reasons; ++i) {
    const auto reason = static_cast<Drop>(i);
    if (report.drops[reason] != 0) drops[std::string{name_of(reason)}] = report.drops[reason];
  }
  // The network's own: no machine was there to drop the frame.
  if (report.totals.frames_unknown_destination != 0) {
    drops["unknown_destination"] = report.totals.frames_unknown_destination;
  }
  totals["drops"] = std::move(drops);
  return totals;
}

std::string line_of(const NetworkReport& network) {
  Json json{{"id", network.id}, {"taps", network.taps}};
  add_counters(json, network.counters, network.in_flight);
  return line_of(json);
}

std::string json_string(std::string_view text) {
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
  });
  return is_plain ? fmt::format("\"{}\"", text) : line_of(Json(text));
}

std::string nanoseconds(const std::optional<Time>& time) {
  return time ? std::to_string(time->time_since_epoch().count()) : "null";
}

// There may be a million of these, so they do without a tree.
std::string line_of(const ApplicationReport& application) {
  return fmt::format(
      R"({{"machine":{},{}"application":{},"status":"{}","messages":{},"bytes":{},)"
      R"("other_messages":{},"first_ns":{},"last_ns":{},"detail":{}}})",
      json_string(application.machine),
      application.machines ? fmt::format(R"("machines":{},)", *application.machines) : "",
      json_string(application.application), name_of(application.status), application.messages,
      application.bytes, application.other_messages, nanoseconds(application.first),
      nanoseconds(application.last), json_string(application.detail));
}

// Gathers small pieces for the sink.
class Writer {
 public:
  explicit Writer(const TextSink& sink) : sink_{sink} {}

  void add(std::string_view text) {
    text_ += text;
    if (text_.size() >= piece_bytes) flush();
  }
  template <typename T>
  void add_list(std::string_view name, const std::vector<T>& items) {
    add(fmt::format("  \"{}\": [", name));
    std::string_view separator = "\n";
    for (const T& item : items) {
      if (!is_wanted_) return;
      add(fmt::format("{}    {}", separator, line_of(item)));
      separator = ",\n";
    }
    add(items.empty() ? "]" : "\n  ]");
  }
  bool flush() {
    if (is_wanted_) is_wanted_ = sink_(text_);
    text_.clear();
    return is_wanted_;
  }

 private:
  static constexpr std::size_t piece_bytes = 65'536;

  const TextSink& sink_;
  std::string text_;
  bool is_wanted_ = true;
};

}  // namespace

bool write_json(const Report& report, const TextSink& sink) {
  Writer writer{sink};
  const auto member = [&](std::string_view name, const Json& value) {
    writer.add(fmt::format("  \"{}\": {},\n", name, line_of(value)));
  };
  writer.add("{\n");
  member("schema", "elvis.report/1");
  member("elvis", elvis_of(report));
  member("scenario", scenario_of(report));
  member("run", run_of(report));
  member("totals", totals_of(report));
  writer.add_list("networks", report.networks);
  writer.add(",\n");
  writer.add_list("applications", report.applications);
  writer.add("\n}\n");
  return writer.flush();
}

std::string to_json(const Report& report) {
  std::string text;
  write_json(report, [&text](std::string_view piece) {
    text += piece;
    return true;
  });
  return text;
}

}  // namespace elvis
