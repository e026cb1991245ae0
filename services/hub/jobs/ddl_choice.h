// Which description (DDL) of its plugin a job goes by, where the nodes announce several. Taken from the cache on the
// hub's loop; everything else may be called off it, by one thread at a time.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/json.h"
#include "orch/v1/job.pb.h"
#include "services/hub/nodes/ddl_cache.h"

namespace orch::hub {

// Descriptions of one plugin that a job may go by: the client's, and those that most nodes announce.
inline constexpr size_t kMaxDdlsOfJob = 64;

class DdlChoice {
 public:
  // `spec` must outlive this.
  explicit DdlChoice(const v1::JobSpec& spec) : spec_(spec) {}

  // On the loop. NotFound for a plugin that no node has; FailedPrecondition when no node announces the description that
  // the client validated against any more.
  absl::Status Take(const DdlCache& ddls);

  struct Chosen {
    const ddl::Plugin* plugin;
    const ddl::Action* action;
    std::vector<std::string> sha256s;  // the chosen one, then all others that the inputs are good for
  };
  // The description that the client validated against, else the one that most of the targets announce; the inputs and
  // repeats are checked against it. Unavailable, with awaited() set, when its text has not come from a node yet.
  absl::StatusOr<Chosen> Resolve(const SlotSet& targets, const Json& inputs);
  const std::string& awaited() const { return awaited_; }  // SHA-256

  // The inputs with *** for those that any known description of the plugin calls sensitive.
  Json Redact(const Json& inputs) const;

 private:
  const DdlCache::Entry* Choose(const SlotSet& targets) const;
  // Whether a node with this description may run what was validated against `action`.
  bool MayGoBy(const DdlCache::Entry& other, const ddl::Action& action, const Json& inputs) const;

  const v1::JobSpec& spec_;
  std::vector<DdlCache::Entry> ddls_;  // the client's first, then by the number of nodes that announce them
  std::set<std::string> sensitive_;
  std::string awaited_;
};

}  // namespace orch::hub
