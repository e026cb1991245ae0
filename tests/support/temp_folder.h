// A folder of a test's own under testing::TempDir(), gone with it.
#pragma once

#include <sys/types.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/durable_file.h"
#include "gtest/gtest.h"

namespace orch {

class TempFolder {
 public:
  TempFolder() {
    path_ = absl::StrCat(testing::TempDir(), "/orch-test-XXXXXX");
    if (mkdtemp(path_.data()) == nullptr) std::abort();
    path_ = std::filesystem::canonical(path_).string();
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string Path(absl::string_view name) const { return absl::StrCat(path_, "/", name); }
  // A new file each time, so that readers see a change; folders above it are made. Returns its path.
  std::string Write(absl::string_view name, absl::string_view text, mode_t mode = 0600) const {
    const std::string path = Path(name);
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    if (!WriteFileDurably(path, text, mode).ok()) std::abort();
    return path;
  }

 private:
  std::string path_;
};

}  // namespace orch
