#include "pipeline/model_run.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "pipeline/chunk_window.hpp"

namespace waltrack {
namespace {

const TableName kTable{"public", "t"};
constexpr int kKeys = 120;
constexpr int kRows = 60;

enum StreamColumn { kKey, kUid, kVersion, kTold, kBlob };

TableName leaf_name(int leaf, int leaves) {
  return leaves == 1 ? kTable : TableName{"public", "t" + std::to_string(leaf)};
}

Column column(const char* name, ValueKind kind) {
  Column column;
  column.name = name;
  column.type.kind = kind;
  return column;
}

}  // namespace

// An event for each insert, delete and backfilled row, and for updates that change what is told.
class ModelRun::Mapper final : public ChangeMapper {
 public:
  Mapper() {
    rule_.table = kTable.full_name();
    rule_.id = "identify";
  }
  void map(const Transaction& transaction, const Change& change, EventSink& sink) override {
    if (change.op == Op::truncate) return;
    const auto& row = change.op == Op::remove ? change.old_row : change.new_row;
    const auto at = [&](const std::vector<Value>& values, const char* name) {
      return values[*change.table->find_column(name)];
    };
    const std::vector<Value> values(row.begin(), row.end());
    const std::vector<Value> old(change.old_row.begin(), change.old_row.end());
    const bool same = change.op == Op::update && at(values, "told").text == at(old, "told").text &&
                      at(values, "blob").is_unavailable();
    if (same && !change.tell_all) return;
    std::string* out = sink.open(rule_, {at(values, "uid").text});
    if (out == nullptr) return;
    nlohmann::json json = {{"op", std::string(op_name(change.op))},
                           {"uid", std::string(at(values, "uid").text)},
                           {"version", std::string(at(values, "version").text)},
                           {"told", std::string(at(values, "told").text)}};
    const Value blob = at(values, "blob");
    if (blob.is_present()) json["blob"] = std::string(blob.text);
    std::string id;
    if (change.op == Op::backfill) {
      if (change.table->find_column("made")) json["made"] = std::string(at(values, "made").text);
      append_backfill_message_id(id, {}, change.key, json.dump());
    } else {
      append_message_id(id, {}, MessageKind::row, 0, change.lsn, change.ordinal);
    }
    json["id"] = id + " " + std::to_string(transaction.commit_lsn.value);
    out->append(json.dump());
    sink.close();
  }
  std::optional<std::vector<std::string>> backfill_columns(const TableName& table) const override {
    if (table != kTable) return std::nullopt;
    return std::vector<std::string>{"uid", "version", "told", "blob"};
  }

 private:
  Rule rule_;
};

class ModelRun::Jobs final : public ChunkJobs {
 public:
  void ask(ReadJob job) override { asked.push_back(std::move(job)); }
  std::vector<ReadResult> take() override { return std::exchange(done, {}); }
  void reconnect() override {}

