#include "services/hub/nodes/fact_table/value_view.h"

#include <cstdlib>

namespace orch::hub {

Json ValueView::ToJson(ValueId id) const {
  const Entry& entry = entries_[id];
  switch (entry.type) {
    case Type::kBoolean:
      return text(id) == "true";
    case Type::kInteger:
      if (text(id)[0] == '-') return std::strtoll(text(id).c_str(), nullptr, 10);
      return std::strtoull(text(id).c_str(), nullptr, 10);
    case Type::kFloat:
      return std::strtod(text(id).c_str(), nullptr);
    case Type::kString:
      return text(id);
    case Type::kArray: {
      Json array = Json::array();
      for (const ValueId part : parts(id)) array.push_back(ToJson(part));
      return array;
    }
    case Type::kMap: {
      Json map = Json::object();
      const auto all = parts(id);
      for (size_t i = 0; i + 1 < all.size(); i += 2) map[text(all[i])] = ToJson(all[i + 1]);
      return map;
    }
    default:
      return nullptr;
  }
}

// Maps have few keys, in order.
ValueId ValueView::Member(ValueId map, absl::string_view key) const {
  const auto all = parts(map);
  size_t low = 0, high = all.size() / 2;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    const int order = absl::string_view(text(all[middle * 2])).compare(key);
    if (order == 0) return all[middle * 2 + 1];
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return kNoValue;
}

}  // namespace orch::hub
