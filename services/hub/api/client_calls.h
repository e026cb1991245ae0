// Begins the calls of clients: asks the reception who calls and the access control whether it may, and hands the call
// to the loop or to another thread. Used by the services for clients. Owned by the hub. Thread-safe.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "base/executor.h"
#include "services/hub/access/access_control.h"
#include "services/hub/access/asker.h"
#include "services/hub/api/open_calls.h"
#include "services/hub/door/client_stream.h"
#include "services/hub/door/reception.h"

namespace orch::hub {

class ClientCalls {
 public:
  ClientCalls(Reception* reception, const AccessControl* access, Executor* loop)
      : reception_(reception), access_(access), loop_(loop) {}

  // Whether the audit log has a record of a call that is allowed; one that is denied is always recorded.
  enum class Trace { kRecorded, kQuiet };
  // Whether the answer may fill megabytes. Such a call keeps its place in the share until its answer is sent, so that a
  // client that does not read has no more of them than before.
  enum class Size { kSmall, kLarge };
  // What a call is and needs. `name`: the method's path. VERB_UNSPECIFIED: the call decides itself what its caller may.
  struct Method {
    const char* name;
    v1::Verb verb;
    CallSort sort = CallSort::kShort;
    Trace trace = Trace::kRecorded;
    Size size = Size::kSmall;
  };

  // Ends the call with this status. Called once, on any thread.
  using Done = std::function<void(absl::Status)>;
  using Work = std::function<void(const Asker&, const Done&)>;

  // Runs `work` on the loop, unless the call was cancelled before.
  grpc::ServerUnaryReactor* Answer(Method method, grpc::CallbackServerContext* context, Work work) const;
  // Runs `work` at once, on this thread.
  grpc::ServerUnaryReactor* AnswerOffLoop(Method method, grpc::CallbackServerContext* context, const Work& work) const;

  // A streamed call that has begun: its stream and its admission.
  template <typename Response>
  struct Begun {
    std::shared_ptr<ClientStream<Response>> stream;
    std::shared_ptr<const Admission> admission;  // null: the call was not admitted, and the stream has ended
  };
  // `on_end` runs once, on the loop, when an admitted call is over.
  template <typename Response>
  Begun<Response> Begin(Method method, grpc::CallbackServerContext* context, Closure on_end = nullptr);

  // The rules have changed: ends the streams of callers that may not go on, and those of callers who do not see every
  // node, because what they see may have changed.
  void OnRulesChanged() const { open_.Recheck(); }

 private:
  // The admission of a call that the caller may make.
  absl::StatusOr<Admission> Admit(const Method& method, const grpc::CallbackServerContext& context) const;

  Reception* const reception_;
  // Whether a stream that has begun may go on under the rules in force now.
  absl::Status CheckStanding(const Method& method, const auth::Caller& caller) const;

  const AccessControl* const access_;
  Executor* const loop_;
  OpenCalls open_;
};

template <typename Response>
ClientCalls::Begun<Response> ClientCalls::Begin(Method method, grpc::CallbackServerContext* context, Closure on_end) {
  absl::StatusOr<Admission> admitted = Admit(method, *context);
  Begun<Response> begun;
  if (!admitted.ok()) {
    begun.stream = ClientStream<Response>::Create(loop_, [] {});
    begun.stream->End(admitted.status());
    return begun;
  }
  const auto admission = std::make_shared<Admission>(*std::move(admitted));
  begun.admission = admission;
  const uint64_t id = open_.NextId();
  // The call is counted in the share until it is over.
  begun.stream = ClientStream<Response>::Create(
      loop_,
      [this, id, admission, on_end = std::move(on_end)]() mutable {
        open_.Remove(id);
        if (on_end != nullptr) on_end();
      },
      [admission] { admission->Finish(); });
  open_.Add(id,
            {[this, method, caller = auth::CallerOf(begun.admission->peer())] { return CheckStanding(method, caller); },
             [stream = std::weak_ptr<ClientStream<Response>>(begun.stream)](const absl::Status& status) {
               if (const auto open = stream.lock()) open->End(status);
             }});
  return begun;
}

}  // namespace orch::hub
