#include "cli/session/login.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "auth/credentials_file.h"
#include "base/durable_file.h"
#include "base/status_macros.h"
#include "cli/session/client_config.h"
#include "cli/terminal/exit_codes.h"

namespace orch::cli {
namespace {

std::string FolderOf(const Environment& env) { return ExpandHome(env, "~/.orch/logins"); }

bool HasFile(const std::string& path) {
  struct stat info;
  return ::lstat(path.c_str(), &info) == 0;
}

}  // namespace

std::string LoginPath(const Environment& env, const Address& hub) {
  const std::string folder = FolderOf(env);
  if (folder.empty()) return "";
  return absl::StrCat(folder, "/", absl::StrReplaceAll(hub.Text(), {{"/", "_"}, {":", "_"}}));
}

absl::StatusOr<std::optional<Login>> LoadLogin(const Environment& env, const Address& hub) {
  const std::string path = LoginPath(env, hub);
  if (path.empty() || !HasFile(path)) return std::nullopt;
  ORCH_ASSIGN_OR_RETURN(auth::CredentialsFile file, auth::CredentialsFile::Load(path));
  for (auth::CredentialsFile::Derived& derived : file.derived) {
    if (derived.kind != auth::PeerKind::kOidc) continue;
    if (derived.key.terms.expires_s <= absl::ToUnixSeconds(env.clock->Now())) {
      return WithExitCode(
          absl::UnauthenticatedError(absl::StrCat(
              "the login of ", derived.name, " ended at ", auth::ExpiryText(derived.key.terms.expires_s),
              " by this host's clock; run 'orchctl login' again, or 'orchctl logout' to go on without one")),
          kExitDenied);
    }
    return Login{std::move(derived.name), std::move(derived.key)};
  }
  return absl::FailedPreconditionError(absl::StrCat(path, " holds no login; run 'orchctl login' again"));
}

absl::Status SaveLogin(const Environment& env, const Address& hub, const Login& login) {
  const std::string path = LoginPath(env, hub);
  if (path.empty()) return absl::FailedPreconditionError("HOME is not set, so there is no place for the login");
  std::error_code error;
  std::filesystem::create_directories(FolderOf(env), error);
  if (error) return absl::UnavailableError(absl::StrCat("cannot create ", FolderOf(env), ": ", error.message()));
  ::chmod(FolderOf(env).c_str(), 0700);
  std::string text = absl::StrCat("# A login at hub ", hub.Text(), ", made by 'orchctl login'. Keep it secret.\n",
                                  auth::DerivedKeyLine(auth::PeerKind::kOidc, login.name, login.key), "\n");
  const absl::Status written = WriteFileDurably(path, text, 0600);
  auth::Wipe(&text);
  return written;
}

absl::StatusOr<bool> RemoveLogin(const Environment& env, const Address& hub) {
  const std::string path = LoginPath(env, hub);
  if (path.empty() || !HasFile(path)) return false;
  if (::unlink(path.c_str()) == 0) return true;
  return ErrnoStatus(errno, absl::StrCat("cannot remove ", path));
}

}  // namespace orch::cli
