// Sentences about known nodes that a request does not reach, and about names the hub has never seen. Pure.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_field.h"
#include "orch/v1/fleet.pb.h"

namespace orch::cli {

inline constexpr int kAwayNamesShown = 10;

// "orchctl: 3 known nodes match but are not connected: a, b, c", the first ten names, and whether they may be
// on their way back; empty when there are none.
std::string AwayText(const v1::AwayNodes& away);

// "orchctl: the hub has never seen web1; did you mean web1.example.net?"; the question only where there
// is a suggestion for this name.
std::string UnknownText(absl::string_view name, const google::protobuf::RepeatedPtrField<v1::Suggestion>& suggestions);

}  // namespace orch::cli
