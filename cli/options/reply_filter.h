// --reply-filter: selects the replies that are shown, by the filter language (docs/FILTERS.md)
// applied to their data. It does not change which nodes get the command. Immutable, so any thread
// may call it.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"
#include "filter/filter.h"

namespace orch::cli {

class ReplyFilter {
 public:
  // Parses a compound filter, as -S does; names are fields of the data or dotted paths into them.
  // InvalidArgument also for classes and data functions, because a reply has neither.
  static absl::StatusOr<ReplyFilter> Parse(absl::string_view text);

  bool Matches(const Json& data) const;

 private:
  explicit ReplyFilter(filter::Filter filter) : filter_(std::move(filter)) {}
  filter::Filter filter_;
};

}  // namespace orch::cli
