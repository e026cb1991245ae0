#include "auth/names.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace orch::auth {
namespace {

bool IsNameByte(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-';
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool IsPeerName(PeerKind kind, absl::string_view name) {
  // Names also occur as file names, as words of a command line and in identities.
  if (name == "." || name == ".." || (!name.empty() && name.front() == '-')) return false;
  if (kind == PeerKind::kLogin) return name == PeerKindName(kind);
  return !name.empty() && name.size() <= kMaxNameBytes && std::all_of(name.begin(), name.end(), [kind](char c) {
    if (IsNameByte(c)) return true;
    return kind == PeerKind::kOidc ? absl::string_view("@+|:").find(c) != absl::string_view::npos
                                   : c == '@' && kind == PeerKind::kClient;
  });
}

bool IsKeyId(absl::string_view id) {
  return !id.empty() && id.size() <= kMaxKeyIdBytes && std::all_of(id.begin(), id.end(), IsNameByte);
}

bool IsLowerHex(absl::string_view text, size_t digits) {
  return text.size() == digits &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool DecodeHex(absl::string_view hex, size_t size, std::string* bytes) {
  if (hex.size() != 2 * size) return false;
  bytes->resize(size);
  for (size_t i = 0; i < size; ++i) {
    const int high = HexValue(hex[2 * i]);
    const int low = HexValue(hex[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    (*bytes)[i] = static_cast<char>(high << 4 | low);
  }
  return true;
}

}  // namespace orch::auth
