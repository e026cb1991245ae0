#include "services/hub/job_store/task.h"

#include "absl/strings/str_cat.h"

namespace orch::hub {
namespace {

struct Move {
  v1::TaskState from;
  v1::TaskState to;
};

constexpr Move kMoves[] = {
    {v1::PENDING, v1::SENT},       {v1::PENDING, v1::OFFLINE},   {v1::PENDING, v1::EXPIRED},
    {v1::PENDING, v1::CANCELLED},  {v1::PENDING, v1::DENIED},  // the hub itself refuses: the node's outbox is full
    {v1::SENT, v1::RUNNING},       {v1::SENT, v1::PENDING},    // to be repeated
    {v1::RUNNING, v1::PENDING},    {v1::SENT, v1::OK},           {v1::SENT, v1::FAILED},
    {v1::SENT, v1::DENIED},        {v1::SENT, v1::TIMED_OUT},    {v1::SENT, v1::CANCELLED},
    {v1::SENT, v1::INDETERMINATE}, {v1::SENT, v1::EXPIRED},  // it never reached the node, and its time is over
    {v1::RUNNING, v1::OK},         {v1::RUNNING, v1::FAILED},    {v1::RUNNING, v1::DENIED},
    {v1::RUNNING, v1::TIMED_OUT},  {v1::RUNNING, v1::CANCELLED}, {v1::RUNNING, v1::INDETERMINATE},
};

constexpr uint32_t kMaxStatusCode = 5;

void MakeProtocolFailure(absl::string_view why, v1::Reply* reply) {
  reply->set_state(v1::FAILED);
  reply->set_status_code(kMaxStatusCode);
  reply->set_status_message(absl::StrCat("the node's reply is not understood: ", why));
  reply->set_kind(v1::ERROR_KIND_PROTOCOL);
  reply->clear_data_json();
}

}  // namespace

bool IsTerminal(v1::TaskState state) {
  switch (state) {
    case v1::OK:
    case v1::FAILED:
    case v1::DENIED:
    case v1::TIMED_OUT:
    case v1::CANCELLED:
    case v1::OFFLINE:
    case v1::EXPIRED:
    case v1::INDETERMINATE:
      return true;
    default:
      return false;
  }
}

bool IsLawfulMove(v1::TaskState from, v1::TaskState to) {
  for (const Move& move : kMoves) {
    if (move.from == from && move.to == to) return true;
  }
  return false;
}

bool IsNodeOutcome(v1::TaskState state) {
  return state == v1::OK || state == v1::FAILED || state == v1::DENIED || state == v1::TIMED_OUT ||
         state == v1::CANCELLED;
}

Outcome OutcomeOf(v1::TaskState state) {
  switch (state) {
    case v1::OK:
      return Outcome::kOk;
    case v1::FAILED:
    case v1::DENIED:
    case v1::CANCELLED:
      return Outcome::kFailed;
    default:
      return Outcome::kMissing;
  }
}

void NormaliseNodeReply(absl::string_view identity, bool drop_data, v1::Reply* reply) {
  reply->set_identity(std::string(identity));
  if (reply->status_code() > kMaxStatusCode) {
    MakeProtocolFailure(absl::StrCat("status code ", reply->status_code(), " is above 5"), reply);
  } else if (!IsNodeOutcome(reply->state())) {
    MakeProtocolFailure(absl::StrCat("state ", static_cast<int>(reply->state()), " is not a node's to report"), reply);
  } else if ((reply->state() == v1::OK) != (reply->status_code() == 0)) {
    MakeProtocolFailure(
        absl::StrCat("state ", v1::TaskState_Name(reply->state()), " with status code ", reply->status_code()), reply);
  }
  if (reply->run_us() < 0) reply->set_run_us(0);
  if (reply->state() == v1::OK && reply->status_message().empty()) reply->set_status_message("OK");
  if (drop_data) reply->clear_data_json();
}

v1::Reply HubReply(absl::string_view identity, v1::TaskState state, v1::ErrorKind kind, absl::string_view message) {
  v1::Reply reply;
  reply.set_identity(std::string(identity));
  reply.set_state(state);
  reply.set_status_code(kMaxStatusCode);
  reply.set_status_message(std::string(message));
  reply.set_kind(kind);
  return reply;
}

}  // namespace orch::hub
