// Keeps facts and classes fresh: starts a full collection every interval, and checks every few seconds whether a file
// has changed. One collection runs at a time, away from the loop. Owned by Agent; used on the loop only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/lifetime.h"
#include "base/process/cancel_token.h"
#include "services/nodeagent/config.h"
#include "services/nodeagent/facts/classes_file.h"
#include "services/nodeagent/facts/fact_collector.h"

namespace orch::nodeagent {

class Inventory {
 public:
  static constexpr absl::Duration kWatchInterval = absl::Seconds(5);

  struct Options {
    FactsConfig facts;
    std::vector<std::string> classes_files;
  };
  struct Found {
    CollectedFacts facts;
    Classes classes;
  };
  // Runs blocking work away from the loop, one piece at a time. Tests run it inline.
  using Background = std::function<void(absl::AnyInvocable<void()> work)>;

  Inventory(Options options, const Clock* clock, Executor* executor, Background background,
            std::function<void(const Found&)> changed);
  // The background work must have ended before; Cancel makes it end soon.
  ~Inventory();

  // Collects without running programs, and returns at once.
  Found CollectNow();
  // Starts to watch the files, and starts the first full collection.
  void Start();
  // Collects again, after the collection that runs if there is one. A source that fails keeps its last good facts.
  void Refresh();
  void SetOptions(Options options);  // and Refresh
  // Ends the programs that collect. Any thread.
  void Cancel() { cancel_.Cancel(); }

 private:
  void Watch();
  void StartCollection();
  void FinishCollection(Found found);
  std::string Stamp() const;

  Options options_;
  const Clock* const clock_;
  Executor* const executor_;
  const Background background_;
  const std::function<void(const Found&)> changed_;
  Lifetime lifetime_;
  CancelToken cancel_;
  FactCollector collector_;  // like classes_, used by the running collection, else by the loop
  ClassesFile classes_;
  std::string stamp_;
  absl::Duration next_full_;
  bool collecting_ = false;
  bool again_ = false;
  TimerId timer_ = 0;
};

}  // namespace orch::nodeagent
