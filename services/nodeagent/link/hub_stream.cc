#include "services/nodeagent/link/hub_stream.h"

#include <atomic>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "auth/clear_prologue.h"
#include "base/mutex.h"
#include "base/streams/grpc_call.h"

namespace orch::nodeagent {
namespace {

constexpr char kAttachMethod[] = "/orch.v1.NodeService/Attach";
constexpr char kLost[] = "the connection to the hub was lost";

}  // namespace

// What the loop and the tunnel's thread share.
struct HubStream::Shared {
  Executor* executor;
  Callbacks callbacks;         // loop only
  std::function<void()> wake;  // loop only: the tunnel's thread
  bool is_over = false;        // loop only: nothing more is told

  std::atomic<size_t> unhandled{0};  // messages of the hub
  std::atomic<bool> has_mail{false};
  Mutex mu;
  std::vector<GrpcMessage> outbox ABSL_GUARDED_BY(mu);  // not yet the call's
  bool half_close ABSL_GUARDED_BY(mu) = false;
  size_t messages ABSL_GUARDED_BY(mu) = 0;  // in the outbox and in the call
  size_t bytes ABSL_GUARDED_BY(mu) = 0;
  bool crowded ABSL_GUARDED_BY(mu) = false;  // takes no output; `drained` is owed

  bool TakesOutputLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
    return messages < kMaxOutboxMessages / 2 && bytes < kMaxOutputBytes;
  }
};

// The tunnel's thread only.
class HubStream::End final : public TunnelEnd, private GrpcCall::Handler {
 public:
  explicit End(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  void Begin(const std::string& session) override {
    std::vector<std::pair<std::string, std::string>> metadata;
    if (!session.empty()) metadata.emplace_back(auth::kSessionHeader, session);
    call_.emplace(kAttachMethod, metadata, static_cast<GrpcCall::Handler*>(this));
    shared_->executor->Post([shared = shared_] {
      if (!shared->is_over) shared->callbacks.opened();
    });
  }
  absl::Status Put(absl::string_view bytes) override { return call_->Receive(bytes); }
  void EndPutting() override { ended_ = true; }
  size_t unsent() const override { return shared_->unhandled >= kMaxUnhandled ? 1 : 0; }
  void Flush() override {}
  bool readable() const override { return shared_->has_mail || call_->has_output(); }
  Taken Take(char* bytes, size_t most, size_t* size) override {
    if (shared_->has_mail) TakeMail();
    *size = call_->Take(bytes, most);
    return *size > 0 ? Taken::kBytes : Taken::kNothing;
  }
  bool ended() const override { return ended_ || call_->ended(); }
  void Over(const absl::Status& why) override { Tell(why.ok() ? absl::UnavailableError(kLost) : why); }

 private:
  void TakeMail() {
    std::vector<GrpcMessage> mail;
    bool half_close = false;
    {
      MutexLock lock(&shared_->mu);
      shared_->has_mail = false;
      mail.swap(shared_->outbox);
      half_close = shared_->half_close;
    }
    for (GrpcMessage& message : mail) call_->Send(std::move(message));
    if (half_close) call_->HalfClose();
  }

  void OnMessage(std::string bytes) override {
    ++shared_->unhandled;
    shared_->executor->Post([shared = shared_, bytes = std::move(bytes)] { Deliver(*shared, bytes); });
  }
  static void Deliver(Shared& shared, const std::string& bytes) {
    const bool was_full = shared.unhandled-- >= kMaxUnhandled;
    if (shared.is_over) return;
    if (was_full) shared.wake();
    v1::HubMessage message;
    if (message.ParseFromString(bytes)) return shared.callbacks.message(std::move(message));
    shared.is_over = true;
    shared.callbacks.done(absl::InternalError("the hub sent a message that cannot be read"));
  }

  void OnWritten(size_t bytes) override {
    {
      MutexLock lock(&shared_->mu);
      --shared_->messages;
      shared_->bytes -= bytes;
      if (!shared_->crowded || !shared_->TakesOutputLocked()) return;
      shared_->crowded = false;
    }
    shared_->executor->Post([shared = shared_] {
      if (!shared->is_over) shared->callbacks.drained();
    });
  }

  void OnEnd(const absl::Status& status) override {
    Tell(status.ok() ? absl::UnavailableError("the hub ended the stream") : status);
  }
  // The loop gets a copy of its own, because the thread sanitizer does not see how copies of a Status share their
  // memory.
  void Tell(const absl::Status& status) {
    shared_->executor->Post([shared = shared_, why = absl::Status(status.code(), status.message())] {
      if (!std::exchange(shared->is_over, true)) shared->callbacks.done(why);
    });
  }

  const std::shared_ptr<Shared> shared_;
  std::optional<GrpcCall> call_;
  bool ended_ = false;
};

HubStream::HubStream(Executor* executor, Callbacks callbacks) : shared_(std::make_shared<Shared>()) {
  shared_->executor = executor;
  shared_->callbacks = std::move(callbacks);
}

HubStream::~HubStream() {
  shared_->is_over = true;
  shared_->wake = nullptr;  // it holds the tunnel, whose end holds this
}

std::unique_ptr<TunnelEnd> HubStream::MakeEnd() { return std::make_unique<End>(shared_); }

void HubStream::SetWake(std::function<void()> wake) { shared_->wake = std::move(wake); }

absl::Status HubStream::Send(const v1::NodeMessage& message) {
  GrpcMessage bytes{message.SerializeAsString(), nullptr};
  {
    Shared& shared = *shared_;
    MutexLock lock(&shared.mu);
    const bool full =
        shared.messages > 0 && (shared.messages >= kMaxOutboxMessages || shared.bytes + bytes.size() > kMaxOutboxBytes);
    if (full) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the hub takes no messages; ", shared.messages, " wait with ", shared.bytes, " bytes"));
    }
    ++shared.messages;
    shared.bytes += bytes.size();
    shared.outbox.push_back(std::move(bytes));
    shared.has_mail = true;
    shared.crowded = shared.crowded || !shared.TakesOutputLocked();
  }
  shared_->wake();
  return absl::OkStatus();
}

bool HubStream::TakesOutput() const {
  MutexLock lock(&shared_->mu);
  return shared_->TakesOutputLocked();
}

void HubStream::HalfClose() {
  {
    MutexLock lock(&shared_->mu);
    shared_->half_close = true;
    shared_->has_mail = true;
  }
  shared_->wake();
}

}  // namespace orch::nodeagent
