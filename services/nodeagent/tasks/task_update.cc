#include "services/nodeagent/tasks/task_update.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/utf8.h"

namespace orch::nodeagent {
namespace {

// Protobuf strings must be UTF-8; a cut must not split a character.
std::string CleanText(absl::string_view text, size_t max_bytes) {
  absl::string_view cut = text.substr(0, max_bytes);
  if (cut.size() < text.size()) cut.remove_suffix(UnfinishedTail(cut));
  std::string clean = Json::parse(DumpJson(Json(std::string(cut)))).get<std::string>();
  return text.size() > max_bytes ? absl::StrCat(clean, "…") : clean;
}

v1::ErrorKind KindOnWire(actions::ErrorKind kind) {
  switch (kind) {
    case actions::ErrorKind::kNone:
      return v1::ERROR_KIND_UNSPECIFIED;
    case actions::ErrorKind::kTimeout:
      return v1::ERROR_KIND_TIMEOUT;
    case actions::ErrorKind::kCancelled:
      return v1::ERROR_KIND_CANCELLED;
    case actions::ErrorKind::kCrash:
      return v1::ERROR_KIND_CRASH;
    case actions::ErrorKind::kProtocol:
      return v1::ERROR_KIND_PROTOCOL;
    case actions::ErrorKind::kOutputLimit:
      return v1::ERROR_KIND_OUTPUT_LIMIT;
    case actions::ErrorKind::kJournal:
      return v1::ERROR_KIND_JOURNAL;
    case actions::ErrorKind::kOutcomeLost:
      return v1::ERROR_KIND_OUTCOME_LOST;
    case actions::ErrorKind::kOther:
      break;
  }
  return v1::ERROR_KIND_OTHER;
}

}  // namespace

v1::TaskUpdate FinishedUpdate(const actions::Reply& reply, absl::Duration ran, bool no_reply_data) {
  v1::TaskUpdate update;
  update.set_kind(v1::TaskUpdate::FINISHED);
  v1::Reply* out = update.mutable_reply();
  const bool known = reply.status_code >= actions::kOk && reply.status_code <= actions::kUnknownError;
  const int code = known ? reply.status_code : static_cast<int>(actions::kUnknownError);
  out->set_status_code(static_cast<uint32_t>(code));
  out->set_state(code == actions::kOk ? v1::OK : v1::FAILED);
  out->set_status_message(CleanText(reply.status_message, kMaxStatusMessageBytes));
  out->set_kind(KindOnWire(reply.error_kind));
  out->set_run_us(std::max<int64_t>(absl::ToInt64Microseconds(ran), 1));
  if (no_reply_data) return update;
  std::string data = reply.data.is_object() ? DumpJson(reply.data) : DumpJson({{"value", reply.data}});
  if (data.size() > kMaxReplyBytes) {
    out->set_state(v1::FAILED);
    out->set_status_code(actions::kUnknownError);
    out->set_kind(v1::ERROR_KIND_OUTPUT_LIMIT);
    out->set_status_message(absl::StrCat("the action returned ", data.size(), " bytes of data, more than the ",
                                         kMaxReplyBytes, " a reply may hold; it ended with status ", code));
    data = DumpJson({{"truncated", true}, {"bytes", data.size()}, {"limit", kMaxReplyBytes}});
  }
  out->set_data_json(std::move(data));
  return update;
}

v1::TaskUpdate EndedUpdate(v1::TaskState state, int status_code, v1::ErrorKind kind, absl::string_view message) {
  v1::TaskUpdate update;
  update.set_kind(v1::TaskUpdate::FINISHED);
  v1::Reply* out = update.mutable_reply();
  out->set_state(state);
  out->set_status_code(static_cast<uint32_t>(status_code));
  out->set_kind(kind);
  out->set_status_message(CleanText(message, kMaxStatusMessageBytes));
  return update;
}

v1::TaskUpdate FilteredUpdate(absl::string_view failure) {
  v1::TaskUpdate update;
  update.set_kind(v1::TaskUpdate::FILTERED);
  if (!failure.empty()) update.mutable_reply()->set_status_message(CleanText(failure, kMaxFilterFailureBytes));
  return update;
}

v1::TaskUpdate StartedUpdate() {
  v1::TaskUpdate update;
  update.set_kind(v1::TaskUpdate::STARTED);
  return update;
}

void SetPrinted(const Printed& printed, v1::Reply* reply) {
  reply->set_stdout_bytes(printed[0]);
  reply->set_stderr_bytes(printed[1]);
}

}  // namespace orch::nodeagent
