#include "cli/orchctl.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/status_macros.h"
#include "base/version.h"
#include "cli/commands/command.h"
#include "cli/commands/typed_command.h"
#include "cli/options/option_groups.h"
#include "cli/options/shell_words.h"
#include "cli/session/help_page.h"
#include "cli/terminal/exit_codes.h"
#include "cli/terminal/fd_output.h"

namespace orch::cli {
namespace {

// Returns the index of the command's name: the first word that is neither an option nor an option's value.
size_t CommandIndex(const std::vector<std::string>& args) {
  CommonOptions ignored;
  OptionTable table;
  AddCommonOptions(
      kBasicOptions | kOutputOptions | kTargetOptions | kRunOptions | kJobOptions | kInputOptions | kReplyOptions,
      &ignored, &table);
  size_t i = 0;
  while (i < args.size() && args[i].size() > 1 && args[i][0] == '-')
    i += std::max<size_t>(1, table.WordsOfOption(args, i));
  return std::min(i, args.size());
}

bool ContainsAny(const std::vector<std::string>& args, std::initializer_list<absl::string_view> wanted) {
  return std::any_of(args.begin(), args.end(), [&](const std::string& word) {
    return std::find(wanted.begin(), wanted.end(), word) != wanted.end();
  });
}

// Redirects the output to -o FILE during its lifetime.
class OutputFile {
 public:
  explicit OutputFile(Environment* env) : env_(env), before_(env->out), was_terminal_(env->out_is_terminal) {}
  ~OutputFile() {
    file_.reset();  // writes the rest
    if (fd_ >= 0) ::close(fd_);
    env_->out = before_;
    env_->out_is_terminal = was_terminal_;
  }
  absl::Status Open(const std::string& path) {
    fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd_ < 0) return ErrnoStatus(errno, absl::StrCat("cannot write ", path));
    file_ = std::make_unique<FdOutput>(fd_);
    env_->out = file_.get();
    env_->out_is_terminal = false;
    return absl::OkStatus();
  }

 private:
  Environment* const env_;
  Output* const before_;
  const bool was_terminal_;
  int fd_ = -1;
  std::unique_ptr<FdOutput> file_;
};

absl::StatusOr<int> RunCommand(Context* context, const CommandInstance& instance,
                               const std::vector<std::string>& general, const std::vector<std::string>& words) {
  Environment* const env = &context->env();
  // $ORCHCTL_OPTS is for all commands, so options that this command does not have are ignored.
  ORCH_RETURN_IF_ERROR(instance.table.Parse(instance.table.OnlyOptions(general)).status());
  context->options().format_option.clear();  // a format on the command line replaces that of the variable
  ORCH_ASSIGN_OR_RETURN(const std::vector<std::string> positional, instance.table.Parse(words));
  if (context->options().help) {
    ShowHelp(env, instance.help(instance.table));
    return kExitOk;
  }
  OutputFile file(env);
  if (!context->options().output_file.empty()) ORCH_RETURN_IF_ERROR(file.Open(context->options().output_file));
  absl::StatusOr<int> code = instance.command->Run(context, positional);
  if (!code.ok() && context->options().format == Format::kJsonLines) {
    context->Print(absl::StrCat(PrintableJson({{"kind", "error"},
                                               {"error", std::string(code.status().message())},
                                               {"exit_code", ExitCodeOf(code.status())}}),
                                "\n"));
  }
  if (!env->out->Flush()) return absl::DataLossError("cannot write the output; is the disk full?");
  return code;
}

absl::StatusOr<int> Dispatch(const std::vector<std::string>& args, Environment* env) {
  const size_t index = CommandIndex(args);
  if (index == args.size()) {
    if (ContainsAny(args, {"--version"})) {
      env->out->Write(absl::StrCat("orchctl ", kVersion, "\n"));
      return kExitOk;
    }
    if (args.empty() || ContainsAny(args, {"-h", "--help"})) {
      ShowHelp(env, GeneralHelp());
      return kExitOk;
    }
    return absl::InvalidArgumentError("no command given; 'orchctl help' lists them");
  }
  std::vector<std::string> words(args.begin(), args.begin() + index);
  words.insert(words.end(), args.begin() + index + 1, args.end());
  ORCH_ASSIGN_OR_RETURN(const std::vector<std::string> general,
                        SplitShellWords(env->Variable("ORCHCTL_OPTS"), "ORCHCTL_OPTS"));
  Context context(env);
  const CommandEntry* entry = ResolveCommand(args[index], &words);
  if (entry != nullptr) return RunCommand(&context, MakeCommand(*entry, &context.options()), general, words);
  ORCH_ASSIGN_OR_RETURN(const CommandInstance typed, MakeTypedCommand(&context, args[index], general, &words));
  return RunCommand(&context, typed, general, words);
}

}  // namespace

int RunOrchctl(const std::vector<std::string>& args, Environment* env) {
  const absl::StatusOr<int> code = Dispatch(args, env);
  int exit_code = code.ok() ? *code : ExitCodeOf(code.status());
  if (!env->out->Flush() && exit_code == kExitOk) exit_code = kExitError;
  if (!code.ok()) env->err->Write(absl::StrCat("orchctl: ", PrintableBlock(code.status().message(), 2), "\n"));
  env->err->Flush();
  return exit_code;
}

}  // namespace orch::cli
