// The candidates that only the hub knows. Each function returns an empty list if the hub does not
// answer within kCompletionPatience. Used by one thread; must not outlive its context.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/completion/candidate.h"
#include "cli/session/context.h"

namespace orch::cli {

inline constexpr absl::Duration kCompletionPatience = absl::Seconds(1);

class CandidateSource {
 public:
  static constexpr size_t kSampledNodes = 5;  // nodes whose facts and collectives represent the fleet

  explicit CandidateSource(Context* context) : context_(context) {}

  std::vector<Candidate> Plugins();
  std::vector<Candidate> Actions(const std::string& plugin);
  // Returns "file=" and, when the = is typed, "force=true" for inputs with known values.
  std::vector<Candidate> Inputs(const std::string& plugin, const std::string& action, const std::string& typed);
  std::vector<Candidate> Nodes(const std::string& prefix);
  std::vector<Candidate> Collectives();
  std::vector<Candidate> Classes();
  std::vector<Candidate> FactNames();
  // Returns "osfamily=" or, when the comparison is typed, "osfamily=Debian".
  std::vector<Candidate> FactTests(const std::string& typed);
  std::vector<Candidate> Jobs();

 private:
  HubClient* Hub();  // null if the hub cannot be reached
  std::vector<std::string> NodeNames(const std::string& prefix, size_t most);
  const std::vector<v1::Node>& Sample();

  Context* const context_;
  bool tried_ = false;
  HubClient* hub_ = nullptr;
  std::optional<std::vector<v1::Node>> sample_;
};

}  // namespace orch::cli
