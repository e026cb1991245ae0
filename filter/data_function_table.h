// The table of data functions in FILTERS.md: their names, arguments and fields. Constant; data_functions.h runs them.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace orch::filter {

struct DataFunction {
  absl::string_view name;
  size_t min_arguments;
  size_t max_arguments;
  size_t max_length;  // characters of one argument
  absl::Span<const absl::string_view> fields;

  bool HasField(absl::string_view field) const;
};

// Returns nullptr if there is no function of that name.
const DataFunction* FindDataFunction(absl::string_view name);

// Lists for messages: "agent, collective, …".
std::string DataFunctionNames();
std::string FieldNames(const DataFunction& function);

}  // namespace orch::filter
