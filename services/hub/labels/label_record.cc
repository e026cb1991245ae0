#include "services/hub/labels/label_record.h"

#include "base/json.h"
#include "base/status_macros.h"

namespace orch::hub {
namespace {

constexpr size_t kMaxRecordBytes = 128u << 10;

}  // namespace

std::string LabelRecord(const auth::Labels& labels) {
  Json record = Json::object();
  for (const auto& [name, value] : labels) record[name] = value;
  return DumpJson(record);
}

absl::StatusOr<auth::Labels> ParseLabelRecord(absl::string_view bytes) {
  ORCH_ASSIGN_OR_RETURN(const Json record, ParseJsonObject(bytes, "stored labels", kMaxRecordBytes));
  auth::Labels labels;
  for (const auto& [name, value] : record.items()) {
    if (!value.is_string()) return absl::InvalidArgumentError("a stored label has no text");
    labels[name] = value.get<std::string>();
  }
  ORCH_RETURN_IF_ERROR(auth::CheckLabels(labels));
  return labels;
}

}  // namespace orch::hub
