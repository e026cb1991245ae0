// Text in aligned columns. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace orch::cli {

// Aligns rows of printable text in columns; the first row holds the headings. No line is wider than
// `columns` (0 means no limit): the widest cells are cut first, and those of the first column last.
// No line ends in blanks.
std::string TextTable(const std::vector<std::vector<std::string>>& rows, size_t columns = 0);

}  // namespace orch::cli
