#include "cli/session/input_source.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "actions/ddl/validate.h"
#include "base/durable_file.h"
#include "base/status_macros.h"
#include "cli/terminal/ask.h"
#include "cli/terminal/style.h"

namespace orch::cli {
namespace {

absl::StatusOr<std::string> ReadInputFile(Context* context, const std::string& path, const std::string& what) {
  if (path == "-") {
    ORCH_RETURN_IF_ERROR(context->TakeStdin(what));
    if (context->env().stdin_fd < 0)
      return absl::InvalidArgumentError(absl::StrCat(what, ": standard input is closed"));
    return ReadToEnd(context->env(), context->env().stdin_fd, kMaxInputBytes, absl::StrCat(what, " on standard input"));
  }
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);  // pipes are accepted too: name=@<(program)
  if (fd < 0) return ErrnoStatus(errno, absl::StrCat(what, ": cannot read ", Printable(path)));
  const absl::Cleanup close = [fd] { ::close(fd); };
  return ReadToEnd(context->env(), fd, kMaxInputBytes, absl::StrCat(what, ": ", Printable(path)));
}

std::string Question(const ddl::Input& input) {
  return absl::StrCat(Printable(input.prompt.empty() ? input.name : input.prompt), " (input ", Printable(input.name),
                      ", not shown): ");
}

absl::StatusOr<std::string> ReadSensitive(Context* context, const ddl::Input& input, const std::string& path) {
  if (path == "-" && context->CanAsk()) return context->AskLine(Question(input), /*secret=*/true);
  const std::string what = absl::StrCat("input '", input.name, "'");
  absl::StatusOr<std::string> text = ReadInputFile(context, path, what);
  if (absl::IsNotFound(text.status())) {
    return absl::NotFoundError(
        absl::StrCat(text.status().message(), "; a sensitive value that begins with @ is written with a second @"));
  }
  ORCH_RETURN_IF_ERROR(text.status());
  return std::string(absl::StripSuffix(absl::StripSuffix(*text, "\n"), "\r"));
}

}  // namespace

absl::Status ReadSensitiveArguments(Context* context, const ddl::Action& action,
                                    std::vector<std::pair<std::string, std::string>>* arguments) {
  for (auto& [name, value] : *arguments) {
    const ddl::Input* const input = action.FindInput(name);
    if (input == nullptr || !input->sensitive || !absl::StartsWith(value, "@")) continue;
    if (absl::StartsWith(value, "@@")) {
      value.erase(0, 1);
      continue;
    }
    ORCH_ASSIGN_OR_RETURN(value, ReadSensitive(context, *input, value.substr(1)));
  }
  return absl::OkStatus();
}

absl::Status AddInputFile(Context* context, Json* inputs) {
  const std::string& path = context->options().input_file;
  if (path.empty()) return absl::OkStatus();
  ORCH_ASSIGN_OR_RETURN(const std::string text, ReadInputFile(context, path, "--input-file"));
  const absl::StatusOr<Json> given = ParseJsonObject(text, path);
  // The parser's message quotes the text, which may contain secrets.
  if (!given.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--input-file: ", path == "-" ? "standard input" : Printable(path),
                                                   " holds no JSON object; write the inputs as {\"name\": value}"));
  }
  for (const auto& item : given->items()) {
    if (inputs->contains(item.key())) {
      return absl::InvalidArgumentError(absl::StrCat(
          "input '", Printable(item.key()), "': is given on the command line and in --input-file; give it once"));
    }
    (*inputs)[item.key()] = item.value();
  }
  return absl::OkStatus();
}

absl::Status AskForSensitiveInputs(Context* context, const ddl::Action& action, Json* inputs) {
  for (const ddl::Input& input : action.inputs) {
    if (!input.sensitive || input.optional || input.default_value.has_value() || inputs->contains(input.name)) continue;
    if (!context->CanAsk()) {
      return absl::InvalidArgumentError(
          absl::StrCat("input '", input.name, "': is required, and sensitive. Give it with ", input.name, "=@FILE, ",
                       input.name, "=@- for standard input, or --input-file; on a terminal it is asked for"));
    }
    ORCH_RETURN_IF_ERROR(AskForSensitiveInput(context, action, input, inputs));
  }
  return absl::OkStatus();
}

absl::Status AskForSensitiveInput(Context* context, const ddl::Action& action, const ddl::Input& input, Json* inputs) {
  ORCH_ASSIGN_OR_RETURN(const std::string typed, context->AskLine(Question(input), /*secret=*/true));
  ORCH_ASSIGN_OR_RETURN(const Json value, ddl::CoerceArguments(action, {{input.name, typed}}));
  inputs->update(value);
  return absl::OkStatus();
}

}  // namespace orch::cli
