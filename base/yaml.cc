#include "base/yaml.h"

#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/yaml_handler.h"
#include "base/yaml_scalar.h"
#include "base/yaml_value.h"

namespace orch {
namespace {

constexpr size_t kBytesPerValue = 4;

size_t WeightOf(const Json& value) {
  size_t weight = kBytesPerValue;
  if (value.is_string()) weight += value.get_ref<const std::string&>().size();
  if (!value.is_structured()) return weight;
  for (const auto& item : value.items()) {
    weight += WeightOf(item.value()) + (value.is_object() ? item.key().size() : 0);
  }
  return weight;
}

std::string SizeText(size_t bytes) {
  return bytes % (1u << 20) == 0 ? absl::StrCat(bytes >> 20, " MiB") : absl::StrCat(bytes, " bytes");
}

// "?" marks a plain scalar or a container without a tag, "!" a quoted scalar.
bool IsExplicit(const std::string& tag) { return !tag.empty() && tag != "?" && tag != "!"; }

// Builds the value from the events; keeps the first error.
class YamlBuilder final : public YamlHandler {
 public:
  YamlBuilder(const YamlLimits& limits, YamlScalars scalars) : limits_(limits), scalars_(scalars) {}

  bool failed() const override { return !error_.empty(); }
  void Fail(const YAML::Mark& mark, absl::string_view problem) override {
    if (!failed()) error_ = absl::StrCat(mark.line + 1, ": ", problem);
  }
  const std::string& error() const { return error_; }
  YamlDocument Take() { return std::move(document_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (failed()) return;
    if (levels_.empty()) return;
    const Level& level = levels_.back();
    if (level.value.is_object() && !level.has_key) return Fail(mark, "a key must be a text with a colon after it");
    if (level.is_block && level.has_key && mark.pos == level.key_mark.pos) {
      return Fail(mark, absl::StrCat("'", level.key, "' stands alone; a key is followed by a colon"));
    }
    Put(mark, nullptr, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (failed()) return;
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) return Fail(mark, "an alias (*name) stands within what it is the name of");
    if (!Repeat(mark, found->second)) return;
    if (ExpectsKey()) {
      if (!found->second.is_string()) return Fail(mark, "a key must be a text");
      return SetKey(mark, found->second.get<std::string>(), /*can_merge=*/false);
    }
    Put(mark, found->second, 0, /*is_alias=*/true);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    if (failed()) return;
    if (ExpectsKey()) {
      const absl::string_view symbol = tag == "!" ? absl::string_view() : YamlSymbolName(text);
      const std::string name(symbol.empty() ? text : symbol);
      if (anchor != 0) anchors_[anchor] = name;
      return SetKey(mark, name, tag != "tag:yaml.org,2002:str");
    }
    if (scalars_ == YamlScalars::kText || tag == "!") return Put(mark, text, anchor);
    if (!IsExplicit(tag)) return Put(mark, ResolveYamlScalar(text), anchor);
    absl::StatusOr<Json> value = TaggedYamlScalar(tag, text);
    if (!value.ok()) return Fail(mark, value.status().message());
    Put(mark, *std::move(value), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, Json::array(), tag, anchor, /*is_block=*/false);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    Open(mark, Json::object(), tag, anchor, style != YAML::EmitterStyle::Flow);
  }
  void OnMapEnd() override { Close(); }

 private:
  // A list or mapping that is not complete yet.
  struct Level {
    Json value;
    std::string tag;
    YAML::anchor_t anchor = 0;
    YAML::Mark mark;
    bool is_block = false;  // a mapping that is no {…}
    bool has_key = false;
    bool can_merge = false;  // by the key, when it is <<
    std::string key;
    YAML::Mark key_mark;
    absl::flat_hash_set<std::string> own;  // its keys, without those that were merged
  };

  bool ExpectsKey() const { return !levels_.empty() && levels_.back().value.is_object() && !levels_.back().has_key; }

  // Accounts for one more copy of `value`.
  bool Repeat(const YAML::Mark& mark, const Json& value) {
    repeated_ += WeightOf(value);
    if (repeated_ <= limits_.max_bytes) return true;
    Fail(mark, absl::StrCat("holds more than ", SizeText(limits_.max_bytes), " once its aliases are unfolded"));
    return false;
  }

  void SetKey(const YAML::Mark& mark, std::string name, bool can_merge) {
    Level& level = levels_.back();
    level.can_merge = can_merge && name == "<<";
    level.key = std::move(name);
    level.key_mark = mark;
    level.has_key = true;
  }

  void Open(const YAML::Mark& mark, Json empty, const std::string& tag, YAML::anchor_t anchor, bool is_block) {
    if (failed()) return;
    if (ExpectsKey()) return Fail(mark, "a key must be a text");
    if (levels_.size() == limits_.max_depth) {
      return Fail(mark, absl::StrCat("nested deeper than ", limits_.max_depth, " levels"));
    }
    Level level;
    level.value = std::move(empty);
    if (IsExplicit(tag)) level.tag = tag;
    level.anchor = anchor;
    level.mark = mark;
    level.is_block = is_block;
    levels_.push_back(std::move(level));
  }

  void Close() {
    if (failed()) return;
    Level level = std::move(levels_.back());
    levels_.pop_back();
    if (levels_.empty()) document_.tag = level.tag;
    Json value = level.tag.empty() ? std::move(level.value) : TaggedYamlContainer(level.tag, std::move(level.value));
    Put(level.mark, std::move(value), level.anchor);
  }

  // A complete value takes its place.
  void Put(const YAML::Mark& mark, Json value, YAML::anchor_t anchor, bool is_alias = false) {
    if (anchor != 0) {
      if (!Repeat(mark, value)) return;
      anchors_[anchor] = value;
    }
    if (levels_.empty()) {
      document_.value = std::move(value);
      document_.is_blank = false;
      return;
    }
    Level& level = levels_.back();
    if (level.value.is_array()) {
      level.value.push_back(std::move(value));
      return;
    }
    level.has_key = false;
    if (level.can_merge && Merge(value, is_alias, &level.value)) return;
    if (!level.own.insert(level.key).second) {
      return Fail(level.key_mark, absl::StrCat("key '", level.key, "' is given twice"));
    }
    level.value[level.key] = std::move(value);
  }

  // As in Psych: merged keys replace earlier ones, and later keys replace merged ones; the first item of a list wins.
  static bool Merge(const Json& value, bool is_alias, Json* into) {
    if (value.is_object()) {
      into->update(value);
      return true;
    }
    if (!value.is_array() || is_alias) return false;
    Json merged = Json::object();
    for (auto part = value.rbegin(); part != value.rend(); ++part) {
      if (!part->is_object()) return false;
      merged.update(*part);
    }
    into->update(merged);
    return true;
  }

  const YamlLimits limits_;
  const YamlScalars scalars_;
  std::vector<Level> levels_;
  absl::flat_hash_map<YAML::anchor_t, Json> anchors_;
  size_t repeated_ = 0;  // weight of what anchors and aliases copied
  YamlDocument document_;
  std::string error_;
};

}  // namespace

absl::StatusOr<YamlDocument> ParseYaml(absl::string_view text, absl::string_view what, const YamlLimits& limits,
                                       YamlScalars scalars) {
  if (text.size() > limits.max_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ": holds more than the ", SizeText(limits.max_bytes), " accepted"));
  }
  YamlBuilder builder(limits, scalars);
  ORCH_RETURN_IF_ERROR(ReadYamlEvents(text, what, &builder));
  if (builder.failed()) return absl::InvalidArgumentError(absl::StrCat(what, ":", builder.error()));
  return builder.Take();
}

}  // namespace orch
