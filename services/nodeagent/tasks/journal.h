// What this node has taken on and how it ended, on disk: written before an action starts and before its
// outcome is sent, forgotten once the hub has acknowledged. So no durable job runs here twice and no
// outcome is lost, whoever is restarted when. Owned by Agent; thread-safe. Never decides what may run.
//
// A job: accepted → finished (its outcome is kept) → settled (acknowledged, or gone: it neither runs
// nor has left an outcome). Settled jobs stay known by their id alone.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/record_file.h"

namespace orch::nodeagent {

class Journal {
 public:
  static constexpr size_t kMaxKept = 2048;                      // jobs accepted or finished, not yet settled
  static constexpr size_t kMaxKeptBytes = 32u << 20;            // of outcomes; beyond it nothing new is accepted
  static constexpr size_t kMaxRemembered = 8192;                // settled jobs
  static constexpr absl::Duration kRemember = absl::Hours(24);  // a settled job, at most
  // A settled job at least: as long as an envelope of it could still be accepted.
  static constexpr absl::Duration kRememberAtLeast = absl::Minutes(3);
  static constexpr size_t kOutcomeRoom = 64u << 10;     // set aside on the disk for each outcome to come
  static constexpr uint64_t kMinCompaction = 1u << 20;  // bytes of the file before it is written anew

  enum class State { kUnknown, kAccepted, kFinished, kSettled };

  static absl::StatusOr<std::unique_ptr<Journal>> Open(const std::string& path, const Clock* clock);

  // On the disk when it returns OK; then the action may start. AlreadyExists when the job is known,
  // ResourceExhausted when as much is kept as may be, Unavailable when the disk is full.
  absl::Status Accept(const std::string& job_id);
  // Keeps the outcome. On the disk when it returns, if the job was accepted; one that never started is
  // only written, since it would be refused again. After an error it is kept in memory alone.
  absl::Status Finish(const std::string& job_id, const std::string& outcome);
  // The hub has it; or nothing is left of the job. Unknown ids are ignored.
  void Settle(const std::string& job_id);

  State Find(const std::string& job_id) const;
  absl::StatusOr<std::string> Outcome(const std::string& job_id) const;
  std::vector<std::string> Finished() const;  // in the order they ended
  std::vector<std::string> Accepted() const;
  // Whether a job not found here was surely never accepted. False for kRemember after the file was
  // found damaged.
  bool Complete() const;
  std::vector<std::string> Problems() const;  // for the node's health

 private:
  struct Job {
    State state = State::kAccepted;
    absl::Duration since;     // Clock::Steady, of the last change
    uint64_t order = 0;       // of its end
    RecordFile::Place place;  // of the outcome's record, when finished
    std::string unsaved;      // the outcome, when it could not be written
  };

  explicit Journal(const Clock* clock) : clock_(clock) {}
  void Load(RecordFile::Place place, absl::string_view record, absl::Time now);
  void NoteRepair(const std::string& path, const RecordFile::Repair& repair);
  void FinishLocked(const std::string& job_id, RecordFile::Place place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void SettleLocked(const std::string& job_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ForgetLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CompactLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<std::string> OutcomeLocked(const Job& job) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Clock* const clock_;
  std::unique_ptr<RecordFile> file_;  // constant after Open
  mutable Mutex mu_;                  // acquired before the lock of `file_`; not held while the disk is synced
  absl::flat_hash_map<std::string, Job> jobs_ ABSL_GUARDED_BY(mu_);
  std::map<uint64_t, std::string> finished_ ABSL_GUARDED_BY(mu_);  // by order
  std::deque<std::string> settled_ ABSL_GUARDED_BY(mu_);           // oldest first
  uint64_t last_order_ ABSL_GUARDED_BY(mu_) = 0;
  size_t kept_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Duration complete_from_ ABSL_GUARDED_BY(mu_);  // Clock::Steady
  std::string damage_ ABSL_GUARDED_BY(mu_);
  std::string write_problem_ ABSL_GUARDED_BY(mu_);
};

}  // namespace orch::nodeagent
