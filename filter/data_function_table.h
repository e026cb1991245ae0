// The data functions a filter may call, as the table of FILTERS.md: names, arguments, fields.
// Constant; nothing here runs one.
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
  size_t max_length;  // of an argument, in characters
  absl::Span<const absl::string_view> fields;

  bool HasField(absl::string_view field) const;
};

// nullptr when there is none of that name.
const DataFunction* FindDataFunction(absl::string_view name);

// For messages: "agent, collective, …".
std::string DataFunctionNames();
std::string FieldNames(const DataFunction& function);

}  // namespace orch::filter
