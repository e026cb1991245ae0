// --reply-filter: which replies are shown, in the filter language (docs/FILTERS.md) over a reply's data.
// The command itself goes to the same nodes. Immutable.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"
#include "filter/filter.h"

namespace orch::cli {

class ReplyFilter {
 public:
  // As -S; names are fields of the data, or dotted paths into them. InvalidArgument also for a word alone
  // (a class) and for data functions: a reply has neither.
  static absl::StatusOr<ReplyFilter> Parse(absl::string_view text);

  bool Matches(const Json& data) const;

 private:
  explicit ReplyFilter(filter::Filter filter) : filter_(std::move(filter)) {}
  filter::Filter filter_;
};

}  // namespace orch::cli