  std::deque<ReadJob> asked;
  std::vector<ReadResult> late;  // read, and not handed over yet
  std::vector<ReadResult> done;
};

// What a crash takes.
struct ModelRun::Process {
  Process(const Checkpoint& checkpoint, BackfillStart start, const Clock& clock)
      : mappings(clock),
        lanes(1, {100'000, 1000}),
        ledger(checkpoint),
        outbox(lanes, ledger, letters, mappings),
        weaver(std::move(start), jobs, outbox, exchange, clock) {}

  MappingStatus mappings;
  LaneQueues lanes;
  InflightLedger ledger;
  DeadLetterQueue letters;
  Outbox outbox;
  BackfillExchange exchange;
  Mapper mapper;
  Jobs jobs;
  BackfillWeaver weaver;
  std::optional<LaneQueues::Taken> batch;
  size_t commit = 0;  // the next one of the log
};

ModelRun::ModelRun(uint32_t seed, Options options)
    : random_(seed ^ 0x5EED), options_(options), server_(seed, kKeys, kRows, options.leaves) {
  stream_table_.id = next_table_id();
  stream_table_.schema = kTable.schema;
  stream_table_.name = kTable.name;
  const ValueKind key = options_.text_keys ? ValueKind::text : ValueKind::int4;
  stream_table_.columns = {column("key", key), column("uid", ValueKind::int4),
                           column("version", ValueKind::int4), column("told", ValueKind::int4),
                           column("blob", ValueKind::text)};
  replayed_ = server_.end();
}

ModelRun::~ModelRun() = default;

// Text keys sort the other way round than their texts.
std::string ModelRun::key_text(int key) const {
  if (!options_.text_keys) return std::to_string(key);
  char text[16];
  std::snprintf(text, sizeof text, "k%03d", 999 - key);
  return text;
}

int ModelRun::key_of(const std::string& text) const {
  return options_.text_keys ? 999 - std::stoi(text.substr(1)) : std::stoi(text);
}

void ModelRun::start() {
  BackfillStart start;
  start.tracked = tracked_;
  start.readers = options_.readers;
  start.chunk_bytes = 100;
  if (durable_) start.stored.push_back({*durable_, durable_marks_});
  process_ = std::make_unique<Process>(Checkpoint{checkpoint_, {}}, std::move(start), clock_);
  Followed followed;
  followed.tables = {kTable};
  process_->weaver.follow(process_->mapper, followed, {kTable});
  reconnect();
}

void ModelRun::crash() {
  ++crashes_;
  start();
}

// From what was received, or after a crash from the checkpoint.
void ModelRun::reconnect() {
  Process& process = *process_;
  Lsn from = checkpoint_;
  if (process.commit > 0) from = std::max(from, server_.log()[process.commit - 1].end);
  process.commit = 0;
  while (process.commit < server_.log().size() && server_.log()[process.commit].commit_lsn < from)
    ++process.commit;
  process.weaver.connected(from);
  silent_ = dice(4) == 0 ? dice(20) : 0;
}

// One transaction, or a part of one that comes again after a reconnect.
void ModelRun::stream() {
  Process& process = *process_;
  if (process.weaver.holds_stream() || process.commit == server_.log().size()) return;
  if (silent_ > 0) {
    --silent_;
    return;
  }
  const ModelServer::Commit& commit = server_.log()[process.commit];
  if (commit.end > server_.written()) return;
  Transaction transaction;
  transaction.xid = commit.xid;
  transaction.commit_lsn = commit.commit_lsn;
  process.weaver.begin();
  const bool breaks = dice(10) == 0;
  uint64_t lsn = commit.commit_lsn.value * 1000;
  for (const ModelServer::Write& write : commit.writes) {
    if (breaks && dice(3) == 0) return reconnect();
    const std::string texts[] = {key_text(write.key), std::to_string(write.row.uid),
                                 std::to_string(write.row.version), std::to_string(write.row.told),
                                 std::to_string(write.row.blob)};
    const std::string old_key = key_text(write.old_key);
    const std::string old_told = std::to_string(write.row.told - (write.told_changed ? 1 : 0));
    std::vector<Value> row;
    for (const std::string& text : texts)
      row.push_back(Value::present(text));
    Change change;
    change.table = &stream_table_;
    change.lsn = Lsn{++lsn};
    std::vector<Value> old(5);
    switch (write.what) {
      case ModelServer::Write::What::insert:
        change.op = Op::insert;
        change.new_row = row;
        break;
      case ModelServer::Write::What::update:
        change.op = Op::update;
        if (!write.blob_changed) row[kBlob] = Value{};
        old[kKey] = Value::present(old_key);
        old[kTold] = Value::present(old_told);
        change.new_row = row;
        change.old_row = old;
        break;
      case ModelServer::Write::What::remove:
        change.op = Op::remove;
        old = row;
        change.old_row = old;
        break;
      case ModelServer::Write::What::truncate:
        change.op = Op::truncate;
        break;
    }
    change.tell_all = process.weaver.see(change);
    process.outbox.set_row(transaction, change);
    process.mapper.map(transaction, change, process.outbox);
  }
  process.outbox.mark(commit.end);
  process.weaver.committed(transaction, commit.end);
  process.outbox.flush();
  ++process.commit;
}

void ModelRun::keepalive() {
  Process& process = *process_;
  if (dice(3) == 0) server_.write_commits();
  if (process.commit < server_.log().size() &&
      server_.log()[process.commit].end <= server_.written()) {
    return;  // what was committed comes first
  }
  process.outbox.mark(server_.written());
  process.weaver.passed(server_.written());
  process.outbox.flush();
}

void ModelRun::read() {
  Jobs& jobs = process_->jobs;
  if (!jobs.asked.empty()) {
    const auto index =
        dice(static_cast<int>(std::min<size_t>(jobs.asked.size(), options_.readers)));
    const ReadJob job = jobs.asked[static_cast<size_t>(index)];
    const bool waits =
        options_.standby && job.kind == ReadJob::Kind::chunk && replayed_ < job.request.opened_at;
    if (!waits) {
      jobs.asked.erase(jobs.asked.begin() + index);
      ReadResult result;
      result.number = job.number;
      if (dice(25) == 0) {
        result.fault = Error(ErrorKind::transient, "the connection broke");
      } else {
        answer(job, result);
      }
      jobs.late.push_back(std::move(result));
    }
  }
  if (!jobs.late.empty() && dice(2) == 0) {
    const auto index = dice(static_cast<int>(jobs.late.size()));
    jobs.done.push_back(std::move(jobs.late[static_cast<size_t>(index)]));
    jobs.late.erase(jobs.late.begin() + index);
  }
}

void ModelRun::answer(const ReadJob& job, ReadResult& result) {
  switch (job.kind) {
    case ReadJob::Kind::running:
      result.running = server_.running();
      return;
    case ReadJob::Kind::plan:
      result.plan = plan();
      return;
    case ReadJob::Kind::chunk:
      result.chunk = chunk(job.request);
      return;
    case ReadJob::Kind::release:
      return;
    case ReadJob::Kind::flushed:
      server_.write_commits();
      result.flushed = server_.written();
      return;
  }
}

std::shared_ptr<const BackfillPlan> ModelRun::plan() const {
  BackfillPlan plan;
  plan.table = kTable;
  plan.layout = stream_table_;
  plan.layout.id = next_table_id();
  std::swap(plan.layout.columns[kKey], plan.layout.columns[kBlob]);
  plan.key = {kBlob};
  if (options_.generated) plan.layout.columns.push_back(column("made", ValueKind::int4));
  for (int leaf = 0; leaf < options_.leaves; ++leaf)
    plan.leaves.push_back(leaf_name(leaf, options_.leaves));
  return std::make_shared<const BackfillPlan>(std::move(plan));
}

Chunk ModelRun::chunk(const ChunkRequest& request) {
  Chunk chunk;
  std::map<int, ModelServer::Row> rows;
  if (options_.standby) {
    rows = server_.replayed(replayed_);
    chunk.cut = Lsn{replayed_.value + static_cast<uint64_t>(dice(20))};
    chunk.cut = std::min(chunk.cut, server_.written());
  } else {
    rows = server_.visible();
    chunk.snapshot = server_.snapshot();
    chunk.cut = server_.end();
  }
  const auto told_before = [&](const KeyMark& mark) {
    if (!mark.undecided) return false;
    const int was = key_of(mark.undecided->was.text);
    return (mark.undecided->cursor && was <= key_of(mark.undecided->cursor->text)) ||
           (mark.undecided->last && was > key_of(mark.undecided->last->text));
  };
  const auto add = [&](int key, const ModelServer::Row& row) {
    // As BackfillPlan::layout has it.
    chunk.text += std::to_string(row.blob) + "\t" + std::to_string(row.uid) + "\t" +
                  std::to_string(row.version) + "\t" + std::to_string(row.told) + "\t" +
                  key_text(key) + (options_.generated ? "\t" + std::to_string(row.version) : "") +
                  "\n";
    chunk.ends.push_back(chunk.text.size());
    chunk.through = RowKey{key_text(key)};
  };
  if (!request.keys.empty()) {
    for (const auto& [key, mark] : request.keys) {
      const auto row = rows.find(key_of(key.text));
      if (row != rows.end() && !told_before(mark)) add(row->first, row->second);
    }
    return chunk;
  }
  std::erase_if(rows, [&](const auto& row) {
    return leaf_name(row.first % options_.leaves, options_.leaves) != request.leaf;
  });
  chunk.last = request.last;
  if (!chunk.last && !rows.empty()) chunk.last = RowKey{key_text(rows.rbegin()->first)};
  chunk.end_of_leaf = true;
  const auto most = static_cast<size_t>(1 + dice(6));
  for (const auto& [key, row] : rows) {
    if (request.after && key <= key_of(request.after->text)) continue;
    if (key > key_of(chunk.last->text)) break;
    if (chunk.ends.size() == most) {
      chunk.end_of_leaf = false;
      break;
    }
    add(key, row);
  }
  return chunk;
}

void ModelRun::deliver(bool all) {
  Process& process = *process_;
  do {
    if (!process.batch) process.batch = process.lanes.take(0);
    if (!process.batch) return;
    const nlohmann::json events = nlohmann::json::parse("[" + process.batch->events.text + "]");
    for (const nlohmann::json& json : events) {
      ModelEvent event;
      event.id = json["id"];
      for (const Op op : {Op::insert, Op::update, Op::remove, Op::backfill}) {
        if (json["op"] == op_name(op)) event.op = op;
      }
      event.uid = std::stoi(json["uid"].get<std::string>());
      event.version = std::stoi(json["version"].get<std::string>());
      event.told = std::stoi(json["told"].get<std::string>());
      if (json.contains("blob")) event.blob = std::stoi(json["blob"].get<std::string>());
      if (json.contains("made")) event.made = std::stoi(json["made"].get<std::string>());
      received_.push_back(std::move(event));
    }
    // The answer may be lost with the process.
    process.ledger.finish(process.batch->events.sequences);
    process.lanes.finish(0);
    process.batch.reset();
  } while (all);
}

void ModelRun::save() {
  Process& process = *process_;
  InflightLedger::Progress progress = process.ledger.advance();
  checkpoint_ = progress.checkpoint.lsn;
  for (const BackfillStep& step : progress.steps) {
    if (step.progress) durable_ = step.progress;
    if (step.forget_marks) durable_marks_.clear();
    for (const auto& [key, mark] : step.marks) {
      durable_marks_.erase(key);
      if (mark) durable_marks_.emplace(key, *mark);
    }
    tracked_->insert(tracked_->end(), step.tracked.begin(), step.tracked.end());
  }
  process.exchange.saved(progress.steps);
}

bool ModelRun::run() {
  start();
  for (int turn = 0; turn < 20'000; ++turn) {
    const bool quiet = turn >= 2000;  // the writers rest, so that it ends
    if (turn == 2000) server_.end_all();
    clock_.pass(std::chrono::milliseconds(dice(40)));
    switch (dice(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        if (!quiet) server_.step();
        break;
      case 4:
      case 5:
        stream();
        break;
      case 6:
        keepalive();
        if (replayed_ < server_.written() && dice(2) == 0) replayed_ = server_.written();
        break;
      case 7:
      case 8:
        read();
        break;
      case 9:
      case 10:
        process_->weaver.work(dice(3) != 0);
        process_->outbox.flush();
        if (dice(2) == 0) deliver(false);
        break;
      case 11:
        save();
        if (!quiet && dice(40) == 0) crash();
        if (!quiet && dice(40) == 0) reconnect();
        break;
    }
    if (turn > 2000 && durable_ && durable_->is_over() &&
        process_->commit == server_.log().size()) {
      deliver(true);
      save();
      return true;
    }
  }
  return false;
}

std::vector<ModelEvent> ModelRun::events() const {
  std::vector<ModelEvent> events;
  std::set<std::string> seen;
  for (const ModelEvent& event : received_) {
    if (seen.insert(event.id).second) events.push_back(event);
  }
  return events;
}

}  // namespace waltrack
