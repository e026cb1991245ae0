#include "actions/puppet/puppet_yaml.h"

#include <yaml-cpp/yaml.h>

#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

bool IsSymbol(const std::string& text) {
  return text.size() > 1 && text[0] == ':' && (absl::ascii_isalpha(text[1]) || text[1] == '_');
}

Json ScalarOf(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return text;  // quoted
  if (text == "true" || text == "false") return text == "true";
  if (IsSymbol(text)) return text.substr(1);
  int64_t whole = 0;
  // A leading zero is a mode or an id, not a number.
  const bool padded = text.size() > 1 && text[0] == '0' && absl::ascii_isdigit(text[1]);
  if (!padded && absl::SimpleAtoi(text, &whole)) return whole;
  double number = 0;
  const bool numeric = !text.empty() && text.find_first_not_of("0123456789+-.eE") == std::string::npos;
  if (numeric && !padded && absl::SimpleAtod(text, &number) && std::isfinite(number)) return number;
  return text;
}

class Converter {
 public:
  absl::StatusOr<Json> Convert(const YAML::Node& node, size_t depth) {
    if (depth > kMaxJsonDepth) return absl::InvalidArgumentError("it is nested too deep");
    if (++values_ > kMaxYamlValues) return absl::InvalidArgumentError("it holds too many values");
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return ScalarOf(node);
      case YAML::NodeType::Sequence: {
        Json list = Json::array();
        for (const YAML::Node& item : node) {
          ORCH_ASSIGN_OR_RETURN(Json value, Convert(item, depth + 1));
          list.push_back(std::move(value));
        }
        return list;
      }
      case YAML::NodeType::Map: {
        Json map = Json::object();
        for (const auto& pair : node) {
          if (!pair.first.IsScalar()) return absl::InvalidArgumentError("a key is no plain text");
          const std::string& key = pair.first.Scalar();
          ORCH_ASSIGN_OR_RETURN(map[IsSymbol(key) ? key.substr(1) : key], Convert(pair.second, depth + 1));
        }
        return map;
      }
      default:
        return Json();
    }
  }

 private:
  size_t values_ = 0;
};

}  // namespace

absl::StatusOr<Json> ParsePuppetYaml(const std::string& text, absl::string_view what) {
  try {
    absl::StatusOr<Json> value = Converter().Convert(YAML::Load(text), 0);
    if (value.ok()) return value;
    return absl::InvalidArgumentError(absl::StrCat(what, " cannot be used: ", value.status().message()));
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat(what, " is no YAML: line ", error.mark.line + 1, ": ", error.msg));
  }
}

std::string TopLevelSection(absl::string_view text, absl::string_view key) {
  size_t begin = absl::string_view::npos;
  for (size_t line = 0; line < text.size();) {
    const size_t newline = text.find('\n', line);
    const size_t next = newline == absl::string_view::npos ? text.size() : newline + 1;
    const absl::string_view rest = text.substr(line);
    // Items of a list and what belongs to a value begin with a dash or a blank.
    const bool is_key = rest[0] != ' ' && rest[0] != '-' && rest[0] != '\n' && rest[0] != '#';
    if (begin != absl::string_view::npos && is_key) return std::string(text.substr(begin, line - begin));
    absl::string_view name = rest;
    if (is_key && absl::ConsumePrefix(&name, key) && absl::StartsWith(name, ":")) begin = line;
    line = next;
  }
  return begin == absl::string_view::npos ? "" : std::string(text.substr(begin));
}

}  // namespace orch::actions
