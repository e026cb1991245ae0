#include "cli/session/node_list.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/durable_file.h"
#include "base/json.h"
#include "base/status_macros.h"
#include "base/text_file.h"
#include "base/yaml.h"
#include "cli/terminal/exit_codes.h"
#include "cli/terminal/interrupt.h"
#include "cli/terminal/style.h"
#include "filter/filter.h"

namespace orch::cli {
namespace {

constexpr const char* kNameKeys[] = {"sender", "certname", "identity"};

// Collects names, each once.
class NameCollector {
 public:
  explicit NameCollector(std::string source) : source_(std::move(source)) {}

  absl::Status Add(const std::string& name, absl::string_view place) {
    if (!filter::IsIdentity(name)) {
      return absl::InvalidArgumentError(absl::StrCat(source_, ": ", place, ": '", Printable(name.substr(0, 80)),
                                                     "' is no node name; letters, digits, _ . and - are allowed"));
    }
    if (!seen_.insert(name).second) return absl::OkStatus();
    if (seen_.size() > kMaxListedNodes) {
      return absl::InvalidArgumentError(
          absl::StrCat(source_, ": more than ", kMaxListedNodes, " nodes; split the list"));
    }
    list_.push_back(name);
    return absl::OkStatus();
  }
  absl::Status Wrong(absl::string_view place, absl::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat(source_, ": ", place, ": ", what));
  }
  absl::StatusOr<std::vector<std::string>> Take() {
    if (list_.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(source_, ": holds no node names; nothing is sent"));
    }
    return std::move(list_);
  }

 private:
  const std::string source_;
  absl::flat_hash_set<std::string> seen_;
  std::vector<std::string> list_;
};

absl::Status AddJsonEntry(const Json& entry, const std::string& place, NameCollector* names) {
  if (entry.is_string()) return names->Add(entry.get<std::string>(), place);
  if (entry.is_object()) {
    for (const char* key : kNameKeys) {
      const auto found = entry.find(key);
      if (found == entry.end()) continue;
      if (!found->is_string()) return names->Wrong(place, absl::StrCat(key, " must be a string"));
      return names->Add(found->get<std::string>(), place);
    }
  }
  return names->Wrong(place, "expected a name, or an object with sender, certname or identity");
}

absl::Status AddJsonArray(const Json& array, NameCollector* names) {
  size_t index = 0;
  for (const Json& entry : array) {
    ORCH_RETURN_IF_ERROR(AddJsonEntry(entry, absl::StrCat("entry ", ++index), names));
  }
  return absl::OkStatus();
}

absl::Status AddJsonDocument(const Json& document, NameCollector* names) {
  if (document.is_array()) return AddJsonArray(document, names);
  for (const char* key : {"replies", "nodes"}) {
    const auto found = document.find(key);
    if (found != document.end() && found->is_array()) return AddJsonArray(*found, names);
  }
  return AddJsonEntry(document, "entry 1", names);
}

// Lines of `orchctl --jsonl` other than results name no node and are skipped.
absl::Status AddJsonLines(absl::string_view text, const std::string& source, NameCollector* names) {
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) continue;
    const std::string place = absl::StrCat("line ", number);
    ORCH_ASSIGN_OR_RETURN(const Json entry, ParseJsonObject(line, absl::StrCat(source, ": ", place)));
    const auto kind = entry.find("kind");
    if (kind != entry.end() && *kind != "result") continue;
    ORCH_RETURN_IF_ERROR(AddJsonEntry(entry, place, names));
  }
  return absl::OkStatus();
}

absl::Status AddText(absl::string_view text, NameCollector* names) {
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line.substr(0, line.find('#')));  // no name contains a #
    if (line.empty()) continue;
    ORCH_RETURN_IF_ERROR(names->Add(std::string(line), absl::StrCat("line ", number)));
  }
  return absl::OkStatus();
}

