#include "services/hub/nodes/node_link.h"

#include <google/protobuf/arena.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <utility>

#include "absl/status/status.h"

namespace orch::hub {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;
using Kind = NodeInbox::Arrival::Kind;

constexpr char kNodeLeft[] = "the node closed the stream";
constexpr char kNodeLost[] = "the connection to the node was lost";
constexpr size_t kArenaBytes = 4096;  // on the stack; larger messages take more from the heap

bool IsHeartbeat(const std::string& message) {
  constexpr auto kTag =
      static_cast<char>(v1::NodeMessage::kHeartbeatFieldNumber << 3 | WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  return !message.empty() && message[0] == kTag;
}

// The bytes of a field that holds `size` bytes, up to these.
void AppendFieldBegin(int field, size_t size, std::string* to) {
  uint8_t bytes[16];
  uint8_t* end = CodedOutputStream::WriteVarint32ToArray(
      WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED), bytes);
  end = CodedOutputStream::WriteVarint32ToArray(static_cast<uint32_t>(size), end);
  to->append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(end - bytes));
}

// A v1::HubMessage whose command is the envelope with the body behind it: the same bytes as if the body had been set,
// but for the order of the fields, and all nodes share the body.
GrpcMessage WithBody(const v1::Envelope& envelope, const std::shared_ptr<const CommandBody>& body) {
  std::string body_begin;
  AppendFieldBegin(v1::Envelope::kBodyFieldNumber, body->bytes.size(), &body_begin);
  const size_t own = envelope.ByteSizeLong();
  GrpcMessage message;
  message.head.reserve(own + 32);
  AppendFieldBegin(v1::HubMessage::kCommandFieldNumber, own + body_begin.size() + body->bytes.size(), &message.head);
  const size_t at = message.head.size();
  message.head.resize(at + own);
  envelope.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(message.head.data()) + at);
  message.head += body_begin;
  message.rest = std::shared_ptr<const std::string>(body, &body->bytes);
  return message;
}

}  // namespace

NodeLink::NodeLink(Admission admission, std::shared_ptr<StreamWriter> writer, NodeInbox* inbox, Executor* executor)
    : admission_(std::move(admission)), writer_(std::move(writer)), inbox_(inbox), executor_(executor) {}

void NodeLink::Begin(std::unique_ptr<NodeSession> session) {
  session_ = std::move(session);
  inbox_->Add({shared_from_this(), Kind::kBegin, ""});
}

void NodeLink::Handle(const NodeInbox::Arrival& arrival) {
  switch (arrival.kind) {
    case Kind::kBegin:
      return Begun();
    case Kind::kMessage:
      return OnBytes(arrival.message);
    case Kind::kLeft:
    case Kind::kLost:
      break;
  }
  session_->OnClosed(arrival.kind == Kind::kLeft ? kNodeLeft : kNodeLost);
  session_.reset();  // it holds this link
}

void NodeLink::Begun() {
  session_->Start();
  executor_->PostAfter(kRegisterWithin, [link = weak_from_this()] {
    const std::shared_ptr<NodeLink> alive = link.lock();
    if (alive != nullptr && alive->session_ != nullptr) alive->session_->OnRegisterDue();
  });
}

void NodeLink::OnBytes(const std::string& bytes) {
  char first[kArenaBytes];
  google::protobuf::ArenaOptions options;
  options.initial_block = first;
  options.initial_block_size = sizeof first;
  google::protobuf::Arena arena(options);
  auto* const message = google::protobuf::Arena::CreateMessage<v1::NodeMessage>(&arena);
  if (message->ParseFromString(bytes)) {
    session_->OnMessage(*message);
  } else {
    session_->OnMalformed();
  }
  unhandled_.fetch_sub(1, std::memory_order_relaxed);
  unhandled_bytes_.fetch_sub(bytes.size(), std::memory_order_relaxed);
}

bool NodeLink::Push(Message message) {
  GrpcMessage bytes;
  if (message.body != nullptr) {
    bytes = WithBody(message.head.command(), message.body);
  } else {
    message.head.SerializeToString(&bytes.head);
  }
  return writer_->Push(std::move(bytes), message.others_follow);
}

void NodeLink::Close() {
  writer_->Finish();
  executor_->PostAfter(kCloseWithin, [writer = std::weak_ptr<StreamWriter>(writer_)] {
    if (const std::shared_ptr<StreamWriter> alive = writer.lock()) alive->CutOff();
  });
}

void NodeLink::OnMessage(std::string message) {
  unhandled_.fetch_add(1, std::memory_order_relaxed);
  unhandled_bytes_.fetch_add(message.size(), std::memory_order_relaxed);
  const bool calm = IsHeartbeat(message);
  inbox_->Add({shared_from_this(), Kind::kMessage, std::move(message)}, calm);
}

bool NodeLink::full() const {
  return unhandled_.load(std::memory_order_relaxed) >= kMaxUnhandledMessages ||
         unhandled_bytes_.load(std::memory_order_relaxed) >= kMaxUnhandledBytes;
}

void NodeLink::OnEnd(GrpcConnection::Handler::End end) {
  const bool lost = end == GrpcConnection::Handler::End::kReset;
  inbox_->Add({shared_from_this(), lost ? Kind::kLost : Kind::kLeft, ""});
}

}  // namespace orch::hub
