#include "web/metrics_text.hpp"

#include <algorithm>
#include <optional>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sstream>
#include <utility>
#include <vector>

#include "model/event_sink.hpp"

namespace waltrack {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

const char* silence_name(Silence why) {
  switch (why) {
    case Silence::other_change:
      return "other_change";
    case Silence::when:
      return "when";
    case Silence::same_output:
      return "same_output";
  }
  return "other_change";
}

// Collects families. One without samples is left out, as the format knows no such thing.
class Page {
 public:
  void gauge(const char* name, const char* help, double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.gauge.value = value;
    family(name, help, MetricType::Gauge).metric.push_back(std::move(metric));
  }
  template <typename T>
  void gauge(const char* name, const char* help, const std::optional<T>& value) {
    if (value) gauge(name, help, static_cast<double>(*value));
  }
  void counter(const char* name, const char* help, uint64_t value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.counter.value = static_cast<double>(value);
    family(name, help, MetricType::Counter).metric.push_back(std::move(metric));
  }
  void histogram(const char* name, const char* help, ClientMetric::Histogram histogram) {
    ClientMetric metric;
    metric.histogram = std::move(histogram);
    family(name, help, MetricType::Histogram).metric.push_back(std::move(metric));
  }

  std::string text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families_);
    return out.str();
  }

 private:
  MetricFamily& family(const char* name, const char* help, MetricType type) {
    const auto known = std::ranges::find(families_, name, &MetricFamily::name);
    if (known != families_.end()) return *known;
    MetricFamily& family = families_.emplace_back();
    family.name = name;
    family.help = help;
    family.type = type;
    return family;
  }

  std::vector<MetricFamily> families_;
};

double seconds(int64_t us) {
  return static_cast<double>(us) / 1e6;
}

void add_run(const RunFigures& figures, Page& page) {
  page.gauge("waltrack_info", "The program that runs.", 1, {{"version", figures.version}});
  page.gauge("waltrack_start_time_seconds", "When the run began, in seconds since 1970.",
             seconds(figures.started_at_us));
  page.gauge("waltrack_streaming", "1 while the replication stream is open.",
             figures.streaming ? 1 : 0);
  page.gauge("waltrack_delivering", "1 unless the receiver, or the state file, takes nothing.",
             figures.flowing ? 1 : 0);
  for (const StageFigure& stage : figures.stages) {
    page.gauge("waltrack_stage_stuck",
               "1 while a thread of the run has not turned its loop for a minute.",
               stage.stuck ? 1 : 0, {{"stage", stage.name}});
  }
  for (const StageFigure& stage : figures.stages) {
    page.gauge("waltrack_stage_no_progress_seconds",
               "For how long a stage that has work gets nothing done, from one minute on; else 0.",
               stage.no_progress_from_us
                   ? seconds(std::max<int64_t>(figures.taken_at_us - *stage.no_progress_from_us, 0))
                   : 0,
               {{"stage", stage.name}});
  }
}

void add_source(const RunFigures& figures, Page& page) {
  page.counter("waltrack_rows_total", "Rows that were read from the stream.", figures.rows);
  page.counter("waltrack_backfilled_rows_total",
               "Rows that were there already and were mapped by backfills.",
               figures.backfilled_rows);
  page.gauge("waltrack_lag_bytes",
             "WAL between the checkpoint and the newest position of the server that is known.",
             figures.lag_bytes);
  page.gauge("waltrack_lag_seconds",
             "Age of the oldest commit of which not all events are safe; 0 when there is none.",
             figures.lag_s);
  page.gauge("waltrack_retained_wal_bytes", "WAL that the server keeps for the slot.",
             figures.retained_wal_bytes);
  page.gauge("waltrack_slot_headroom_bytes",
             "WAL that the server may still write before the slot is lost; absent without a limit.",
             figures.slot_headroom_bytes);
  if (!figures.checkpoint.is_none()) {
    page.gauge("waltrack_checkpoint_lsn_bytes", "The checkpoint's position in the WAL.",
               static_cast<double>(figures.checkpoint.value));
  }
  if (figures.checkpoint_at_us != 0) {
    page.gauge("waltrack_checkpoint_time_seconds",
               "When the checkpoint last moved, in seconds since 1970.",
               seconds(figures.checkpoint_at_us));
  }
  for (const BackfillFigure& backfill : figures.backfills) {
    page.gauge("waltrack_backfill_rows", "Rows that the last backfill of a table has mapped.",
               static_cast<double>(backfill.rows),
               {{"table", backfill.table}, {"phase", backfill.phase}});
  }
}