// Names are texts, even if they look like numbers.
absl::Status AddYaml(absl::string_view text, const std::string& source, NameCollector* names) {
  ORCH_ASSIGN_OR_RETURN(const YamlDocument document,
                        ParseYaml(text, source, {.max_bytes = kMaxNodeListBytes}, YamlScalars::kText));
  if (document.is_blank) return absl::OkStatus();
  const bool nested = document.value.is_object() && document.value.contains("nodes");
  const Json& list = nested ? document.value["nodes"] : document.value;
  if (!list.is_array()) return names->Wrong("YAML", "expected a list of names, or nodes: with one");
  size_t index = 0;
  for (const Json& entry : list) {
    const std::string place = absl::StrCat("entry ", ++index);
    if (!entry.is_string()) return names->Wrong(place, "expected a name");
    ORCH_RETURN_IF_ERROR(names->Add(entry.get<std::string>(), place));
  }
  return absl::OkStatus();
}

bool IsYaml(absl::string_view text, const std::string& source) {
  return absl::EndsWith(source, ".yaml") || absl::EndsWith(source, ".yml") || absl::StartsWith(text, "---") ||
         absl::StartsWith(text, "- ");
}

// Prints one note if nothing has arrived for a second.
absl::Status WaitForData(const Environment& env, bool* noted) {
  struct pollfd fds[2] = {{env.stdin_fd, POLLIN, 0}, {env.interrupt != nullptr ? env.interrupt->fd() : -1, POLLIN, 0}};
  while (::poll(fds, 2, *noted ? -1 : 1000) == 0) {
    *noted = true;
    env.err->Write(
        "orchctl: waiting for a node list on standard input; use --no-stdin (or </dev/null) when there is none\n");
    env.err->Flush();
  }
  if (env.interrupt != nullptr && env.interrupt->raised()) {
    return WithExitCode(absl::CancelledError("interrupted; nothing was sent"), kExitInterrupted);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ParseNodeList(absl::string_view bytes, const std::string& source) {
  NameCollector names(source);
  ORCH_ASSIGN_OR_RETURN(const std::string text, DecodeText(bytes, source));
  const absl::string_view trimmed = absl::StripAsciiWhitespace(text);
  if (IsYaml(trimmed, source)) {
    ORCH_RETURN_IF_ERROR(AddYaml(text, source, &names));
  } else if (absl::StartsWith(trimmed, "[")) {
    ORCH_ASSIGN_OR_RETURN(const Json document, ParseJson(trimmed, source));
    ORCH_RETURN_IF_ERROR(AddJsonDocument(document, &names));
  } else if (absl::StartsWith(trimmed, "{")) {
    const absl::StatusOr<Json> document = ParseJson(trimmed, source);
    const bool lines = !document.ok() || document->contains("kind");
    ORCH_RETURN_IF_ERROR(lines ? AddJsonLines(text, source, &names) : AddJsonDocument(*document, &names));
  } else {
    ORCH_RETURN_IF_ERROR(AddText(text, &names));
  }
  return names.Take();
}

absl::StatusOr<std::vector<std::string>> ReadNodeFile(const std::string& path) {
  ORCH_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxNodeListBytes));
  return ParseNodeList(text, path);
}

bool StdinIsList(const Environment& env) {
  struct stat info;
  if (env.stdin_fd < 0 || env.stdin_is_terminal || ::fstat(env.stdin_fd, &info) != 0) return false;
  return S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode) || S_ISREG(info.st_mode);
}

absl::StatusOr<std::vector<std::string>> ReadNodesFromStdin(const Environment& env) {
  std::string text;
  char buffer[16 << 10];
  bool noted = false;
  while (true) {
    ORCH_RETURN_IF_ERROR(WaitForData(env, &noted));
    const ssize_t n = ::read(env.stdin_fd, buffer, sizeof(buffer));
    if (n == 0) break;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(errno, "cannot read the node list on standard input");
    noted = true;
    text.append(buffer, static_cast<size_t>(n));
    if (text.size() > kMaxNodeListBytes) {
      return absl::InvalidArgumentError("standard input: a node list of more than 4 MiB; split it");
    }
  }
  if (absl::StripAsciiWhitespace(text).empty()) {
    return absl::InvalidArgumentError(
        "standard input is an empty node list; nothing is sent. Where it is no list (cron, ssh), give --no-stdin or "
        "</dev/null");
  }
  return ParseNodeList(text, "standard input");
}

}  // namespace orch::cli
