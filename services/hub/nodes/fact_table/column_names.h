// The names of the columns that one question reads. A plain value.
#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "filter/filter.h"

namespace orch::hub {

// The number of columns that one question may name; freezing more would hold up the loop.
inline constexpr size_t kMaxColumnsOfQuestion = 4096;

class ColumnNames {
 public:
  // Adds a fact by its name or its dotted path: the whole text, and the part before the first dot.
  void AddPath(absl::string_view path);
  // Adds every fact that the filter names.
  void AddFilter(const filter::Filter& filter);
  // InvalidArgument when there are too many names.
  absl::Status Check() const;
  const std::set<std::string, std::less<>>& names() const { return names_; }

 private:
  std::set<std::string, std::less<>> names_;
};

}  // namespace orch::hub
