// Keeps facts and classes fresh: a full collection every interval, a cheap look at the files every
// few seconds, one collection at a time, off the loop. Owned by Agent; loop only.
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
  // Runs work that blocks away from the loop; never two at a time. Tests run it inline.
  using Background = std::function<void(absl::AnyInvocable<void()> work)>;

  Inventory(Options options, const Clock* clock, Executor* executor, Background background,
            std::function<void(const Found&)> changed);
  // The work in the background must have ended; Cancel makes it end soon.
  ~Inventory();

  // What can be had at once, without running programs.
  Found CollectNow();
  // Starts watching, and the first full collection.
  void Start();
  // Collects anew (SIGHUP), with other options if given; a source that fails then keeps its last good
  // facts. During a collection: once it is over.
  void Refresh();
  void SetOptions(Options options);
  // Ends programs that collect. Any thread.
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
  FactCollector collector_;  // used by the collection that runs, else by the loop; as classes_ is
  ClassesFile classes_;
  std::string stamp_;
  absl::Duration next_full_;
  bool collecting_ = false;
  bool again_ = false;
  TimerId timer_ = 0;
};

}  // namespace orch::nodeagent
