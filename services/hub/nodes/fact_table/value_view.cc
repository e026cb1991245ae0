#include "services/hub/nodes/fact_table/value_view.h"

#include <cstdlib>

#include "base/json_number.h"

namespace orch::hub {

Json ValueView::ToJson(ValueId id) const {
  const Entry& entry = entries_[id];
  switch (entry.type) {
    case Type::kBoolean:
      return text(id) == "true";
    case Type::kInteger:
      return IntegerFromText(text(id));
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

bool ValueView::IsBigInteger(ValueId id) const {
  constexpr size_t kSurelySmall = 18;  // digits
  return entries_[id].type == Type::kInteger && text(id).size() > kSurelySmall &&
         orch::IsBigInteger(IntegerFromText(text(id)));
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
