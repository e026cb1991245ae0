// Renders a filter as the lines that Describe and Explain show, with or without a remark after each check. Pure.
#pragma once

#include <functional>
#include <string>

#include "filter/expression.h"
#include "filter/filter.h"

namespace orch::filter {

// Returns "Check if fact 'osfamily' = 'Debian'". Control characters are replaced.
std::string CheckText(const Expression& check);

// Renders the whole filter; `remark` returns the text after the line of a check, or "".
std::string Render(const Filter& filter, const std::function<std::string(const Expression& check)>& remark);

}  // namespace orch::filter
