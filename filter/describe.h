// The lines in which Describe and Explain show a tree: one shape, with or without a remark a check.
#pragma once

#include <functional>
#include <string>

#include "filter/expression.h"
#include "filter/filter.h"

namespace orch::filter {

// "Check if fact 'osfamily' = 'Debian'". Control characters are replaced.
std::string CheckText(const Expression& check);

// The whole filter; `remark` gives what follows a check's line ("" for nothing).
std::string Render(const Filter& filter, const std::function<std::string(const Expression& check)>& remark);

}  // namespace orch::filter
