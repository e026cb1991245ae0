// A text that differs whenever what a path names was written, replaced, or changed in mode or owner; it tells whether a
// file must be read anew. One system call, which reads nothing of the file.
#pragma once

#include <string>

namespace orch {

// "absent" when nothing is there or it cannot be asked about. Follows links.
std::string FileStamp(const std::string& path);

}  // namespace orch
