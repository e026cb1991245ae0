// Checks what a node reports about itself, before anything of it is kept: bounds and forms. Pure functions.
#pragma once

#include <cstdint>
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
inline constexpr int kMaxProblemsPerNode = 64;    // further ones are left out
inline constexpr size_t kMaxProblemBytes = 1024;  // the rest is cut

// Errors name the part of the node. ResourceExhausted: it exceeds a bound. InvalidArgument: it is malformed.
absl::Status CheckPlugins(const google::protobuf::RepeatedPtrField<v1::PluginRef>& plugins);
absl::Status CheckNames(absl::string_view what, int max, const google::protobuf::RepeatedPtrField<std::string>& names);
// The facts as an object. An empty text means that there are no facts.
absl::StatusOr<Json> ParseFacts(absl::string_view facts_json);
// A hash of the facts, classes and plugins as a node sent them, to recognise them when it sends them again to this
// process; never 0. The order of classes and plugins does not matter.
uint64_t MarkOf(const v1::Node& node);
// Checks everything in a registration except the facts.
absl::Status CheckNode(const v1::Node& node);
// Problems are never refused, only shortened: they are for people to read.
std::vector<std::string> ShortenProblems(const google::protobuf::RepeatedPtrField<std::string>& problems);
std::vector<v1::PluginProblem> ShortenPluginProblems(
    const google::protobuf::RepeatedPtrField<v1::PluginProblem>& problems);

}  // namespace orch::hub
