// What a node may say of itself: bounds and forms, checked before anything is kept. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"
#include "google/protobuf/repeated_field.h"
#include "orch/v1/fleet.pb.h"

namespace orch::hub {

inline constexpr size_t kMaxNodeFactBytes = 1u << 20;
inline constexpr int kMaxPluginsPerNode = 256;
inline constexpr int kMaxCollectivesPerNode = 256;
inline constexpr int kMaxClassesPerNode = 16'384;
inline constexpr size_t kMaxNameBytes = 1024;     // of a class, a collective, a version
inline constexpr int kMaxProblemsPerNode = 64;    // the rest is left out
inline constexpr size_t kMaxProblemBytes = 1024;  // the rest is cut

// Errors name the node's part and the bound. ResourceExhausted for a bound, InvalidArgument for a form.
absl::Status CheckPlugins(const google::protobuf::RepeatedPtrField<v1::PluginRef>& plugins);
absl::Status CheckNames(absl::string_view what, int max, const google::protobuf::RepeatedPtrField<std::string>& names);
// The facts as an object; empty bytes are no facts.
absl::StatusOr<Json> ParseFacts(absl::string_view facts_json);
// All of a registration but its facts.
absl::Status CheckNode(const v1::Node& node);
// Never refused, only shortened: they are for people to read.
std::vector<std::string> ShortenProblems(const google::protobuf::RepeatedPtrField<std::string>& problems);
std::vector<v1::PluginProblem> ShortenPluginProblems(
    const google::protobuf::RepeatedPtrField<v1::PluginProblem>& problems);

}  // namespace orch::hub
