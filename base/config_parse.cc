#include "base/config_parse.h"

#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/yaml_handler.h"

namespace orch {
namespace {

constexpr size_t kMaxConfigDepth = 32;

// Keeps the first error and the path to the current node; builds no tree.
class Flattener final : public YamlHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (Check(mark, "", anchor)) Leaf(mark, {}, /*is_null=*/true);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Fail(mark, "aliases (*name) are not accepted; write the value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (Check(mark, tag, anchor)) Leaf(mark, value, /*is_null=*/false);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    if (!Check(mark, tag, anchor) || !Enter(mark)) return;
    if (levels_.empty()) return Fail(mark, "a mapping (key: value) is expected, found a list");
    Level& above = levels_.back();
    if (above.is_list) return Fail(mark, "a list holds values only, found a list in a list");
    if (!above.has_key) return Fail(mark, "a key is expected, found a list");
    entries_.push_back({above.key, {}, /*is_list=*/true, above.line});
    levels_.push_back({.is_list = true});
  }
  void OnSequenceEnd() override { Leave(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    if (!Check(mark, tag, anchor) || !Enter(mark)) return;
    Level level;
    if (!levels_.empty()) {
      const Level& above = levels_.back();
      if (above.is_list) return Fail(mark, "a list holds values only, found a mapping");
      if (!above.has_key) return Fail(mark, "a key is expected, found a mapping");
      level.prefix = absl::StrCat(above.key, ".");
      level.line = above.line;
    }
    levels_.push_back(std::move(level));
  }
  void OnMapEnd() override {
    if (!failed() && levels_.size() > 1 && levels_.back().is_empty) {
      const std::string& prefix = levels_.back().prefix;
      entries_.push_back({prefix.substr(0, prefix.size() - 1), {}, false, levels_[levels_.size() - 2].line});
    }
    Leave();
  }

  void Fail(const YAML::Mark& mark, absl::string_view problem) override {
    if (!failed()) error_ = absl::StrCat(mark.line + 1, ":", mark.column + 1, ": ", problem);
  }
  bool failed() const override { return !error_.empty(); }
  const std::string& error() const { return error_; }
  std::vector<ConfigEntry> TakeEntries() { return std::move(entries_); }

 private:
  struct Level {
    bool is_list = false;
    bool is_empty = true;
    bool has_key = false;
    std::string prefix;
    std::string key;
    int line = 0;
  };

  bool Check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) Fail(mark, "anchors (&name) are not accepted; write the value out");
    // "?" marks a plain scalar, "!" a quoted one.
    if (!tag.empty() && tag != "?" && tag != "!") Fail(mark, absl::StrCat("the tag ", tag, " is not accepted"));
    return !failed();
  }
  bool Enter(const YAML::Mark& mark) {
    if (levels_.size() < kMaxConfigDepth) return true;
    Fail(mark, absl::StrCat("nested deeper than ", kMaxConfigDepth, " levels"));
    return false;
  }
  void Leave() {
    if (failed()) return;
    levels_.pop_back();
    if (!levels_.empty()) levels_.back().has_key = false;
  }
  void Leaf(const YAML::Mark& mark, const std::string& value, bool is_null) {
    if (levels_.empty()) {
      if (!is_null) Fail(mark, "a mapping (key: value) is expected, found one value");
      return;
    }
    Level& level = levels_.back();
    if (level.is_list) {
      if (is_null) return Fail(mark, "an item of this list is empty");
      entries_.back().items.push_back(value);
    } else if (level.has_key) {
      entries_.push_back({level.key, {}, false, level.line});
      if (!is_null) entries_.back().items.push_back(value);
      level.has_key = false;
    } else {
      if (value.empty()) return Fail(mark, "a key is empty");
      level.key = absl::StrCat(level.prefix, value);
      level.line = mark.line + 1;
      level.has_key = true;
      level.is_empty = false;
    }
  }

  std::vector<Level> levels_;
  std::vector<ConfigEntry> entries_;
  std::string error_;
};

}  // namespace

absl::StatusOr<std::vector<ConfigEntry>> ParseConfigText(absl::string_view text, absl::string_view name) {
  Flattener flattener;
  ORCH_RETURN_IF_ERROR(ReadYamlEvents(text, name, &flattener));
  if (flattener.failed()) return absl::InvalidArgumentError(absl::StrCat(name, ":", flattener.error()));
  return flattener.TakeEntries();
}

}  // namespace orch
