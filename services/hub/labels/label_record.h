// The stored form of a node's labels: one JSON object. Pure.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/labels.h"

namespace orch::hub {

std::string LabelRecord(const auth::Labels& labels);
// InvalidArgument for anything that LabelRecord does not write.
absl::StatusOr<auth::Labels> ParseLabelRecord(absl::string_view bytes);

}  // namespace orch::hub
