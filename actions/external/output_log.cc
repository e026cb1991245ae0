#include "actions/external/output_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/log.h"
#include "base/process/process_spec.h"

namespace orch::actions {

OutputLog::OutputLog(std::string what) : what_(std::move(what)) {}

OutputLog::~OutputLog() {
  Flush();
  if (lines_ > kMaxLinesLogged) {
    LogWarning("a plugin printed more lines than are logged",
               {{"plugin", what_}, {"lines", absl::StrCat(lines_)}, {"logged", absl::StrCat(kMaxLinesLogged)}});
  }
}

void OutputLog::Add(ProcessStream stream, absl::string_view piece) {
  std::string* line = stream == ProcessStream::kOut ? &open_out_ : &open_err_;
  if (stream == ProcessStream::kErr && error_text_.size() < kMaxLineBytes) {
    absl::StrAppend(&error_text_, piece.substr(0, kMaxLineBytes - error_text_.size()));
  }
  while (!piece.empty()) {
    const size_t end = piece.find('\n');
    const absl::string_view part = piece.substr(0, end);
    absl::StrAppend(line, part.substr(0, kMaxLineBytes - std::min(kMaxLineBytes, line->size())));
    if (end == absl::string_view::npos) return;
    EndLine(stream, line);
    piece.remove_prefix(end + 1);
  }
}

void OutputLog::EndLine(ProcessStream stream, std::string* line) {
  const std::string text = std::exchange(*line, std::string());
  if (absl::StripAsciiWhitespace(text).empty()) return;
  if (++lines_ <= kMaxLinesLogged) {
    const LogLevel level = stream == ProcessStream::kOut ? LogLevel::kInfo : LogLevel::kError;
    Log(level, "plugin says", {{"plugin", what_}, {"line", text}});
  }
  last_.push_back(std::string(absl::StripAsciiWhitespace(text)));
  if (last_.size() > kMaxLastLines) last_.pop_front();
}

void OutputLog::Flush() {
  if (!open_out_.empty()) EndLine(ProcessStream::kOut, &open_out_);
  if (!open_err_.empty()) EndLine(ProcessStream::kErr, &open_err_);
}

std::string OutputLog::LastLines() {
  Flush();
  return absl::StrJoin(last_, " | ", [](std::string* out, const std::string& line) {
    absl::StrAppend(out, absl::Utf8SafeCHexEscape(line));
  });
}

}  // namespace orch::actions
