#include "cli/options/shell_words.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace orch::cli {

absl::StatusOr<std::vector<std::string>> SplitShellWords(absl::string_view text, absl::string_view source) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote != '\'' && c == '\\' && i + 1 < text.size()) {
      word += text[++i];
      in_word = true;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
      in_word = true;
    } else if (quote == 0 && absl::ascii_isspace(static_cast<unsigned char>(c))) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0) return absl::InvalidArgumentError(absl::StrCat(source, ": a quote is not closed"));
  if (in_word) words.push_back(std::move(word));
  return words;
}

}  // namespace orch::cli
