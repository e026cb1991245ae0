#include "auth/credentials_editor.h"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "auth/credentials_file.h"
#include "base/durable_file.h"
#include "base/file_stamp.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

using Lines = std::vector<std::string>;

std::vector<absl::string_view> WordsOf(absl::string_view line) {
  return absl::StrSplit(line.substr(0, line.find('#')), absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
}

absl::Status ExplainWrite(const std::string& path, const absl::Status& status) {
  if (!absl::IsPermissionDenied(status)) return status;
  return absl::PermissionDeniedError(
      absl::StrCat(status.message(), "; this program must be able to write the folder of ", path,
                   ": under systemd ReadWritePaths= must name it (docs/KEYS.md), or edit the file by hand"));
}

// Applies `change` to the lines of the file and writes it back.
absl::Status Edit(const std::string& path, absl::FunctionRef<absl::Status(const CredentialsFile&, Lines*)> change) {
  const std::string stamp = FileStamp(path);
  ORCH_ASSIGN_OR_RETURN(const CredentialsFile file, CredentialsFile::Load(path));  // checks owner and mode
  ORCH_ASSIGN_OR_RETURN(std::string text, ReadFile(path, kMaxCredentialsFileBytes));
  Lines lines = absl::StrSplit(text, '\n');
  Wipe(&text);
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  absl::Status status = change(file, &lines);
  if (status.ok()) {
    text = absl::StrCat(absl::StrJoin(lines, "\n"), "\n");
    status = CredentialsFile::Parse(text, path).status();
    if (status.ok() && FileStamp(path) != stamp) {
      status = absl::AbortedError(absl::StrCat(path, " was changed at the same moment; try again"));
    }
    if (status.ok()) status = ExplainWrite(path, ReplaceFileDurably(path, text));
    Wipe(&text);
  }
  for (std::string& line : lines) Wipe(&line);
  return status;
}

bool HasPsk(absl::string_view word, PeerKind kind) {
  return word == "psk" || word == absl::StrCat(PeerKindName(kind), "-psk");
}

}  // namespace

absl::Status PutPeerKey(const std::string& path, PeerKind kind, absl::string_view name, const Key& key) {
  std::string line = DerivedKeyLine(kind, name, key);
  if (access(path.c_str(), F_OK) != 0) {
    std::string text =
        absl::StrCat("# The key of this ", PeerKindName(kind), "; keep it secret, mode 0600.\n", line, "\n");
    const absl::Status written = ExplainWrite(path, WriteFileDurably(path, text, 0600));
    Wipe(&text);
    Wipe(&line);
    return written;
  }
  const absl::Status edited = Edit(path, [&](const CredentialsFile&, Lines* lines) {
    const auto is_old = [&](const std::string& old) {
      const std::vector<absl::string_view> words = WordsOf(old);
      return words.size() >= 4 && words[0] == PeerKindName(kind) && words[2] == name;
    };
    const auto place = std::find_if(lines->begin(), lines->end(), is_old) - lines->begin();
    lines->erase(std::remove_if(lines->begin(), lines->end(), is_old), lines->end());
    lines->insert(lines->begin() + place, line);
    return absl::OkStatus();
  });
  Wipe(&line);
  return edited;
}

absl::Status AddPsk(const std::string& path, PeerKind kind, const Key& key) {
  return Edit(path, [&](const CredentialsFile& file, Lines* lines) -> absl::Status {
    for (const CredentialsFile::Psk& psk : file.psks) {
      if (psk.key.id == key.id) {
        return absl::AlreadyExistsError(absl::StrCat(path, " has a pre-shared key ", key.id, " already"));
      }
    }
    const auto place = std::find_if(lines->begin(), lines->end(), [&](const std::string& line) {
      const std::vector<absl::string_view> words = WordsOf(line);
      return !words.empty() && HasPsk(words[0], kind);
    });
    lines->insert(place, absl::StrCat(PeerKindName(kind), "-psk ", key.id, " ", absl::BytesToHexString(key.bytes)));
    return absl::OkStatus();
  });
}

absl::Status RemovePsk(const std::string& path, PeerKind kind, absl::string_view key_id) {
  return Edit(path, [&](const CredentialsFile& file, Lines* lines) -> absl::Status {
    const auto count = std::count_if(file.psks.begin(), file.psks.end(), [&](const auto& psk) { return psk.Is(kind); });
    const PeerKind other = kind == PeerKind::kNode ? PeerKind::kClient : PeerKind::kNode;
    for (auto line = lines->begin(); line != lines->end(); ++line) {
      const std::vector<absl::string_view> words = WordsOf(*line);
      if (words.size() < 3 || words[1] != key_id || !HasPsk(words[0], kind)) continue;
      if (count < 2) {
        return absl::FailedPreconditionError(
            absl::StrCat(key_id, " is the only pre-shared key for keys of a ", PeerKindName(kind),
                         "; without one no such key counts any more: add another one first (orchctl auth rotate add)"));
      }
      if (words[0] == "psk") {
        *line = absl::StrCat(PeerKindName(other), "-psk ", words[1], " ", words[2]);
      } else {
        Wipe(&*line);
        lines->erase(line);
      }
      return absl::OkStatus();
    }
    return absl::NotFoundError(
        absl::StrCat(path, " has no pre-shared key ", key_id, " for keys of a ", PeerKindName(kind)));
  });
}

absl::StatusOr<uint32_t> RaiseGeneration(const std::string& path, PeerKind kind, absl::string_view name) {
  uint32_t next = 1;
  ORCH_RETURN_IF_ERROR(Edit(path, [&](const CredentialsFile& file, Lines* lines) -> absl::Status {
    for (const CredentialsFile::Generation& known : file.generations) {
      if (known.kind == kind && known.name == name) next = known.lowest + 1;
    }
    std::string line = absl::StrCat("generation ", PeerKindName(kind), " ", name, " ", next);
    for (std::string& old : *lines) {
      const std::vector<absl::string_view> words = WordsOf(old);
      if (words.size() != 4 || words[0] != "generation" || words[1] != PeerKindName(kind) || words[2] != name) continue;
      old = std::move(line);
      return absl::OkStatus();
    }
    lines->push_back(std::move(line));
    return absl::OkStatus();
  }));
  return next;
}

}  // namespace orch::auth
