// Takes the values of a ConfigFile by key and type, and collects the errors. Every error names file, line, key and what
// was expected; a key that the program never asked for is an error with the nearest known key. Not thread-safe; made in
// main for one reading.
//
//   ORCH_ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::Load("/etc/orch/hub.yaml"));
//   ConfigReader read(&file);
//   config.listen = read.String("listen", "0.0.0.0:61613");
//   config.stale_after = read.Duration("stale_after", absl::Seconds(90));
//   ORCH_RETURN_IF_ERROR(read.Finish());   // first error, unknown keys included
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/config_file.h"

namespace orch {

class ConfigReader {
 public:
  explicit ConfigReader(const ConfigFile* file) : file_(file) {}

  // Each of these returns `fallback` if the key is absent or its value is wrong; Finish then returns the error.
  std::string String(absl::string_view key, absl::string_view fallback);
  std::string RequiredString(absl::string_view key);
  int64_t Int(absl::string_view key, int64_t fallback, int64_t min, int64_t max);
  bool Bool(absl::string_view key, bool fallback);  // true/false/yes/no/on/off/1/0
  // Takes "500ms", "30s", "5m", "1h"; a bare number means seconds.
  absl::Duration Duration(absl::string_view key, absl::Duration fallback, absl::Duration min, absl::Duration max);
  // Takes a list, or one scalar, which is split at commas.
  std::vector<std::string> List(absl::string_view key, std::vector<std::string> fallback);
  // Takes one of `allowed`.
  std::string Choice(absl::string_view key, absl::string_view fallback, const std::vector<std::string>& allowed);
  // Returns the values of all keys "prefix.NAME" by NAME, for free-form sections.
  std::map<std::string, std::string> Section(absl::string_view prefix);
  // Adds an error at the key's line; for the program's own checks.
  void Fail(absl::string_view key, absl::string_view problem);

  // Returns the first error; a key that the program never asked for comes before all others.
  absl::Status Finish();

 private:
  const ConfigFile::Value* Find(absl::string_view key);
  const ConfigFile* const file_;
  std::set<std::string> known_;
  std::set<std::string> known_sections_;
  std::vector<std::string> errors_;
};

}  // namespace orch
