#include "actions/core/fact_path.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace orch::actions {
namespace {

const Json* Element(const Json& array, absl::string_view part) {
  const bool digits = !part.empty() && std::all_of(part.begin(), part.end(), absl::ascii_isdigit);
  if (!digits || (part.size() > 1 && part[0] == '0')) return nullptr;
  size_t index;
  return absl::SimpleAtoi(part, &index) && index < array.size() ? &array[index] : nullptr;
}

const Json* Member(const Json& value, absl::string_view part) {
  if (value.is_array()) return Element(value, part);
  if (!value.is_object()) return nullptr;
  const auto found = value.find(std::string(part));
  return found == value.end() ? nullptr : &*found;
}

}  // namespace

const Json* FindFact(const Json& facts, absl::string_view name) {
  if (!facts.is_object()) return nullptr;
  if (const Json* whole = Member(facts, name)) return whole;
  const Json* at = &facts;
  for (absl::string_view part : absl::StrSplit(name, '.')) {
    at = Member(*at, part);
    if (at == nullptr) return nullptr;
  }
  return at;
}

}  // namespace orch::actions
