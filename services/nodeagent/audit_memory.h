// Remembers, for each hub of this node, the newest head of the hub's audit log, in a small file that survives a
// restart. Owned by Agent; used on the loop. Writes the file on a thread of its own, at most once in kWriteEvery.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "auth/audit/audit_line.h"
#include "base/executor.h"
#include "base/lifetime.h"
#include "base/loop_executor.h"
#include "orch/v1/node_service.pb.h"

namespace orch::nodeagent {

class AuditMemory {
 public:
  static constexpr absl::Duration kWriteEvery = absl::Seconds(5);
  static constexpr size_t kMaxHubs = 64;

  // `hub` sent a head that is not newer than the remembered one: its log was cut or rewritten, or it was restored from
  // a backup. `text`: for people.
  using WentBack = std::function<void(const std::string& hub, const std::string& text)>;

  // Reads `file`; an unreadable one is logged and begun anew. An empty name: nothing is kept.
  AuditMemory(std::string file, const Clock* clock, Executor* loop, WentBack went_back);
  // Writes what is not written yet.
  ~AuditMemory();

  // The head that the node remembers of `hub`; seq 0: none.
  v1::AuditHead Of(const std::string& hub) const;
  void OnHead(const std::string& hub, const v1::AuditHead& head);

 private:
  void Load();
  std::string Text() const;
  void WriteSoon();
  void Write(const std::string& text) const;  // on the thread

  const std::string file_;
  Executor* const loop_;
  const WentBack went_back_;
  Lifetime lifetime_;
  std::map<std::string, auth::AuditHead> heads_;  // by the hub's address
  bool changed_ = false;                          // since the start
  bool write_due_ = false;
  LoopExecutor thread_;
};

}  // namespace orch::nodeagent
