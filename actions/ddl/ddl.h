// The DDL of a plugin: its actions, their inputs and outputs, their display and their time limits. It is JSON in the
// form of Choria's agent DDL v1 with additions: `requires` of a plugin; `impact`, `idempotent`, `streams`,
// `additional_inputs` and `implemented_by` of an action; `sensitive` of an input. Client, hub and node read the same
// text. A loaded DDL is immutable and never executes anything.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/json.h"

namespace re2 {
class RE2;
}

namespace orch::ddl {

inline constexpr size_t kMaxDdlBytes = 256u << 10;
inline constexpr size_t kMaxActions = 256;
inline constexpr size_t kMaxFields = 256;  // inputs, and outputs, of one action

enum class Display { kAlways, kOk, kFailed };
enum class Impact { kRead, kChange };  // kChange if the text does not tell, to be safe
enum class InputType { kString, kList, kBoolean, kInteger, kFloat, kNumber, kHash, kArray };

struct Input {
  std::string name;
  std::string prompt;
  std::string description;
  InputType type = InputType::kString;
  bool optional = false;
  bool sensitive = false;  // shown as *** everywhere
  std::optional<Json> default_value;
  std::string validation;                   // a regular expression or a named validator; empty: none
  std::shared_ptr<const re2::RE2> pattern;  // set if `validation` is a regular expression
  size_t max_length = 0;                    // characters; 0: unlimited
  std::vector<Json> list;                   // for kList
};

struct Output {
  std::string name;
  std::string description;
  std::string display_as;
  std::string type;
  std::optional<Json> default_value;
};

struct Aggregate {
  std::string function;  // summary, average, sum, min, max, percentile, boolean_summary, nagios_states, chart
  std::string output;
  std::string format;  // as for printf, as in MCollective; empty: the function's own
  Json arguments;      // further arguments of the function
};

struct Action {
  std::string name;
  std::string description;
  Display display = Display::kFailed;
  Impact impact = Impact::kChange;
  bool idempotent = false;
  bool streams = false;                   // sends its output while it runs
  bool additional_inputs = false;         // accepts inputs that are not declared
  std::optional<absl::Duration> timeout;  // nullopt: the plugin's
  std::string implemented_by;             // name of the script for the provider legacy_json; else empty
  std::vector<Input> inputs;              // in the order that the text gives, else by name
  std::vector<Output> outputs;
  std::vector<Aggregate> aggregates;

  const Input* FindInput(absl::string_view input) const;
  const Output* FindOutput(absl::string_view output) const;
};

struct Plugin {
  Plugin() = default;
  Plugin(const Plugin&) = delete;  // `json` may refer to own_json
  Plugin& operator=(const Plugin&) = delete;

  std::string name;  // ^[a-z0-9_]+$
  std::string description;
  std::string author;
  std::string license;
  std::string version;
  std::string url;
  absl::Duration timeout;
  std::string provider;       // "" for a built-in plugin, "external" and so on
  std::string requires_orch;  // the versions of orch that it needs, ">=0.1"; empty: any
  std::map<std::string, Action> actions;
  absl::string_view json;  // the text as loaded
  std::string own_json;    // holds it, unless the program does
  std::string sha256;      // 32 bytes over `json`

  const Action* FindAction(absl::string_view action) const;
  absl::Duration TimeoutOf(const Action& action) const { return action.timeout.value_or(timeout); }
};

// Loads a DDL. InvalidArgument for wrong types, unknown validators, validations that RE2 refuses, and exceeded limits
// names `source`, the place ("package.json: actions[3].inputs.package.validation") and the remedy.
absl::StatusOr<std::shared_ptr<const Plugin>> LoadPlugin(absl::string_view json, absl::string_view source);
// The same for a text that is part of the program, which is not copied.
absl::StatusOr<std::shared_ptr<const Plugin>> LoadEmbeddedPlugin(absl::string_view json, absl::string_view source);

// FailedPrecondition if the plugin needs another version of orch than `version` ("0.1.0").
absl::Status CheckRequires(const Plugin& plugin, absl::string_view version);

}  // namespace orch::ddl
