// Of no kind of action anything is left when it is cancelled, is late or has ended.
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "actions/plugins/shell/shell_jobs.h"
#include "base/process/cancel_token.h"
#include "base/random.h"
#include "gmock/gmock.h"
#include "tests/actions/core/fake_node.h"
#include "tests/actions/external/external_fixture.h"
#include "tests/support/temp_folder.h"

namespace orch::actions {
namespace {

using ::testing::IsEmpty;

// Two children, one out of the family and one in a group of its own; their numbers are in FILE.
constexpr char kScatter[] =
    "(setsid sh -c 'echo $$ >>FILE; exec sleep 307' &) ; timeout 600 sh -c 'echo $$ >>FILE; exec sleep 307' & "
    "until [ \"$(wc -l <FILE)\" -ge 2 ]; do sleep 0.01; done; ";

std::string Scatter(const std::string& file) { return absl::StrReplaceAll(kScatter, {{"FILE", file}}); }

std::vector<int> Numbers(const std::string& file) {
  std::vector<int> all;
  std::ifstream text(file);
  for (int pid; text >> pid;) all.push_back(pid);
  return all;
}

// Those that live; a zombie does not count as gone.
std::vector<int> Left(const std::string& file) {
  std::vector<int> left;
  for (const int pid : Numbers(file)) {
    if (access(absl::StrCat("/proc/", pid).c_str(), F_OK) == 0) left.push_back(pid);
  }
  EXPECT_EQ(Numbers(file).size(), 2u);
  std::ofstream(file, std::ios::trunc).close();
  return left;
}

// Cancels once both children are there.
class Canceller {
 public:
  explicit Canceller(const std::string& file)
      : thread_([this, file] {
          while (Numbers(file).size() < 2) std::this_thread::yield();
          token_.Cancel();
        }) {}
  ~Canceller() { thread_.join(); }
  const CancelToken* token() const { return &token_; }

 private:
  CancelToken token_;
  std::thread thread_;
};

class BuiltinLeftTest : public ActionTest {
 protected:
  TempFolder folder_;
  const std::string file_ = folder_.Write("pids", "");
};

TEST_F(BuiltinLeftTest, OfTheShell) {
  SystemRandom random;
  options_.settings = {{"shell.allow", "true"}, {"shell.policies_dir", folder_.path()}};
  folder_.Write("shell.policy", "policy default deny\n");
  options_.shell_jobs = std::make_shared<ShellJobs>(&node_.clock, &random);
  EXPECT_EQ(Run("shell", "run", {{"command", Scatter(file_) + "exit 0"}}).status_code, kOk);
  EXPECT_THAT(Left(file_), IsEmpty());
  EXPECT_EQ(Run("shell", "run", {{"command", Scatter(file_) + "sleep 307"}, {"timeout", 2}}).error_kind,
            ErrorKind::kTimeout);
  EXPECT_THAT(Left(file_), IsEmpty());
  {
    const Canceller cancel(file_);
    const Json inputs{{"command", Scatter(file_) + "sleep 307"}};
    EXPECT_EQ(Run("shell", "run", inputs, absl::Seconds(60), cancel.token()).error_kind, ErrorKind::kCancelled);
  }
  EXPECT_THAT(Left(file_), IsEmpty());
  EXPECT_EQ(Run("shell", "start", {{"command", Scatter(file_) + "sleep 307"}}).status_code, kOk);
  while (Numbers(file_).size() < 2) std::this_thread::yield();
  options_.shell_jobs.reset();  // the agent ends
  EXPECT_THAT(Left(file_), IsEmpty());
}

TEST_F(BuiltinLeftTest, OfAnNrpeCheck) {
  options_.settings["nrpe.conf_dir"] = folder_.Path("nrpe.d");
  const std::string hangs = folder_.Write("hangs", "#!/bin/sh\n" + Scatter(file_) + "sleep 307\n", 0755);
  const std::string ends = folder_.Write("ends", "#!/bin/sh\n" + Scatter(file_) + "echo fine\n", 0755);
  folder_.Write("nrpe.d/a.cfg", absl::StrCat("command[hangs]=", hangs, "\ncommand[ends]=", ends, "\n"));
  EXPECT_EQ(Run("nrpe", "runcommand", {{"command", "ends"}}).data["output"], "fine");
  EXPECT_THAT(Left(file_), IsEmpty());
  EXPECT_EQ(Run("nrpe", "runcommand", {{"command", "hangs"}}, absl::Seconds(2)).data["exitcode"], 3);
  EXPECT_THAT(Left(file_), IsEmpty());
  {
    const Canceller cancel(file_);
    EXPECT_EQ(Run("nrpe", "runcommand", {{"command", "hangs"}}, absl::Seconds(60), cancel.token()).error_kind,
              ErrorKind::kCancelled);
  }
  EXPECT_THAT(Left(file_), IsEmpty());
}

TEST_F(BuiltinLeftTest, OfAStatusOfAnInitScript) {
  options_.settings = {{"service.provider", "script"}, {"service.init_dir", folder_.path()}};
  folder_.Write("chatty", "#!/bin/sh\n" + Scatter(file_) + "exit 0\n", 0755);
  EXPECT_EQ(Run("service", "status", {{"service", "chatty"}}).data["status"], "running");
  EXPECT_THAT(Left(file_), IsEmpty());
}

TEST_F(ExternalTest, NothingIsLeftOfAProgramOrAWorker) {
  const std::string file = root_ + "/pids";
  std::ofstream(file).close();
  Install("program",
          absl::StrCat("#!/bin/sh\ncase \"$CHORIA_EXTERNAL_PROTOCOL\" in *activation*) echo "
                       "'{\"activate\": true}' >\"$2\"; exit 0;; esac\n",
                       Scatter(file), "grep -q hang \"$1\" && sleep 307\necho '{\"statuscode\":0}' >\"$2\"\n"));
  Install("worker",
          absl::StrCat("#!/bin/sh\nwhile read -r line; do case \"$line\" in\n"
                       "*activation_request*) echo '{\"activate\": true}';;\n*) ",
                       Scatter(file),
                       "case \"$line\" in *hang*) sleep 307;; *) kill %1; wait; echo '{\"statuscode\":0}';; esac;;\n"
                       "esac; done\n"),
          "worker");
  for (const char* name : {"program", "worker"}) {
    const Reply ended = Call(name);
    EXPECT_EQ(ended.status_code, kOk) << ended.status_message;
    EXPECT_THAT(Left(file), IsEmpty()) << name;
    EXPECT_EQ(Call(name, {{"text", "hang"}}, absl::Seconds(2)).error_kind, ErrorKind::kTimeout) << name;
    EXPECT_THAT(Left(file), IsEmpty()) << name;
    {
      const Canceller cancel(file);
      EXPECT_EQ(Call(name, {{"text", "hang"}}, absl::Seconds(60), cancel.token()).error_kind, ErrorKind::kCancelled)
          << name;
    }
    EXPECT_THAT(Left(file), IsEmpty()) << name;
  }
}

}  // namespace
}  // namespace orch::actions
