// The filter language (docs/FILTERS.md): options as the user gave them, parsed once, matched
// against any number of nodes. Pure: no I/O, no clock. The same code serves hub, node, policy and
// CLI. A Filter is immutable and may be shared between threads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/json.h"

namespace orch::filter {

struct Expression;  // filter/expression.h

// Numbers as in orch.v1.FilterOption.Kind.
enum class OptionKind { kFact = 1, kClass = 2, kIdentity = 3, kPlugin = 4, kCombined = 5, kCompound = 6 };

struct Option {
  OptionKind kind = OptionKind::kFact;
  std::string text;
};

// What a filter asks of a node. References stay valid for the call.
class NodeView {
 public:
  virtual ~NodeView() = default;
  virtual absl::string_view identity() const = 0;
  virtual const Json& facts() const = 0;                        // an object
  virtual const std::vector<std::string>& classes() const = 0;  // empty when the list cannot be read
  virtual const std::vector<std::string>& plugins() const = 0;
};

// Runs data functions on a node (fstat('/etc/hosts') …). May block.
class DataFunctions {
 public:
  virtual ~DataFunctions() = default;
  // The function's fields as an object; an error when the call failed on this node. `arguments`
  // were checked against the table of FILTERS.md.
  virtual absl::StatusOr<Json> Call(absl::string_view function, const std::vector<std::string>& arguments) = 0;
};

enum class Verdict { kNo, kYes, kAskNode };

class Filter {
 public:
  // The empty filter: every node matches.
  Filter();
  // InvalidArgument in the form "-S: column 12: <what>; <what to do>", then the option's text and
  // a caret line. Checks everything FILTERS.md asks for, data functions included.
  static absl::StatusOr<Filter> Parse(absl::Span<const Option> options);

  bool empty() const { return options_.empty(); }
  const std::vector<Option>& options() const { return options_; }
  // The conjunction of all options; nullptr when empty.
  const std::shared_ptr<const Expression>& root() const { return root_; }
  bool has_data_functions() const { return has_data_functions_; }
  // The identities when the -I options are all plain names and each node matched must be one of
  // them; empty otherwise. For "unknown identity" reports.
  const std::vector<std::string>& literal_identities() const { return literal_identities_; }

 private:
  std::vector<Option> options_;
  std::shared_ptr<const Expression> root_;
  bool has_data_functions_ = false;
  std::vector<std::string> literal_identities_;
};

// The final word, on the node. Every data function of the filter is called, none twice for the
// same arguments; if any fails the answer is false, and `failure`, when given, says of the first why:
// "service('cron'): …". `functions` may be null when the filter has none.
bool Matches(const Filter& filter, const NodeView& node, DataFunctions* functions, std::string* failure = nullptr);

// The hub's first phase: what can be told without calling data functions.
Verdict Narrow(const Filter& filter, const NodeView& node);

// The filter in words, one check a line, in the shape `mco describe_filter` printed.
std::string Describe(const Filter& filter);

// Why a node matched or not: the same lines, each with yes/no and the values that decided. `functions` null:
// the node is not asked, and where a data function decides it says that only the node can tell.
std::string Explain(const Filter& filter, const NodeView& node, DataFunctions* functions);

// A command line's filter words, `-F x`, `-Fx`, `--with-fact x`, `--with-fact=x` and the other
// spellings of FILTERS.md; any other word is an error. For the conformance vectors and policies;
// orchctl's own option parser hands over Options.
absl::StatusOr<std::vector<Option>> OptionsFromWords(absl::Span<const std::string> words);

// [A-Za-z0-9_.-]+, 1 to 255 characters, not beginning with '-', and neither "." nor "..".
bool IsIdentity(absl::string_view text);

// The language accepts any text in -I and it then simply matches nothing; a person who writes `web*`
// meant something else. InvalidArgument for a -I name that no node can have, with the regex to write
// instead (`/^web.*$/`). For clients, after Parse and before anything is sent.
absl::Status CheckIdentityNames(absl::Span<const Option> options);

// A fact by name or dotted path as FILTERS.md's "Look-up"; nullptr when missing.
const Json* LookUpFact(const Json& facts, absl::string_view path);

// FILTERS.md's "Text of a stored value" for scalars; nullopt for arrays and maps.
std::optional<std::string> FactText(const Json& value);

}  // namespace orch::filter
