#include "filter/characters.h"

namespace orch::filter {

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsOperatorCharacter(char c) { return c == '=' || c == '<' || c == '>' || c == '!' || c == '~'; }
bool IsQuote(char c) { return c == '\'' || c == '"'; }
bool IsReserved(absl::string_view word) { return word == "and" || word == "or" || word == "not"; }

size_t SkipBlanks(absl::string_view text, size_t from) {
  while (from < text.size() && IsBlank(text[from])) ++from;
  return from;
}

size_t FindBlank(absl::string_view text, size_t from) {
  while (from < text.size() && !IsBlank(text[from])) ++from;
  return from;
}

}  // namespace orch::filter
