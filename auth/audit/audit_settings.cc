#include "auth/audit/audit_settings.h"

#include <cstdint>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace orch::auth {
namespace {

constexpr uint64_t kMinSize = uint64_t{64} << 10;
constexpr uint64_t kMaxSize = uint64_t{100} << 30;

// "512K", "64M", "1G", also with "iB"; 0 if the text is no size in the range.
uint64_t ParseSize(absl::string_view text) {
  absl::ConsumeSuffix(&text, "iB");
  int shift = 0;
  if (absl::ConsumeSuffix(&text, "K")) {
    shift = 10;
  } else if (absl::ConsumeSuffix(&text, "M")) {
    shift = 20;
  } else if (absl::ConsumeSuffix(&text, "G")) {
    shift = 30;
  }
  uint64_t number = 0;
  if (shift == 0 || !absl::SimpleAtoi(text, &number) || number > (kMaxSize >> shift)) return 0;
  return (number << shift) < kMinSize ? 0 : number << shift;
}

}  // namespace

AuditLog::Options ReadAuditSettings(ConfigReader* read, const std::string& beside, const std::string& program,
                                    AuditLog::JournalSender journal) {
  AuditLog::Options options;
  options.program = program;
  const std::string file = read->String("audit.file", beside.empty() ? "none" : beside);
  if (file.empty() || file == "none") {
    options.path.clear();
  } else if (absl::StartsWith(file, "/")) {
    options.path = file;
  } else {
    read->Fail("audit.file", "must be none or the absolute path of a file");
  }
  options.required = read->Bool("audit.required", false);
  if (options.required && options.path.empty()) {
    read->Fail("audit.required", "needs an audit log: set audit.file to the absolute path of a file");
  }
  const std::string size = read->String("audit.max_size", "64M");
  options.max_size = ParseSize(size);
  if (options.max_size == 0) read->Fail("audit.max_size", "must be a size from 64K to 100G, such as 64M");
  options.keep = static_cast<size_t>(read->Int("audit.keep", 10, 1, 1000));
  if (read->Bool("audit.journal", false)) options.journal = std::move(journal);
  return options;
}

}  // namespace orch::auth
