// A YAML configuration file as a flat map from keys to values with their line numbers. ConfigReader (config_reader.h)
// takes the values out. Not thread-safe; main reads the file, takes its values and drops it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace orch {

// One mapping, flattened: `tls: {mode: required}` is read as "tls.mode". Values are scalars or lists of scalars. A file
// has at most 1 MiB and 32 levels.
class ConfigFile {
 public:
  // PermissionDenied for a regular file that everybody may write, that belongs to neither root nor this user, or that
  // others could replace (trusted_file.h).
  static absl::StatusOr<ConfigFile> Load(const std::string& path);
  static absl::StatusOr<ConfigFile> Parse(absl::string_view text, std::string name);
  // A configuration without any key, so that every key takes its default.
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

}  // namespace orch
