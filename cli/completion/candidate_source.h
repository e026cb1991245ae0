// What the hub can offer for completion. Each function gives words that begin with `prefix`; none
// when the hub does not answer. Lives as long as its context.
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
  static constexpr size_t kSampledNodes = 5;  // whose facts and collectives stand for the fleet's

  explicit CandidateSource(Context* context) : context_(context) {}

  std::vector<Candidate> Plugins();
  std::vector<Candidate> Actions(const std::string& plugin);
  // "file=", and for those with known values "force=true" once the = is there.
  std::vector<Candidate> Inputs(const std::string& plugin, const std::string& action, const std::string& typed);
  std::vector<Candidate> Nodes(const std::string& prefix);
  std::vector<Candidate> Collectives();
  std::vector<Candidate> Classes();
  std::vector<Candidate> FactNames();
  // "osfamily=" or, once there is a comparison, "osfamily=Debian".
  std::vector<Candidate> FactTests(const std::string& typed);
  std::vector<Candidate> Jobs();

 private:
  HubClient* Hub();  // null when it cannot be reached
  std::vector<std::string> NodeNames(const std::string& prefix, size_t most);
  const std::vector<v1::Node>& Sample();

  Context* const context_;
  bool tried_ = false;
  HubClient* hub_ = nullptr;
  std::optional<std::vector<v1::Node>> sample_;
};

}  // namespace orch::cli
