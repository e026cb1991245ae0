// Notes about known nodes that a request does not reach, and about names that the hub has never
// seen. Pure.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_field.h"
#include "orch/v1/fleet.pb.h"

namespace orch::cli {

inline constexpr int kAwayNamesShown = 10;

// Returns "orchctl: 3 known nodes match but are not connected: a, b, c" with the first ten names,
// and a note if they may be coming back. Returns an empty text if there are no such nodes.
std::string AwayText(const v1::AwayNodes& away);

// Returns "orchctl: the hub has never seen web1; did you mean web1.example.net?". The question
// appears only if there is a suggestion for this name.
std::string UnknownText(absl::string_view name, const google::protobuf::RepeatedPtrField<v1::Suggestion>& suggestions);

}  // namespace orch::cli
