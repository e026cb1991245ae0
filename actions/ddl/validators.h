// The list behind IsNamedValidator and CheckNamedValidator (validate.h).
#pragma once

#include <string>
#include <vector>

namespace orch::ddl {

// In the order they are documented.
std::vector<std::string> NamedValidators();

}  // namespace orch::ddl
