// Early returns for functions that return absl::Status or absl::StatusOr.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define ORCH_CONCAT_INNER(a, b) a##b
#define ORCH_CONCAT(a, b) ORCH_CONCAT_INNER(a, b)

// ORCH_RETURN_IF_ERROR(DoIt());
#define ORCH_RETURN_IF_ERROR(expression)                                                \
  do {                                                                                  \
    if (absl::Status orch_status = (expression); !orch_status.ok()) return orch_status; \
  } while (false)

// ORCH_ASSIGN_OR_RETURN(std::string text, ReadFile(path));
#define ORCH_ASSIGN_OR_RETURN(declaration, expression) \
  ORCH_ASSIGN_OR_RETURN_INNER(ORCH_CONCAT(orch_result_, __LINE__), declaration, expression)
#define ORCH_ASSIGN_OR_RETURN_INNER(result, declaration, expression) \
  auto result = (expression);                                        \
  if (!result.ok()) return result.status();                          \
  declaration = std::move(result).value()
