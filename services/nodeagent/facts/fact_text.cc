#include "services/nodeagent/facts/fact_text.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "base/text_file.h"
#include "services/nodeagent/facts/yaml_facts.h"

namespace orch::nodeagent {
namespace {

bool IsSkipped(absl::string_view line) { return line.empty() || line[0] == '#'; }

// Returns the position of '=' behind a name without blanks or ':', or npos if the line is no key=value.
size_t SplitPoint(absl::string_view line) {
  const size_t at = line.find('=');
  if (at == 0 || at == absl::string_view::npos) return absl::string_view::npos;
  return line.substr(0, at).find_first_of(" \t:") == absl::string_view::npos ? at : absl::string_view::npos;
}

// Also true for text of comments only and for empty text.
bool AllKeyValue(absl::string_view text) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (!IsSkipped(line) && SplitPoint(line) == absl::string_view::npos) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<Json> ParseTextFacts(absl::string_view text, absl::string_view source) {
  if (text.size() > kMaxFactSourceBytes) {
    return absl::InvalidArgumentError(absl::StrCat(source, ": holds more than the 1 MiB accepted"));
  }
  ORCH_ASSIGN_OR_RETURN(const std::string decoded, DecodeText(text, source));
  Json facts = Json::object();
  int number = 0;
  for (absl::string_view line : absl::StrSplit(decoded, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (IsSkipped(line)) continue;
    const size_t at = SplitPoint(line);
    if (at == absl::string_view::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat(source, ":", number, ": write NAME=VALUE, the name without blanks"));
    }
    facts[std::string(line.substr(0, at))] = std::string(line.substr(at + 1));
  }
  return facts;
}

absl::StatusOr<Json> ParseJsonFacts(absl::string_view text, absl::string_view source) {
  ORCH_ASSIGN_OR_RETURN(const std::string decoded, DecodeText(text, source));
  if (absl::StripAsciiWhitespace(decoded).empty()) return NoFactsError(source);
  ORCH_ASSIGN_OR_RETURN(Json facts, ParseJsonObject(decoded, source, kMaxFactSourceBytes));
  return FactsOfDocument(std::move(facts), /*tag=*/"", source);
}

absl::StatusOr<Json> ParsePrintedFacts(absl::string_view text, absl::string_view source) {
  const absl::string_view body = absl::StripAsciiWhitespace(WithoutByteOrderMark(text));
  if (absl::StartsWith(body, "{")) return ParseJsonFacts(body, source);
  return AllKeyValue(body) ? ParseTextFacts(body, source) : ParseYamlFacts(body, source);
}

bool HasFactFileEnding(absl::string_view name) {
  return absl::EndsWith(name, ".json") || absl::EndsWith(name, ".yaml") || absl::EndsWith(name, ".yml") ||
         absl::EndsWith(name, ".txt");
}

absl::StatusOr<Json> ParseFactFile(absl::string_view name, absl::string_view text, absl::string_view source) {
  if (absl::EndsWith(name, ".json")) return ParseJsonFacts(text, source);
  if (!absl::EndsWith(name, ".txt")) return ParseYamlFacts(text, source);
  ORCH_ASSIGN_OR_RETURN(Json facts, ParseTextFacts(text, source));
  return facts.empty() ? absl::StatusOr<Json>(NoFactsError(source)) : std::move(facts);
}

}  // namespace orch::nodeagent
