#include "services/hub/nodes/fact_table/value_pool.h"

#include <memory>
#include <utility>

#include "absl/hash/hash.h"
#include "base/json_number.h"
#include "filter/filter.h"

namespace orch::hub {

ValuePool::ValuePool() : counts_(1), ids_(0, Hash{this}, Equal{this}) {}

size_t ValuePool::Hash::operator()(const Probe& probe) const {
  return absl::HashOf(static_cast<int>(probe.type), probe.text, probe.parts);
}

bool ValuePool::SameProbe(const Probe& a, const Probe& b) {
  return a.type == b.type && a.text == b.text && a.parts == b.parts;
}

ValuePool::Probe ValuePool::ProbeOf(ValueId id) const {
  const Entry& entry = entries_[id];
  if (const auto* text = std::get_if<std::string>(entry.content.get())) return {entry.type, *text, {}};
  return {entry.type, {}, std::get<std::vector<ValueId>>(*entry.content)};
}

ValuePool::Type ValuePool::ScalarType(const Json& value) {
  if (IsInteger(value)) return Type::kInteger;
  switch (value.type()) {
    case Json::value_t::boolean:
      return Type::kBoolean;
    case Json::value_t::number_float:
      return Type::kFloat;
    case Json::value_t::string:
      return Type::kString;
    default:
      return Type::kNull;
  }
}

ValueId ValuePool::Intern(const Json& value) {
  const ValueId id = Use(value);
  if (++counts_[id].holders == 1) entries_.Write(id).held = true;
  return id;
}

void ValuePool::Release(ValueId id) {
  // A value that is dropped altogether need not be marked first.
  if (--counts_[id].holders == 0 && counts_[id].users > 1) entries_.Write(id).held = false;
  Drop(id);
}

ValueId ValuePool::Use(const Json& value) {
  if (value.is_array()) {
    std::vector<ValueId> parts;
    parts.reserve(value.size());
    for (const Json& element : value) parts.push_back(Use(element));
    return UseEntry(Type::kArray, std::move(parts));
  }
  if (value.is_object()) {
    std::vector<ValueId> parts;
    parts.reserve(value.size() * 2);
    for (auto item = value.begin(); item != value.end(); ++item) {
      parts.push_back(UseEntry(Type::kString, item.key()));
      parts.push_back(Use(*item));
    }
    return UseEntry(Type::kMap, std::move(parts));
  }
  return UseEntry(ScalarType(value), filter::FactText(value).value_or(""));
}

ValueId ValuePool::UseEntry(Type type, Content content) {
  const auto* text = std::get_if<std::string>(&content);
  const auto* parts = std::get_if<std::vector<ValueId>>(&content);
  const Probe probe{type, text != nullptr ? absl::string_view(*text) : absl::string_view(),
                    parts != nullptr ? absl::MakeConstSpan(*parts) : absl::Span<const ValueId>()};
  if (const auto found = ids_.find(probe); found != ids_.end()) {
    const ValueId id = *found;
    ++counts_[id].users;
    if (parts != nullptr)
      for (const ValueId part : *parts) Drop(part);
    return id;
  }
  ValueId id;
  if (free_.empty()) {
    id = static_cast<ValueId>(entries_.size());
    entries_.Append(Entry());
    counts_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
  }
  counts_[id] = Counts{1, 0};
  entries_.Write(id) = Entry{type, false, std::make_shared<const Content>(std::move(content))};
  ids_.insert(id);
  return id;
}

void ValuePool::Drop(ValueId id) {
  if (--counts_[id].users > 0) return;
  ids_.erase(id);
  Entry& entry = entries_.Write(id);
  const std::shared_ptr<const Content> content = std::move(entry.content);
  entry = Entry{};
  free_.push_back(id);
  if (const auto* parts = std::get_if<std::vector<ValueId>>(content.get()))
    for (const ValueId part : *parts) Drop(part);
}

}  // namespace orch::hub
