// Text in aligned columns. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace orch::cli {

// Rows of printable text as aligned columns, headings first; nothing behind the last column. No line is
// wider than `columns` (0: no limit): the widest cells are cut, those of the first column last.
std::string TextTable(const std::vector<std::vector<std::string>>& rows, size_t columns = 0);

}  // namespace orch::cli
