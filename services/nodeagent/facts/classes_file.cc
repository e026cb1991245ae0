#include "services/nodeagent/facts/classes_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/durable_file.h"
#include "base/text_file.h"

namespace orch::nodeagent {
namespace {

constexpr size_t kMaxClassNameBytes = 512;

}  // namespace

Classes ParseClasses(absl::string_view text, absl::string_view source) {
  Classes classes;
  size_t wrong = 0;
  for (absl::string_view line : absl::StrSplit(WithoutByteOrderMark(text), '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) continue;
    if (line.size() > kMaxClassNameBytes || line.find('\0') != absl::string_view::npos || !IsUtf8(line)) {
      ++wrong;
    } else {
      classes.names.emplace_back(line);
    }
  }
  std::sort(classes.names.begin(), classes.names.end());
  classes.names.erase(std::unique(classes.names.begin(), classes.names.end()), classes.names.end());
  if (wrong > 0) {
    classes.problem = absl::StrCat("classes: ", source, " holds ", wrong, " lines that are no class names");
  }
  if (classes.names.size() > kMaxClasses) {
    classes.problem = absl::StrCat("classes: ", source, " names more than the ", kMaxClasses, " classes read");
    classes.names.resize(kMaxClasses);
  }
  return classes;
}

Classes ClassesFile::Read(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    const absl::StatusOr<std::string> text = ReadFile(path, kMaxClassesBytes);
    if (absl::IsNotFound(text.status())) continue;
    if (!text.ok()) {
      last_ = {};
      return {.names = {}, .problem = absl::StrCat("classes: ", text.status().message(), "; the node has no classes")};
    }
    Classes found = ParseClasses(*text, path);
    // Puppet empties the file before it writes the new list.
    if (found.names.empty() && !last_.empty() && path == path_) {
      return {.names = last_, .problem = absl::StrCat("classes: ", path, " is empty; its last good classes are kept")};
    }
    path_ = path;
    last_ = found.names;
    return found;
  }
  last_ = {};
  return {};
}

std::string ClassesStamp(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    struct stat info;
    if (stat(path.c_str(), &info) != 0) continue;
    return absl::StrCat(path, " ", info.st_ino, " ", info.st_size, " ", info.st_mode, " ", info.st_uid, " ",
                        info.st_mtim.tv_sec, ".", info.st_mtim.tv_nsec);
  }
  return "";
}

}  // namespace orch::nodeagent
