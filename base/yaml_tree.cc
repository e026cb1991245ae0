#include "base/yaml_tree.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/yaml_handler.h"

namespace orch {
namespace {

constexpr size_t kMaxTreeDepth = 32;

// Builds the tree from the events; keeps the first error.
class TreeBuilder final : public YamlHandler {
 public:
  bool failed() const override { return !error_.empty(); }
  void Fail(const YAML::Mark& mark, absl::string_view problem) override {
    if (!failed()) error_ = absl::StrCat(mark.line + 1, ": ", problem);
  }
  const std::string& error() const { return error_; }
  YamlNode Take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (!Check(mark, "", anchor)) return;
    if (ExpectsKey()) return Fail(mark, "a key must be a text with a colon after it");
    Put(Make(YamlNode::Kind::kNull, mark));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Fail(mark, "aliases (*name) are not accepted; write the value out, and put quotes around a '*' that is text");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    if (!Check(mark, tag, anchor)) return;
    if (ExpectsKey()) {
      levels_.back().keys.push_back({text, mark.line + 1});
      return;
    }
    YamlNode node = Make(YamlNode::Kind::kScalar, mark);
    node.text = text;
    Put(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kList, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  static YamlNode Make(YamlNode::Kind kind, const YAML::Mark& mark) {
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    return node;
  }
  bool ExpectsKey() const {
    return !levels_.empty() && levels_.back().is_map() && levels_.back().keys.size() == levels_.back().items.size();
  }
  bool Check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) Fail(mark, "anchors (&name) are not accepted; write the value out");
    // "?" marks a plain scalar or a container, "!" a quoted scalar.
    if (!tag.empty() && tag != "?" && tag != "!") Fail(mark, absl::StrCat("the tag ", tag, " is not accepted"));
    return !failed();
  }
  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (!Check(mark, tag, anchor)) return;
    if (ExpectsKey()) return Fail(mark, "a key must be a text");
    if (levels_.size() == kMaxTreeDepth) {
      return Fail(mark, absl::StrCat("nested deeper than ", kMaxTreeDepth, " levels"));
    }
    levels_.push_back(Make(kind, mark));
  }
  void Close() {
    if (failed()) return;
    YamlNode node = std::move(levels_.back());
    levels_.pop_back();
    Put(std::move(node));
  }
  void Put(YamlNode node) { (levels_.empty() ? root_ : levels_.back().items.emplace_back()) = std::move(node); }

  std::vector<YamlNode> levels_;  // lists and mappings that are not complete yet
  YamlNode root_;
  std::string error_;
};

}  // namespace

absl::StatusOr<YamlNode> ParseYamlTree(absl::string_view text, absl::string_view what, size_t max_bytes) {
  if (text.size() > max_bytes) {
    return absl::InvalidArgumentError(absl::StrCat(what, ":1: holds more than the ", max_bytes, " bytes accepted"));
  }
  TreeBuilder builder;
  ORCH_RETURN_IF_ERROR(ReadYamlEvents(text, what, &builder));
  if (builder.failed()) return absl::InvalidArgumentError(absl::StrCat(what, ":", builder.error()));
  return builder.Take();
}

}  // namespace orch
