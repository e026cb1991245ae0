// A text that changes whenever the file at a path is written, is replaced, or changes its mode or owner. Callers
// compare stamps to decide whether to read the file again. Costs one system call and reads nothing of the file.
// Thread-safe.
#pragma once

#include <string>

namespace orch {

// Returns "absent" if there is no file or stat(2) fails. Follows links.
std::string FileStamp(const std::string& path);

}  // namespace orch
