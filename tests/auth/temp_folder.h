// An empty folder under testing::TempDir(), removed at the end; and keys for tests.
#pragma once

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "auth/keyring.h"
#include "base/durable_file.h"
#include "gtest/gtest.h"

namespace orch::auth {

class TempFolder {
 public:
  TempFolder() {
    path_ = absl::StrCat(testing::TempDir(), "/orch-auth-XXXXXX");
    if (mkdtemp(path_.data()) == nullptr) std::abort();
    path_ = std::filesystem::canonical(path_).string();
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  std::string Path(absl::string_view name) const { return absl::StrCat(path_, "/", name); }
  // A new file each time, so that readers see a change.
  std::string Write(absl::string_view name, absl::string_view text, mode_t mode = 0600) const {
    if (!WriteFileDurably(Path(name), text, mode).ok()) std::abort();
    return Path(name);
  }

 private:
  std::string path_;
};

// 64 hex digits, the same for the same letter, and the 32 bytes they stand for.
inline std::string HexKey(char letter) { return std::string(2 * kKeyBytes, letter); }
inline std::string PskBytes(char letter) { return absl::HexStringToBytes(HexKey(letter)); }

}  // namespace orch::auth
