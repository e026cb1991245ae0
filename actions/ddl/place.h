// A value in a DDL together with its place ("package.json: actions[3].inputs.package"), so that every error of loading
// names the place. Lives on the stack of the loader and refers to the parsed text.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::ddl {

class Place {
 public:
  Place(const Json* value, std::string source, std::string path)
      : value_(value), source_(std::move(source)), path_(std::move(path)) {}

  const Json& value() const { return *value_; }
  const std::string& source() const { return source_; }

  // Returns the member; nullopt if it is absent or null.
  std::optional<Place> Member(absl::string_view key) const;
  Place Element(size_t index) const;
  absl::Status Error(absl::string_view what) const;

  // Return a member of that type. Text fails if the member is absent or empty; the Or forms return `absent` if it is
  // absent. All fail if it has another type.
  absl::StatusOr<std::string> Text(absl::string_view key) const;
  absl::StatusOr<std::string> TextOr(absl::string_view key, absl::string_view absent) const;
  absl::StatusOr<bool> BoolOr(absl::string_view key, bool absent) const;
  absl::Status RequireObject() const;

 private:
  const Json* value_;
  std::string source_;
  std::string path_;
};

}  // namespace orch::ddl
