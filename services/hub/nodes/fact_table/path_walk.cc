#include "services/hub/nodes/fact_table/path_walk.h"

#include "filter/fact.h"

namespace orch::hub {

PathWalk::PathWalk(const ValueView& values, std::vector<absl::string_view> segments) : values_(values) {
  for (const absl::string_view segment : segments) {
    const auto index = filter::ArrayIndex(segment);
    const bool usable = index.has_value() && *index <= static_cast<size_t>(INT64_MAX);
    segments_.push_back({segment, usable ? static_cast<int64_t>(*index) : -1});
  }
}

ValueId PathWalk::From(ValueId id) const {
  for (const Segment& segment : segments_) {
    if (values_.IsMap(id)) {
      id = values_.Member(id, segment.key);
    } else if (values_.IsArray(id)) {
      const auto parts = values_.parts(id);
      if (segment.index < 0 || static_cast<size_t>(segment.index) >= parts.size()) return kNoValue;
      id = parts[segment.index];
    } else {
      return kNoValue;
    }
    if (id == kNoValue) return kNoValue;
  }
  return id;
}

}  // namespace orch::hub
