#include "base/yaml_graph.hpp"

#include <sstream>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

namespace waltrack {
namespace {

using Kind = YamlGraph::Kind;

// Thrown out of the parser's callbacks: the fault is told, nothing after it can be read.
struct Stop {};

constexpr const char* kQuoteWhole =
    "write \"'Hi ' || name\" where it says 'Hi ' || name, or put it on the lines below a |-";
constexpr const char* kCheckIndentation =
    "check the indentation; quote a text that contains ': ' or ' #'";

class GraphBuilder final : public YAML::EventHandler {
 public:
  GraphBuilder(const YamlSource& source, std::vector<Diagnostic>& faults)
      : source_(source), faults_(faults) {}

  YamlGraph take() { return std::move(graph_); }
  void explain(const YAML::Exception& exception);

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override { settle(YamlSource::npos); }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(mark, anchor, Kind::list, style == YAML::EmitterStyle::Flow);
  }
  void OnSequenceEnd() override;
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(mark, anchor, Kind::map, style == YAML::EmitterStyle::Flow);
  }
  void OnMapEnd() override;

 private:
  YamlGraph::Node& node(uint32_t index) { return graph_.nodes[index]; }
  void fault(size_t position, std::string message, std::string hint = {}) {
    if (faults_.size() >= kYamlMaxFaults) return;
    faults_.push_back(
        {Severity::error, source_.place(position), std::move(message), std::move(hint)});
  }
  [[noreturn]] void stop(size_t position, std::string message, std::string hint = {}) {
    fault(position, std::move(message), std::move(hint));
    throw Stop{};
  }

  // What was found inside of something that turns out not to be closed is noise.
  void forget_faults_from(size_t position) {
    const SourcePlace from = source_.place(position);
    std::erase_if(faults_, [&](const Diagnostic& fault) {
      return std::tie(fault.place.line, fault.place.column) >= std::tie(from.line, from.column);
    });
  }

  uint32_t add(const YAML::Mark& mark, YAML::anchor_t anchor, Kind kind);
  void open(const YAML::Mark& mark, YAML::anchor_t anchor, Kind kind, bool flow);
  void close();
  void attach(uint32_t index);
  void settle(size_t next_position);
  void check_quoted(size_t position);
  bool key_is_good(uint32_t key, std::unordered_map<std::string_view, uint32_t>& seen);

  const YamlSource& source_;
  std::vector<Diagnostic>& faults_;
  YamlGraph graph_;
  std::vector<uint32_t> stack_;  // maps and lists that are still open
  std::unordered_map<YAML::anchor_t, uint32_t> anchors_;
  size_t documents_seen_ = 0;
  size_t last_position_ = 0;   // of the last value read
  bool null_pending_ = false;  // the last value was a null whose word may be the next key
};

// A null's position is where its word stands, or, when there is none, the next token, which may be
// a key called null.
void GraphBuilder::settle(size_t next_position) {
  if (!null_pending_) return;
  null_pending_ = false;
  auto& last = graph_.nodes.back();
  if (last.position == next_position) last.missing = true;
}

uint32_t GraphBuilder::add(const YAML::Mark& mark, YAML::anchor_t anchor, Kind kind) {
  if (graph_.nodes.size() >= kYamlMaxNodes) {
    stop(static_cast<size_t>(mark.pos), "more than 100,000 values in one file",
         "split it into several files");
  }
  size_t tag = YamlSource::npos;
  const size_t position = source_.skip_properties(static_cast<size_t>(mark.pos), tag);
  settle(position);
  if (tag != YamlSource::npos) {
    fault(tag, "tags (!) are not taken", "quote a text that starts with !; for SQL, write not (…)");
  }
  const auto index = static_cast<uint32_t>(graph_.nodes.size());
  auto& made = graph_.nodes.emplace_back();
  made.kind = kind;
  made.position = position;
  if (anchor != YAML::NullAnchor) anchors_[anchor] = index;
  last_position_ = position;
  return index;
}

void GraphBuilder::attach(uint32_t index) {
  if (!stack_.empty()) {
    node(stack_.back()).children.push_back(index);
  } else if (!node(index).missing) {
    graph_.documents.push_back(index);
  }
}

void GraphBuilder::OnDocumentStart(const YAML::Mark& mark) {
  anchors_.clear();
  if (documents_seen_++ == 0) return;
  const auto position = static_cast<size_t>(mark.pos);
  if (source_.has(position, "---")) return;
  const size_t quote = source_.quoted_text_before(position);
  if (quote != YamlSource::npos) {
    stop(quote, "SQL that starts with a quote must be quoted as a whole", kQuoteWhole);
  }
  stop(position, "this does not belong to what stands above it",
       "check the indentation; a new document begins with a line ---");
}

void GraphBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const uint32_t index = add(mark, anchor, Kind::null);
  auto& made = node(index);
  made.missing = true;
  for (const std::string_view word : {"null", "Null", "NULL", "~"}) {
    if (source_.has(made.position, word)) made.missing = false;
  }
  null_pending_ = !made.missing;
  attach(index);
}

void GraphBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const auto position = static_cast<size_t>(mark.pos);
  settle(position);
  last_position_ = position;
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end() || node(found->second).open) {
    fault(position, "this alias stands inside of what it names");
    const uint32_t index = add(mark, YAML::NullAnchor, Kind::null);
    node(index).faulty = true;
    attach(index);
    return;
  }
  attach(found->second);
}

void GraphBuilder::OnScalar(const YAML::Mark& mark, const std::string& /*tag*/,
                            YAML::anchor_t anchor, const std::string& value) {
  const uint32_t index = add(mark, anchor, Kind::scalar);
  auto& made = node(index);
  made.scalar = value;
  const char first = source_.at(made.position);
  made.quoted = first == '\'' || first == '"' || first == '|' || first == '>';
  if (first == '\'' || first == '"') check_quoted(made.position);
  if (!made.quoted) {
    // Right behind this scalar: further on it may stand in another one's quotes.
    const std::string_view rest = std::string_view(source_.text()).substr(made.position);
    const size_t behind = rest.starts_with(value) ? value.size() : rest.size();
    const size_t comment = rest.find_first_not_of(' ', behind);
    if (comment != YamlSource::npos && comment > behind && rest.substr(comment).starts_with("#>")) {
      fault(made.position + comment, "' #' begins a comment in YAML, so the SQL ends here",
            "quote the whole SQL; for #> and #>> write -> and ->> with a path: col ->> '$.a.b'");
    }
  }
  attach(index);
}

// The parser takes a quote that is left open to the next quote of that kind, or to the file's end.
void GraphBuilder::check_quoted(size_t position) {
  const std::string hint = "close it on the same line, or indent the lines that continue it";
  const size_t end = source_.closing_quote(position);
  if (end == YamlSource::npos) stop(position, "this quote is not closed", hint);
  bool in_block = false;
  size_t parent = 0;
  for (size_t i = stack_.size(); i-- > 0 && !in_block;) {
    if (node(stack_[i]).flow) continue;
    in_block = true;
    parent = source_.column_bytes(node(stack_[i]).position);
  }
  if (!in_block) return;
  const std::string& text = source_.text();
  for (size_t i = text.find('\n', position); i < end; i = text.find('\n', i + 1)) {
    const size_t content = text.find_first_not_of(' ', i + 1);
    if (content == YamlSource::npos || text[content] == '\n') continue;
    if (content - (i + 1) <= parent) {
      stop(position, "this quote is not closed before the next line begins", hint);
    }
  }
}

void GraphBuilder::open(const YAML::Mark& mark, YAML::anchor_t anchor, Kind kind, bool flow) {
  const uint32_t index = add(mark, anchor, kind);
  if (stack_.size() >= kYamlMaxDepth) {
    stop(node(index).position, "nested deeper than 64 levels");
  }
  node(index).open = true;
  node(index).flow = flow;
  stack_.push_back(index);
}

void GraphBuilder::close() {
  const uint32_t index = stack_.back();
  stack_.pop_back();
  node(index).open = false;
  attach(index);
}

void GraphBuilder::OnSequenceEnd() {
  settle(YamlSource::npos);
  for (const uint32_t item : node(stack_.back()).children) {
    if (!node(item).missing) continue;
    size_t position = node(item).position;
    const size_t before = source_.text().find_last_not_of(" \n", position == 0 ? 0 : position - 1);
    if (before != YamlSource::npos && (source_.at(before) == '-' || source_.at(before) == ',')) {
      position = before;
    }
    fault(position, "an item without a value", "write null, or '' for an empty text");
  }
  close();
}

bool GraphBuilder::key_is_good(uint32_t key, std::unordered_map<std::string_view, uint32_t>& seen) {
  const auto& name = node(key);
  if (name.kind == Kind::null && name.missing) {
    fault(name.position, "a key is missing here");
    return false;
  }
  if (name.kind != Kind::scalar) {
    fault(name.position, "a key must be a text",
          name.kind == Kind::null ? "quote it: \"null\"" : "quote a key that starts with [ or {");
    return false;
  }
  const auto [first, is_new] = seen.emplace(name.scalar, key);
  if (is_new) return true;
  fault(name.position, "the key '" + name.scalar + "' is here twice",
        "the first stands in line " +
            std::to_string(source_.place(node(first->second).position).line));
  return false;
}

