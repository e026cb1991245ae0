// The record on disk of the attempts that this node has accepted and how they ended. An entry is written before the
// action starts and before the outcome is sent, and its outcome is dropped once the hub has acknowledged it. So no
// durable attempt runs twice on this node and no outcome is lost, whichever program restarts. Owned by Agent;
// thread-safe. Never decides what may run.
//
// An attempt is accepted, then finished (its outcome is kept), then settled (acknowledged, or gone without an outcome).
// Of a settled attempt only the id is kept.
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
  static constexpr size_t kMaxKept = 2048;                      // attempts accepted or finished, but not settled
  static constexpr size_t kMaxKeptBytes = 32u << 20;            // of outcomes; beyond this nothing new is accepted
  static constexpr size_t kMaxRemembered = 8192;                // settled attempts
  static constexpr absl::Duration kRemember = absl::Hours(24);  // the longest time a settled attempt is kept
  // The shortest time a settled attempt is kept: an envelope with its id could be accepted as long.
  static constexpr absl::Duration kRememberAtLeast = absl::Minutes(3);
  static constexpr size_t kOutcomeReserve = 64u << 10;  // disk space reserved for each outcome to come
  static constexpr uint64_t kMinCompaction = 1u << 20;  // bytes; a smaller file is not compacted

  enum class State { kUnknown, kAccepted, kFinished, kSettled };

  static absl::StatusOr<std::unique_ptr<Journal>> Open(const std::string& path, const Clock* clock);

  // Writes the entry to disk; once it returns OK the action may start. Returns AlreadyExists if the attempt is known,
  // ResourceExhausted if the journal is full, Unavailable if the disk is.
  absl::Status Accept(const std::string& attempt_id);
  // Keeps the outcome. The outcome of an accepted attempt is synced to disk on return; that of an attempt that never
  // started is only written, since the attempt would be refused again. After an error the outcome is kept in memory.
  absl::Status Finish(const std::string& attempt_id, const std::string& outcome);
  // Drops the outcome: the hub has it, or the attempt left none. Unknown ids are ignored.
  void Settle(const std::string& attempt_id);

  State Find(const std::string& attempt_id) const;
  absl::StatusOr<std::string> Outcome(const std::string& attempt_id) const;
  std::vector<std::string> Finished() const;  // in the order they ended
  std::vector<std::string> Accepted() const;
  // Returns whether an attempt that is not found here was certainly never accepted. False for kRemember after the file
  // was found damaged.
  bool Complete() const;
  std::vector<std::string> Problems() const;  // for the node's health

 private:
  struct Job {
    State state = State::kAccepted;
    absl::Duration since;     // the last change, Clock::Steady
    uint64_t order = 0;       // in which it ended
    RecordFile::Place place;  // of the outcome's record, if finished
    std::string unsaved;      // the outcome, if it could not be written
  };

  explicit Journal(const Clock* clock) : clock_(clock) {}
  void Load(RecordFile::Place place, absl::string_view record, absl::Time now);
  void NoteRepair(const std::string& path, const RecordFile::Repair& repair);
  void FinishLocked(const std::string& attempt_id, RecordFile::Place place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void SettleLocked(const std::string& attempt_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
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
