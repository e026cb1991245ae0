#include "services/hub/nodes/fact_table/fact_weight.h"

#include <string>

#include "base/json_number.h"

namespace orch::hub {
namespace {

constexpr size_t kBytesPerValue = 8;

}  // namespace

bool IsDeeperThan(const Json& value, size_t levels) {
  if (!value.is_structured()) return false;
  if (levels == 0) return true;
  for (const Json& part : value)
    if (IsDeeperThan(part, levels - 1)) return true;
  return false;
}

size_t WeightOfValue(const Json& value) {
  size_t weight = kBytesPerValue;
  if (value.is_string()) weight += value.get_ref<const std::string&>().size();
  if (IsBigInteger(value)) weight += value.get_binary().size();
  if (value.is_array())
    for (const Json& part : value) weight += WeightOfValue(part);
  if (value.is_object())
    for (auto item = value.begin(); item != value.end(); ++item)
      weight += kBytesPerValue + item.key().size() + WeightOfValue(*item);
  return weight;
}

size_t WeightOfValue(const ValueView& values, ValueId id) {
  size_t weight = kBytesPerValue;
  if (values.IsString(id) || values.IsBigInteger(id)) weight += values.text(id).size();
  if (values.IsScalar(id)) return weight;
  for (const ValueId part : values.parts(id)) weight += WeightOfValue(values, part);
  return weight;
}

size_t WeightOfFacts(const Json& facts) {
  size_t weight = 0;
  for (auto fact = facts.begin(); fact != facts.end(); ++fact) weight += fact.key().size() + WeightOfValue(*fact);
  return weight;
}

}  // namespace orch::hub
