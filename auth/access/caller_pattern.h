// A word of a rule that names callers: "client=alice", "cert=/ci-.*/", "user=bob", "unix-group=orch-admin",
// "oidc-group=ops", "*". It fits the whole caller, never a part of it. A value; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/access/caller.h"
#include "auth/access/text_pattern.h"

namespace orch::auth {

// The kinds of words that name the members of a group from outside.
inline constexpr char kUnixGroup[] = "unix-group";
inline constexpr char kOidcGroup[] = "oidc-group";
inline constexpr size_t kMaxCallerBytes = 512;  // of one word, and of a caller that an expression can fit

class CallerPattern {
 public:
  // InvalidArgument names the remedy. Group names (group=NAME) are resolved by the reader of the file.
  static absl::StatusOr<CallerPattern> Parse(absl::string_view word);
  // A word of a policy file: also a kind of callers that this system does not have (uid=500), which fits that text
  // alone, and /REGEX/ over the whole of "client=alice".
  static absl::StatusOr<CallerPattern> ParsePolicyWord(absl::string_view word);
  bool Fits(const Caller& caller) const;
  const std::string& text() const { return text_; }

  // How callers are found that the pattern fits.
  bool is_everybody() const { return kind_ == Kind::kEverybody; }
  bool is_group() const { return kind_ == Kind::kUnixGroup || kind_ == Kind::kOidcGroup; }
  bool is_regex() const { return name_.is_regex(); }
  bool is_foreign() const { return foreign_; }  // of a kind that this system does not have

 private:
  enum class Kind : uint8_t { kEverybody, kUnixGroup, kOidcGroup, kCaller };

  bool FitsAny(const std::vector<std::string>& groups) const;

  std::string text_;
  Kind kind_ = Kind::kCaller;
  bool foreign_ = false;
  std::string prefix_;  // of kCaller: "client="; empty if the expression is over the whole caller
  TextPattern name_;
};

bool AnyFits(const std::vector<CallerPattern>& patterns, const Caller& caller);

}  // namespace orch::auth