void GraphBuilder::OnMapEnd() {
  settle(YamlSource::npos);
  const uint32_t map = stack_.back();
  const std::vector<uint32_t> read = std::move(node(map).children);
  std::vector<uint32_t> kept;
  std::unordered_map<std::string_view, uint32_t> seen;
  for (size_t i = 0; i + 1 < read.size(); i += 2) {
    if (node(read[i + 1]).missing && !node(read[i]).missing) {
      fault(node(read[i]).position, "this key has no value",
            node(map).flow ? "a comma inside { } ends a value: quote it or use block style"
                           : "write null, or '' for an empty text");
    }
    if (!key_is_good(read[i], seen)) continue;
    kept.push_back(read[i]);
    kept.push_back(read[i + 1]);
  }
  node(map).children = std::move(kept);
  close();
}

void GraphBuilder::explain(const YAML::Exception& exception) {
  namespace msg = YAML::ErrorMsg;
  const std::string& what = exception.msg;
  const size_t position =
      exception.mark.is_null() ? last_position_ : static_cast<size_t>(exception.mark.pos);
  size_t unexpected = position;
  if (what == msg::CHAR_IN_BLOCK)
    unexpected = source_.text().find_last_not_of("|> ", position - 1) + 1;
  const size_t quoted = source_.quoted_text_before(unexpected);
  if (quoted != YamlSource::npos) {
    const size_t before = source_.text().find_last_not_of(" \n", quoted - 1);
    const bool in_flow = !stack_.empty() && node(stack_.back()).flow;
    if (in_flow && quoted > 0 && source_.at(before) == ',') {
      return fault(before, "a comma inside { } or [ ] ends a value",
                   "quote SQL that has commas as a whole, or use block style");
    }
    // In braces a new line is where a closing one is missing.
    const size_t last = source_.text().find_last_not_of(" \t", unexpected - 1);
    const bool goes_on = last == YamlSource::npos || source_.at(last) != '\n';
    if (!in_flow || goes_on) {
      return fault(quoted, "SQL that starts with a quote must be quoted as a whole", kQuoteWhole);
    }
  }
  if (what == msg::EOF_IN_SCALAR || what == msg::DOC_IN_SCALAR) {
    const char first = source_.at(last_position_);
    size_t from = last_position_;
    if (first == '\'' || first == '"') from = source_.closing_quote(from) + 1;
    const size_t quote = source_.next_quote(from);
    return fault(quote == YamlSource::npos ? position : quote, "this quote is not closed");
  }
  if (what == msg::TAB_IN_INDENTATION) {
    return fault(position, "a tab in the indentation", "indent with spaces");
  }
  if (what.starts_with(msg::INVALID_ESCAPE) || what.starts_with(msg::INVALID_UNICODE) ||
      what == msg::INVALID_HEX) {
    return fault(position, "not an escape that double quotes know",
                 "write \\\\ for a backslash, or use single quotes");
  }
  if (what == msg::UNKNOWN_ANCHOR) {
    return fault(position, "this alias (*) has no anchor (&) before it",
                 "quote a text that starts with *");
  }
  if (what == msg::UNKNOWN_TOKEN) {
    return fault(position, "a value can't start with this character", "quote the whole value");
  }
  for (size_t i = stack_.size(); i-- > 0;) {
    if (!node(stack_[i]).flow) continue;
    const bool map = node(stack_[i]).kind == Kind::map;
    forget_faults_from(node(stack_[i]).position);
    return fault(node(stack_[i]).position,
                 map ? "what begins here is not closed by a }, or has a fault inside"
                     : "what begins here is not closed by a ], or has a fault inside",
                 "quote SQL that has commas, brackets, braces or ': ', or use block style");
  }
  if (what == msg::MAP_VALUE || what == msg::MAP_KEY || what == msg::BLOCK_ENTRY) {
    return fault(position, "a key or a list cannot begin here", kCheckIndentation);
  }
  if (what == msg::END_OF_MAP || what == msg::END_OF_SEQ) {
    return fault(position, "this does not belong to what stands above it", kCheckIndentation);
  }
  if (what == msg::CHAR_IN_BLOCK) {
    return fault(position, "| and > begin a block of lines, nothing may follow them here",
                 "quote the whole value");
  }
  fault(position, "not YAML: " + what);
}

}  // namespace

YamlGraph read_yaml_graph(const YamlSource& source, std::vector<Diagnostic>& faults) {
  GraphBuilder builder(source, faults);
  std::istringstream stream(source.text());
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop&) {
  } catch (const YAML::Exception& exception) {
    builder.explain(exception);
  }
  return builder.take();
}

}  // namespace waltrack
