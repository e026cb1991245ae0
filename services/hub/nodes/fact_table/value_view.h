// The distinct JSON values of one column, for reading: scalars by type and text, arrays and maps as lists of the ids of
// their parts. A copy keeps what the column was when it was made, and may be read on any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/json.h"
#include "services/hub/nodes/fact_table/chunked_vector.h"

namespace orch::hub {

using ValueId = uint32_t;
inline constexpr ValueId kNoValue = 0;

class ValueView {
 public:
  // A view without values.
  ValueView() { entries_.Append(Entry()); }  // 0 is kNoValue

  Json ToJson(ValueId id) const;
  bool IsArray(ValueId id) const { return entries_[id].type == Type::kArray; }
  bool IsMap(ValueId id) const { return entries_[id].type == Type::kMap; }
  bool IsString(ValueId id) const { return entries_[id].type == Type::kString; }
  bool IsBigInteger(ValueId id) const;  // beyond 64 bits
  bool IsScalar(ValueId id) const { return !IsArray(id) && !IsMap(id); }
  // The text of a scalar, as FILTERS.md defines it.
  const std::string& text(ValueId id) const { return std::get<std::string>(*entries_[id].content); }
  // The elements of an array; for a map key, value, key, value …, sorted by key.
  absl::Span<const ValueId> parts(ValueId id) const { return std::get<std::vector<ValueId>>(*entries_[id].content); }
  // The value of `key` in a map; kNoValue when there is none.
  ValueId Member(ValueId map, absl::string_view key) const;

  // One past the highest id, which is the size of a table by id.
  size_t limit() const { return entries_.size(); }
  // Whether a node has this value itself, and not only as a part of another value.
  bool IsHeld(ValueId id) const { return entries_[id].held; }

 protected:
  enum class Type : uint8_t { kFree, kNull, kBoolean, kInteger, kFloat, kString, kArray, kMap };
  using Content = std::variant<std::string, std::vector<ValueId>>;
  struct Entry {
    Type type = Type::kFree;
    bool held = false;
    std::shared_ptr<const Content> content;  // null when free
  };
  static constexpr size_t kChunk = 1024;

  ChunkedVector<Entry, kChunk> entries_;  // by id
};

}  // namespace orch::hub
