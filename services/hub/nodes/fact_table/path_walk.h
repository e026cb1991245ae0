// Follows a dotted path from the values of one column: keys of maps, indexes of arrays. Lives for one question, on its
// thread.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/hub/nodes/fact_table/value_view.h"

namespace orch::hub {

class PathWalk {
 public:
  // `segments`: the path after the name of the column. Both must outlive the walk.
  PathWalk(const ValueView& values, std::vector<absl::string_view> segments);
  // The value at the end of the path that begins at value `id`; kNoValue when there is none.
  ValueId From(ValueId id) const;

 private:
  struct Segment {
    absl::string_view key;
    int64_t index;  // -1: the key is no index
  };
  const ValueView& values_;
  std::vector<Segment> segments_;
};

}  // namespace orch::hub
