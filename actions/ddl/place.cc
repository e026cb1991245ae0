#include "actions/ddl/place.h"

#include "absl/strings/str_cat.h"
#include "base/json_number.h"

namespace orch::ddl {

std::optional<Place> Place::Member(absl::string_view key) const {
  const auto found = value_->find(std::string(key));
  if (found == value_->end() || found->is_null()) return std::nullopt;
  return Place(&*found, source_, path_.empty() ? std::string(key) : absl::StrCat(path_, ".", key));
}

Place Place::Element(size_t index) const {
  return Place(&(*value_)[index], source_, absl::StrCat(path_, "[", index, "]"));
}

absl::Status Place::Error(absl::string_view what) const {
  return absl::InvalidArgumentError(absl::StrCat(source_, ": ", path_, path_.empty() ? "" : ": ", what));
}

absl::StatusOr<std::string> Place::Text(absl::string_view key) const {
  const std::optional<Place> member = Member(key);
  if (!member) return Error(absl::StrCat("'", key, "' is missing; give it as text"));
  if (!member->value().is_string()) {
    return member->Error(absl::StrCat("must be text, found ", JsonTypeName(member->value())));
  }
  std::string text = member->value().get<std::string>();
  if (text.empty()) return member->Error("must not be empty");
  return text;
}

absl::StatusOr<std::string> Place::TextOr(absl::string_view key, absl::string_view absent) const {
  const std::optional<Place> member = Member(key);
  if (!member) return std::string(absent);
  if (!member->value().is_string()) {
    return member->Error(absl::StrCat("must be text, found ", JsonTypeName(member->value())));
  }
  return member->value().get<std::string>();
}

absl::StatusOr<bool> Place::BoolOr(absl::string_view key, bool absent) const {
  const std::optional<Place> member = Member(key);
  if (!member) return absent;
  if (!member->value().is_boolean()) {
    return member->Error(absl::StrCat("must be true or false, found ", JsonTypeName(member->value())));
  }
  return member->value().get<bool>();
}

absl::Status Place::RequireObject() const {
  if (value_->is_object()) return absl::OkStatus();
  return Error(absl::StrCat("must be an object {…}, found ", JsonTypeName(*value_)));
}

}  // namespace orch::ddl
