#include "filter/data_function_table.h"

#include <algorithm>

#include "absl/strings/str_join.h"

namespace orch::filter {
namespace {

constexpr absl::string_view kFstat[] = {
    "name",          "output",        "present",       "size",      "mode",      "md5",       "mtime", "ctime", "atime",
    "mtime_seconds", "ctime_seconds", "atime_seconds", "mtime_age", "ctime_age", "atime_age", "uid",   "gid",   "type"};
constexpr absl::string_view kFact[] = {"exists", "value", "value_encoding"};
constexpr absl::string_view kAgent[] = {"license", "timeout", "description", "url", "version", "author"};
constexpr absl::string_view kCollective[] = {"member"};
constexpr absl::string_view kPuppet[] = {"applying",      "enabled", "daemon_present",  "lastrun",
                                         "since_lastrun", "status",  "disable_message", "idling"};
constexpr absl::string_view kResource[] = {
    "managed",           "out_of_sync_resources", "failed_resources", "corrected_resources",
    "changed_resources", "total_resources",       "total_time",       "config_retrieval_time",
    "lastrun",           "since_lastrun",         "config_version"};
constexpr absl::string_view kPackage[] = {"status", "installed"};
constexpr absl::string_view kService[] = {"status"};
constexpr absl::string_view kProcess[] = {"count", "running"};
constexpr absl::string_view kNrpe[] = {"exitcode"};
constexpr absl::string_view kSysctl[] = {"value"};

constexpr DataFunction kFunctions[] = {
    {"agent", 1, 1, 20, kAgent},     {"collective", 1, 1, 120, kCollective},
    {"fact", 1, 1, 120, kFact},      {"fstat", 1, 1, 120, kFstat},
    {"nrpe", 1, 1, 20, kNrpe},       {"package", 1, 1, 50, kPackage},
    {"plugin", 1, 1, 20, kAgent},    {"process", 1, 1, 120, kProcess},
    {"puppet", 0, 0, 0, kPuppet},    {"resource", 0, 1, 120, kResource},
    {"service", 1, 1, 50, kService}, {"sysctl", 1, 1, 120, kSysctl},
};

}  // namespace

bool DataFunction::HasField(absl::string_view field) const {
  return std::find(fields.begin(), fields.end(), field) != fields.end();
}

const DataFunction* FindDataFunction(absl::string_view name) {
  const auto* found = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                   [name](const DataFunction& function) { return function.name == name; });
  return found == std::end(kFunctions) ? nullptr : found;
}

std::string DataFunctionNames() {
  return absl::StrJoin(kFunctions, ", ",
                       [](std::string* out, const DataFunction& function) { out->append(std::string(function.name)); });
}

std::string FieldNames(const DataFunction& function) { return absl::StrJoin(function.fields, ", "); }

}  // namespace orch::filter
