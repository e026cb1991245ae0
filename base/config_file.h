// A YAML configuration file, read with its line numbers: every error names file, line, key, what
// was expected, and every key the program does not know is an error with the nearest known name.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace orch {

// One mapping, flattened: `tls: {mode: required}` is read as "tls.mode". Values are scalars or
// lists of scalars. At most 1 MiB, nesting 32. Not thread-safe; use it in main, then drop it.
//
//   ORCH_ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::Load("/etc/orch/hub.yaml"));
//   ConfigReader read(&file);
//   config.listen = read.String("listen", "0.0.0.0:61613");
//   config.stale_after = read.Duration("stale_after", absl::Seconds(90));
//   ORCH_RETURN_IF_ERROR(read.Finish());   // first error, unknown keys included
class ConfigFile {
 public:
  // PermissionDenied for a regular file that everybody may write, that belongs to neither root nor this user, or that
  // others could replace (base/trusted_file.h).
  static absl::StatusOr<ConfigFile> Load(const std::string& path);
  static absl::StatusOr<ConfigFile> Parse(absl::string_view text, std::string name);
  // No file: every key takes its default.
  static ConfigFile Empty(std::string name);

 private:
  friend class ConfigReader;
  struct Value {
    std::vector<std::string> items;
    bool is_list = false;
    int line = 0;
  };
  std::string name_;
  std::map<std::string, Value> values_;
};

class ConfigReader {
 public:
  explicit ConfigReader(const ConfigFile* file) : file_(file) {}

  // Each returns `fallback` when the key is absent or wrong (Finish then tells).
  std::string String(absl::string_view key, absl::string_view fallback);
  std::string RequiredString(absl::string_view key);
  int64_t Int(absl::string_view key, int64_t fallback, int64_t min, int64_t max);
  bool Bool(absl::string_view key, bool fallback);  // true/false/yes/no/on/off/1/0
  // "500ms", "30s", "5m", "1h"; a bare number is seconds.
  absl::Duration Duration(absl::string_view key, absl::Duration fallback, absl::Duration min, absl::Duration max);
  // A list, or one scalar split at commas.
  std::vector<std::string> List(absl::string_view key, std::vector<std::string> fallback);
  // One of `allowed`.
  std::string Choice(absl::string_view key, absl::string_view fallback, const std::vector<std::string>& allowed);
  // Every "prefix.NAME: scalar" with its NAME, for free-form sections.
  std::map<std::string, std::string> Section(absl::string_view prefix);
  // Adds an error at the key's line: for checks of the program's own.
  void Fail(absl::string_view key, absl::string_view problem);

  // First error, or InvalidArgument for a key nobody asked for.
  absl::Status Finish();

 private:
  const ConfigFile::Value* Find(absl::string_view key);
  const ConfigFile* const file_;
  std::set<std::string> known_;
  std::set<std::string> known_sections_;
  std::vector<std::string> errors_;
};

// Nearest of `known` to `word` by edit distance, or empty: for "did you mean".
std::string NearestWord(absl::string_view word, const std::vector<std::string>& known);

}  // namespace orch
