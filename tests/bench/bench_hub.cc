#include "tests/bench/bench_hub.h"

#include <unistd.h>

#include <cstdio>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "auth/keyring.h"
#include "base/durable_file.h"
#include "base/status_macros.h"

namespace orch {
namespace {

constexpr absl::Duration kStartWithin = absl::Seconds(20);
constexpr useconds_t kLookAgainUs = 5000;

std::string OfProcess(pid_t pid, const char* file) {
  return ReadFile(absl::StrCat("/proc/", pid, "/", file), 65'536).value_or("");
}

}  // namespace

absl::StatusOr<std::unique_ptr<BenchHub>> BenchHub::Start(const Options& options, const Clock* clock, Random* random) {
  std::unique_ptr<BenchHub> hub(new BenchHub(options.directory));
  const std::string& dir = options.directory;
  const std::string port_file = dir + "/address", config = dir + "/hub.yaml";
  ORCH_RETURN_IF_ERROR(auth::WriteNewCredentials(hub->credentials(), random));
  ORCH_RETURN_IF_ERROR(WriteFileDurably(
      config,
      absl::StrCat("listen: 127.0.0.1:0\nport_file: ", port_file,
                   "\nidentity: hub.example.net\nadministrators: [bench]\naccess: ", dir,
                   "/access.yaml\npolicies: {folder: ", dir, "/policies}\ncredentials: ", hub->credentials(),
                   "\ntls: {mode: ", options.plaintext ? "plaintext" : "on", "}\nstore: ", hub->store(),
                   "\njob_retention: {count: ", options.retain_jobs, "}\nlog: {file: ", dir, "/hub.log}\n"),
      0600));
  WorkerProcess::Options process;
  process.process.argv = {options.program, "-c", config};
  ORCH_ASSIGN_OR_RETURN(hub->process_, WorkerProcess::Start(process, clock));
  const absl::Duration until = clock->Steady() + kStartWithin;
  while (hub->address_.empty()) {
    if (!hub->process_->Alive() || clock->Steady() > until) {
      return absl::UnavailableError(absl::StrCat(options.program, " does not serve: ", hub->process_->ErrorTail(),
                                                 ReadFile(dir + "/hub.log", 65'536).value_or("")));
    }
    usleep(kLookAgainUs);
    hub->address_ = std::string(absl::StripAsciiWhitespace(ReadFile(port_file, 4096).value_or("")));
  }
  return hub;
}

double BenchHub::ProcessorSeconds() const {
  const std::string stat = OfProcess(process_->pid(), "stat");
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return 0;
  const std::vector<std::string> fields = absl::StrSplit(stat.substr(name_end + 2), ' ');
  double user = 0, system = 0;
  if (!absl::SimpleAtod(fields[11], &user) || !absl::SimpleAtod(fields[12], &system)) return 0;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double BenchHub::ResidentMiB() const {
  const std::vector<std::string> fields = absl::StrSplit(OfProcess(process_->pid(), "statm"), ' ');
  double pages = 0;
  if (fields.size() < 2 || !absl::SimpleAtod(fields[1], &pages)) return 0;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

}  // namespace orch
