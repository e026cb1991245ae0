#include "services/nodeagent/facts/yaml_facts.h"

#include <yaml-cpp/yaml.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"

namespace orch::nodeagent {
namespace {

bool AllOf(absl::string_view text, bool (*test)(unsigned char)) {
  for (const char c : text) {
    if (!test(static_cast<unsigned char>(c))) return false;
  }
  return !text.empty();
}

bool IsOctal(unsigned char c) { return c >= '0' && c <= '7'; }

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool LooksLikeFloat(absl::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  const auto digits = [&text] {
    size_t count = 0;
    while (count < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[count]))) ++count;
    text.remove_prefix(count);
    return count;
  };
  const size_t whole = digits();
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    if (digits() == 0 && whole == 0) return false;
  } else if (whole == 0) {
    return false;
  }
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  text.remove_prefix(1);
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return digits() > 0 && text.empty();
}

class Converter {
 public:
  explicit Converter(absl::string_view source) : source_(source) {}

  absl::StatusOr<Json> Convert(const YAML::Node& node, size_t depth) {
    if (depth > kMaxJsonDepth) return Error(node, absl::StrCat("nested deeper than ", kMaxJsonDepth, " levels"));
    bytes_ += node.IsScalar() ? node.Scalar().size() + 4 : 4;
    if (bytes_ > kMaxFactSourceBytes) return Error(node, "holds more than 1 MiB once its aliases are unfolded");
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return Scalar(node);
      case YAML::NodeType::Sequence:
        return Sequence(node, depth);
      case YAML::NodeType::Map:
        return Map(node, depth);
      default:
        return Json(nullptr);
    }
  }

  absl::Status Error(const YAML::Node& node, absl::string_view problem) const {
    return absl::InvalidArgumentError(absl::StrCat(source_, ":", node.Mark().line + 1, ": ", problem));
  }

 private:
  static Json Scalar(const YAML::Node& node) {
    const std::string& tag = node.Tag();
    const bool plain = tag == "?" || absl::EndsWith(tag, ":int") || absl::EndsWith(tag, ":float") ||
                       absl::EndsWith(tag, ":bool") || absl::EndsWith(tag, ":null");
    return plain ? PlainYamlScalar(node.Scalar()) : Json(node.Scalar());
  }

  absl::StatusOr<Json> Sequence(const YAML::Node& node, size_t depth) {
    Json list = Json::array();
    for (const YAML::Node& item : node) {
      ORCH_ASSIGN_OR_RETURN(Json value, Convert(item, depth + 1));
      list.push_back(std::move(value));
    }
    return list;
  }

  absl::StatusOr<Json> Map(const YAML::Node& node, size_t depth) {
    Json map = Json::object();
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) return Error(entry.first.IsNull() ? node : entry.first, "a key must be a text");
      const std::string& key = entry.first.Scalar();
      bytes_ += key.size();
      if (map.contains(key)) return Error(entry.first, absl::StrCat("key '", key, "' is given twice"));
      ORCH_ASSIGN_OR_RETURN(map[key], Convert(entry.second, depth + 1));
    }
    return map;
  }

  const absl::string_view source_;
  size_t bytes_ = 0;
};

}  // namespace

Json PlainYamlScalar(absl::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return nullptr;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (absl::ConsumePrefix(&text, "0o")) {
    int64_t octal = 0;
    if (!AllOf(text, IsOctal) || text.size() > 20) return absl::StrCat("0o", text);
    for (const char c : text) octal = octal * 8 + (c - '0');
    return octal;
  }
  absl::string_view digits = text;
  if (absl::ConsumePrefix(&digits, "0x")) {
    uint64_t hex = 0;
    if (AllOf(digits, absl::ascii_isxdigit) && absl::SimpleHexAtoi(digits, &hex)) return hex;
    return std::string(text);
  }
  if (digits[0] == '-' || digits[0] == '+') digits.remove_prefix(1);
  if (AllOf(digits, absl::ascii_isdigit)) {
    int64_t number = 0;
    if (absl::SimpleAtoi(text, &number)) return number;
    return std::string(text);
  }
  double real = 0;
  if (LooksLikeFloat(text) && absl::SimpleAtod(text, &real) && std::isfinite(real)) return real;
  return std::string(text);
}

absl::StatusOr<Json> ParseYamlFacts(absl::string_view text, absl::string_view source) {
  if (text.size() > kMaxFactSourceBytes) {
    return absl::InvalidArgumentError(absl::StrCat(source, ": holds more than the 1 MiB accepted"));
  }
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.empty() || documents[0].IsNull()) return Json::object();
    Converter converter(source);
    if (documents.size() > 1) return converter.Error(documents[1], "holds a second document; only one is read");
    if (!documents[0].IsMap()) return converter.Error(documents[0], "must be a mapping of fact names to values");
    return converter.Convert(documents[0], 1);
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat(source, ":", error.mark.line + 1, ": ", error.msg));
  }
}

}  // namespace orch::nodeagent
