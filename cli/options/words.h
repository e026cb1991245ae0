// Checks of a command's words. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace orch::cli {

// InvalidArgument if there are more than `most` words; the message shows `usage`.
inline absl::Status AtMostWords(const std::vector<std::string>& words, size_t most, absl::string_view usage) {
  if (words.size() <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("unexpected word '", words[most], "'; usage: orchctl ", usage));
}

}  // namespace orch::cli
