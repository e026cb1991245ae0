// The filter language (docs/FILTERS.md): a Filter is parsed once from the user's options and matched against any number
// of nodes. Hub, node and CLI use the same code. Pure: no I/O and no clock. A Filter is immutable and may be shared
// between threads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/json.h"
#include "filter/data_functions.h"
#include "filter/node_view.h"
#include "filter/option.h"

namespace orch::filter {

struct Expression;  // filter/expression.h

enum class Verdict { kNo, kYes, kAskNode };

class Filter {
 public:
  // The empty filter, which matches every node.
  Filter();
  // Checks everything that FILTERS.md demands, including data functions. InvalidArgument has the form
  // "-S: column 12: <fault>; <remedy>", followed by the text of the option and a line with a caret.
  static absl::StatusOr<Filter> Parse(absl::Span<const Option> options);

  bool empty() const { return options_.empty(); }
  const std::vector<Option>& options() const { return options_; }
  // The conjunction of all options; nullptr for the empty filter.
  const std::shared_ptr<const Expression>& root() const { return root_; }
  bool has_data_functions() const { return has_data_functions_; }
  // The identities if all -I options are plain names, so that every match must be one of them; else empty. For reports
  // of unknown identities.
  const std::vector<std::string>& literal_identities() const { return literal_identities_; }

 private:
  std::vector<Option> options_;
  std::shared_ptr<const Expression> root_;
  bool has_data_functions_ = false;
  std::vector<std::string> literal_identities_;
};

// The final decision, on the node. Calls every data function of the filter, but none twice with the same arguments. If
// one fails, the result is false, and `failure`, unless null, gets the first reason: "service('cron'): …". `functions`
// may be null if the filter has no data functions.
bool Matches(const Filter& filter, const NodeView& node, DataFunctions* functions, std::string* failure = nullptr);

// The hub's decision, without calling data functions.
Verdict Narrow(const Filter& filter, const NodeView& node);

// Returns the filter in words, one check a line, in the form that `mco describe_filter` printed.
std::string Describe(const Filter& filter);

// Explains why a node matches or not: the same lines, each with yes or no and the values that decided. If `functions`
// is null, a line with a data function says that only the node can decide.
std::string Explain(const Filter& filter, const NodeView& node, DataFunctions* functions);

// Reads the filter words of a command line: `-F x`, `-Fx`, `--with-fact x`, `--with-fact=x` and the other spellings of
// FILTERS.md. Any other word is an error. The conformance vectors use it; orchctl has its own option parser.
absl::StatusOr<std::vector<Option>> OptionsFromWords(absl::Span<const std::string> words);

// Whether the text matches [A-Za-z0-9_.-]+, has 1 to 255 characters, does not begin with '-', and is neither "." nor
// "..".
bool IsIdentity(absl::string_view text);

// InvalidArgument for a -I name that no node can have, with the regular expression to write instead (`/^web.*$/`). The
// language itself accepts any text, which then matches nothing, but a user who writes `web*` meant something else.
// Clients call this after Parse, before they send anything.
absl::Status CheckIdentityNames(absl::Span<const Option> options);

// Looks up a fact by name or dotted path ("Look-up" in FILTERS.md); nullptr if it is missing.
const Json* LookUpFact(const Json& facts, absl::string_view path);

// Returns the text of a scalar ("Text of a stored value" in FILTERS.md); nullopt for arrays and maps.
std::optional<std::string> FactText(const Json& value);

}  // namespace orch::filter
