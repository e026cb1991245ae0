#include "services/nodeagent/audit_memory.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/json.h"
#include "base/log.h"

namespace orch::nodeagent {
namespace {

constexpr size_t kMaxFileBytes = 64u << 10;
constexpr size_t kHashBytes = 32;

}  // namespace

AuditMemory::AuditMemory(std::string file, const Clock* clock, Executor* loop, WentBack went_back)
    : file_(std::move(file)), loop_(loop), went_back_(std::move(went_back)), thread_(clock, "audit-heads") {
  if (!file_.empty()) Load();
}

AuditMemory::~AuditMemory() {
  lifetime_.End();
  thread_.Stop();
  if (changed_) Write(Text());
}

void AuditMemory::Load() {
  const absl::StatusOr<std::string> text = ReadFile(file_, kMaxFileBytes);
  if (absl::IsNotFound(text.status())) return;
  absl::StatusOr<Json> heads = text.ok() ? ParseJsonObject(*text, file_) : text.status();
  if (!heads.ok()) {
    LogWarning("the remembered heads of the hub's audit log cannot be read and are forgotten",
               {{"why", std::string(heads.status().message())}});
    return;
  }
  for (const auto& item : heads->items()) {
    if (!item.value().is_string() || heads_.size() >= kMaxHubs) continue;
    const absl::StatusOr<auth::AuditHead> head = auth::ParseAuditHead(item.value().get_ref<const std::string&>());
    if (head.ok()) heads_[item.key()] = *head;
  }
}

v1::AuditHead AuditMemory::Of(const std::string& hub) const {
  v1::AuditHead head;
  const auto found = heads_.find(hub);
  if (found == heads_.end()) return head;
  head.set_seq(found->second.seq);
  head.set_hash(found->second.hash);
  return head;
}

void AuditMemory::OnHead(const std::string& hub, const v1::AuditHead& head) {
  if (head.seq() == 0 || head.hash().size() != kHashBytes) return;  // a hub without an audit log, or of another version
  const auth::AuditHead next = {head.seq(), head.hash()};
  const auto known = heads_.find(hub);
  if (known != heads_.end()) {
    if (known->second == next) return;
    if (next.seq <= known->second.seq) {
      went_back_(hub, absl::StrCat("the audit log of hub ", hub, " stands at ", auth::AuditHeadText(next),
                                   ", and this node remembers ", auth::AuditHeadText(known->second),
                                   ": the log was changed or cut, or the hub was restored from a backup"));
    }
    known->second = next;
  } else if (heads_.size() < kMaxHubs) {
    heads_[hub] = next;
  }
  changed_ = true;
  WriteSoon();
}

std::string AuditMemory::Text() const {
  Json text = Json::object();
  for (const auto& [hub, head] : heads_) text[hub] = auth::AuditHeadText(head);
  return absl::StrCat(DumpJson(text, 2), "\n");
}

void AuditMemory::WriteSoon() {
  if (file_.empty() || std::exchange(write_due_, true)) return;
  loop_->PostAfter(kWriteEvery, [this, alive = lifetime_.watch()] {
    if (alive.ended()) return;
    write_due_ = false;
    thread_.Post([this, text = Text()] { Write(text); });
  });
}

void AuditMemory::Write(const std::string& text) const {
  if (file_.empty()) return;
  if (const absl::Status written = WriteFileDurably(file_, text, 0600); !written.ok()) {
    LogWarning("the head of the hub's audit log is not kept", {{"why", std::string(written.message())}});
  }
}

}  // namespace orch::nodeagent