void add_queues(const RunFigures& figures, Page& page) {
  page.gauge(
      "waltrack_queue_bytes",
      "Events in memory that wait to be sent or are being sent, those read from the spool, too.",
      static_cast<double>(figures.queue_bytes));
  for (size_t lane = 0; lane < figures.lane_bytes.size(); ++lane) {
    page.gauge("waltrack_lane_bytes", "Events that wait in a lane or are being sent by it.",
               static_cast<double>(figures.lane_bytes[lane]), {{"lane", std::to_string(lane)}});
  }
  page.gauge(
      "waltrack_unfinished_events",
      "Events that are not safe: not accepted, nor stored as dead letters, nor in the spool.",
      static_cast<double>(figures.unfinished_events));
  page.gauge("waltrack_ledger_entries",
             "Events that are remembered until the checkpoint has passed them.",
             static_cast<double>(figures.ledger_entries));
  page.gauge("waltrack_ledger_bytes", "What it takes to remember them.",
             static_cast<double>(figures.ledger_bytes));
  page.gauge("waltrack_dead_letter_queue_bytes", "Dead letters that are not in the state file yet.",
             static_cast<double>(figures.dead_letter_queue_bytes));
  page.gauge("waltrack_memory_budget_bytes",
             "What queue, ledger and dead letter queue may take before reading stops.",
             static_cast<double>(figures.memory_bytes));
  if (!figures.spool) return;
  page.gauge("waltrack_spool_events", "Events that wait in the spool.",
             static_cast<double>(figures.spool->events));
  page.gauge("waltrack_spool_bytes", "What the spool takes of the disk.",
             static_cast<double>(figures.spool->bytes));
  page.gauge("waltrack_spool_max_bytes", "What it may take.",
             static_cast<double>(figures.spool->most_bytes));
  page.gauge("waltrack_spool_full", "1 while the spool takes no more events.",
             figures.spool->full ? 1 : 0);
}

void add_delivery(const RunFigures& figures, Page& page) {
  page.counter("waltrack_sent_events_total", "Events that the receiver accepted.",
               figures.sent_events);
  page.counter("waltrack_dead_letters_total", "Dead letters that were stored.",
               figures.dead_letters);
  page.gauge("waltrack_dead_letter_room",
             "How many more dead letters the state file takes before delivery is held.",
             figures.dead_letter_room);
  for (const RequestCount& one : figures.requests) {
    page.counter("waltrack_requests_total", "Requests to the receiver, by what came of them.",
                 one.count, {{"result", one.result}, {"answer", one.answer}});
  }
  const RequestTimes& times = figures.request_times;
  ClientMetric::Histogram histogram;
  for (size_t i = 0; i < RequestTimes::kBounds.size(); ++i) {
    histogram.sample_count += times.counts[i];
    histogram.bucket.push_back({histogram.sample_count, RequestTimes::kBounds[i]});
  }
  histogram.sample_count += times.counts.back();
  histogram.sample_sum = times.sum_s;
  page.histogram("waltrack_request_duration_seconds",
                 "How long requests to the receiver took, whatever came of them.",
                 std::move(histogram));
}

void add_rules(const RunFigures& figures, Page& page) {
  const auto labels = [](const RuleCount& rule) {
    return Labels{{"table", rule.table}, {"rule", rule.rule}};
  };
  const auto count = [&](const char* name, const char* help, uint64_t RuleCount::*value) {
    for (const RuleCount& rule : figures.rules)
      page.counter(name, help, rule.*value, labels(rule));
  };
  count("waltrack_rule_seen_total", "Changes that a rule was asked about.", &RuleCount::seen);
  count("waltrack_rule_matched_total", "Events that a rule made.", &RuleCount::matched);
  for (const RuleCount& rule : figures.rules) {
    for (size_t why = 0; why < rule.skipped.size(); ++why) {
      Labels of_reason = labels(rule);
      of_reason.push_back({"reason", silence_name(static_cast<Silence>(why))});
      page.counter("waltrack_rule_skipped_total",
                   "Changes of which a rule made no event, as it was meant to.", rule.skipped[why],
                   std::move(of_reason));
    }
  }
  count("waltrack_rule_sent_total", "Events of a rule that the receiver accepted.",
        &RuleCount::sent);
  count("waltrack_rule_dead_total", "Dead letters of a rule that were stored.", &RuleCount::dead);
}

}  // namespace

std::string metrics_text(const RunFigures& figures) {
  Page page;
  add_run(figures, page);
  add_source(figures, page);
  add_queues(figures, page);
  add_delivery(figures, page);
  add_rules(figures, page);
  return page.text();
}

}  // namespace waltrack
