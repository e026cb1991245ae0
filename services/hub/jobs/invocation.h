// A request to invoke, from its text to a job's: targets, inputs and DDLs. Read and planned off the hub's
// loop; the DDLs are looked up on it. Used by one thread at a time.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/json.h"
#include "base/random.h"
#include "orch/v1/job.pb.h"
#include "services/hub/jobs/job.h"
#include "services/hub/nodes/ddl_cache.h"
#include "services/hub/nodes/registry.h"
#include "services/hub/nodes/targets.h"

namespace orch::hub {

// Added to a DDL's timeout before the hub gives a task up.
inline constexpr absl::Duration kDeadlineGrace = absl::Seconds(2);
// DDLs of one plugin that a job may go by: the client's, and those most nodes announce.
inline constexpr size_t kMaxDdlsOfJob = 64;

class Invocation {
 public:
  Invocation(v1::JobSpec spec, std::string caller, absl::Duration begin)
      : spec_(std::move(spec)), caller_(std::move(caller)), begin_(begin) {}

  // Off the loop. InvalidArgument names the field and the remedy.
  absl::Status Read(Random* random, ColumnNames* names);
  // On the loop. NotFound for a plugin nobody has.
  absl::Status TakeDdls(const DdlCache& ddls);
  // Off the loop. Unavailable, with awaited() set, when the text of the DDL has not come yet.
  absl::Status Plan(const FleetSnapshot& fleet, const Clock& clock, StepBudget* budget);

  const v1::JobSpec& spec() const { return spec_; }
  const std::string& caller() const { return caller_; }
  const std::string& awaited() const { return awaited_; }
  // After Plan, once.
  JobRequest TakeRequest() { return std::move(request_); }

 private:
  // The DDL the client validated against, else the one most of the targets announce.
  absl::StatusOr<const DdlCache::Entry*> ChooseDdl(const SlotSet& targets) const;
  absl::Status CheckInputs(const ddl::Plugin& plugin, const ddl::Action& action) const;
  // Whether a node with this DDL may run what was validated against `action`.
  bool MayGoBy(const DdlCache::Entry& other, const ddl::Action& action) const;
  void FillRequest(const FleetSnapshot& fleet, Chosen chosen, const ddl::Plugin& plugin, const ddl::Action& action);
  Json Redacted() const;

  const v1::JobSpec spec_;
  const std::string caller_;
  const absl::Duration begin_;  // steady
  bool read_ = false;
  TargetQuery query_;
  Json inputs_;
  std::vector<DdlCache::Entry> ddls_;  // the client's first, then by the nodes that announce them
  std::set<std::string> sensitive_;    // in any known DDL of the plugin
  std::string awaited_;
  JobRequest request_;
};

// NotFound with the nearest name the fleet has.
absl::Status NoSuchPlugin(absl::string_view plugin, const DdlCache& ddls);

}  // namespace orch::hub
