// Output that keeps all text in memory. Tests use it, and callers that need a text twice.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "cli/terminal/output.h"

namespace orch::cli {

class StringOutput final : public Output {
 public:
  void Write(absl::string_view text) override { text_.append(text.data(), text.size()); }
  bool Flush() override { return true; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace orch::cli
