// Both sides of a gRPC stream take any bytes, answer the same however they are cut, and keep the order of their words:
// a call begins once and ends once, and nothing is told of it outside of that. The input is a list of frames, so that
// the fuzzer does not have to find lengths that fit; their payloads are its own, or a block of headers that is right.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "base/streams/grpc_call.cc"        // NOLINT: instrumented
#include "base/streams/grpc_connection.cc"  // NOLINT
#include "base/streams/grpc_text.cc"        // NOLINT
#include "base/streams/http2_output.cc"     // NOLINT
#include "base/streams/message_queue.cc"    // NOLINT
#include "base/streams/message_reader.cc"   // NOLINT

namespace {

using orch::GrpcCall;
using orch::GrpcConnection;

constexpr char kError[] = "error";

void Require(bool holds) {
  if (!holds) abort();
}

std::string Field(absl::string_view name, absl::string_view value) {
  std::string field(1, '\0');  // a literal that is not indexed
  for (const absl::string_view text : {name, value}) {
    field += static_cast<char>(text.size());
    field.append(text.data(), text.size());
  }
  return field;
}

std::string Request() {
  return Field(":method", "POST") + Field(":scheme", "http") + Field(":path", "/orch.v1.NodeService/Attach") +
         Field(":authority", "hub") + Field("te", "trailers") + Field("content-type", "application/grpc");
}

std::string Response() { return Field(":status", "200") + Field("content-type", "application/grpc"); }
std::string Trailers() { return Field("grpc-status", "8") + Field("grpc-message", "no%20room"); }

std::string Frame(uint8_t type, uint8_t flags, uint8_t stream, absl::string_view payload) {
  std::string frame = {'\0', static_cast<char>(payload.size() >> 8), static_cast<char>(payload.size())};
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  frame += std::string(3, '\0') + static_cast<char>(stream);
  frame.append(payload.data(), payload.size());
  return frame;
}

// Four bytes for each frame: type, flags, stream, and size of the payload that follows.
std::string Frames(absl::string_view input) {
  std::string frames;
  while (input.size() >= 4) {
    const auto type = static_cast<uint8_t>(input[0]);
    const auto flags = static_cast<uint8_t>(input[1]);
    const auto stream = static_cast<uint8_t>(input[2]);
    const size_t size = std::min<size_t>(static_cast<uint8_t>(input[3]), input.size() - 4);
    const absl::string_view payload = input.substr(4, size);
    input.remove_prefix(4 + size);
    switch (type) {
      case 0xF0:
        frames += Frame(1, flags | 4, stream, Request());
        break;
      case 0xF1:
        frames += Frame(1, flags | 4, stream, Response());
        break;
      case 0xF2:
        frames += Frame(1, flags | 5, stream, Trailers());
        break;
      case 0xF3:  // a whole message
        frames += Frame(0, flags & 1, stream, std::string(4, '\0') + static_cast<char>(size) + std::string(payload));
        break;
      case 0xF4:
        frames.append(payload.data(), payload.size());
        break;
      default:
        frames += Frame(type, flags, stream, payload);
    }
  }
  return frames;
}

// What a side was told, as a text to compare.
class ServerEar final : public GrpcConnection::Handler {
 public:
  absl::Status OnCall(absl::string_view method) override {
    Require(!open_);
    told += "call ";
    told.append(method.data(), method.size());
    if (method != "/orch.v1.NodeService/Attach") return absl::UnimplementedError("no such method");
    open_ = true;
    return absl::OkStatus();
  }
  void OnMessage(std::string message) override {
    Require(open_);
    told += "message " + message;
    ++to_answer;
  }
  void OnWritten(size_t) override {}
  void OnCallEnd(End end) override {
    Require(std::exchange(open_, false));
    told += "end" + std::to_string(static_cast<int>(end));
  }
  std::string told;
  size_t to_answer = 0;

 private:
  bool open_ = false;
};

class ClientEar final : public GrpcCall::Handler {
 public:
  void OnMessage(std::string message) override {
    Require(!ended);
    told += "message " + message;
    ++to_answer;
  }
  void OnWritten(size_t) override {}
  void OnEnd(const absl::Status& status) override {
    Require(!std::exchange(ended, true));
    told += "end " + status.ToString();
  }
  std::string told;
  size_t to_answer = 0;
  bool ended = false;
};

template <typename Side>
void Drain(Side* side, std::string* out) {
  char bytes[512];
  size_t size;
  while ((size = side->Take(bytes, sizeof bytes)) > 0) out->append(bytes, size);
  Require(!side->has_output());
}

// Gives the bytes in steps. Answers are written at once or, because what is written decides when a call is over, at the
// end: only then the result does not depend on the steps.
// Returns false if the bytes are not HTTP/2, after which the side is of no use.
template <typename Side>
bool Hear(Side* side, absl::string_view bytes, size_t step, bool write_at_once, std::string* told, std::string* out) {
  Drain(side, out);
  for (size_t at = 0; at < bytes.size(); at += step) {
    if (!side->Receive(bytes.substr(at, step)).ok()) {
      *told += kError;
      return false;
    }
    if (write_at_once) Drain(side, out);
  }
  return true;
}

std::string Serve(absl::string_view bytes, size_t step, bool write_at_once) {
  ServerEar ear;
  GrpcConnection connection(&ear);
  std::string out;
  if (!Hear(&connection, bytes, step, write_at_once, &ear.told, &out)) return ear.told;
  for (; ear.to_answer > 0; --ear.to_answer) connection.Send({"answer", nullptr});
  connection.Finish(absl::UnavailableError("the hub is shutting down"));
  Drain(&connection, &out);
  return ear.told;
}

std::string Call(absl::string_view bytes, size_t step, bool write_at_once) {
  ClientEar ear;
  GrpcCall call("/orch.v1.NodeService/Attach", {{"orch-session", "0123"}}, &ear);
  std::string out;
  if (!Hear(&call, bytes, step, write_at_once, &ear.told, &out)) return ear.told;
  for (; ear.to_answer > 0; --ear.to_answer) call.Send({"answer", nullptr});
  call.HalfClose();
  Drain(&call, &out);
  Require(ear.ended == call.ended());
  return ear.told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t step = 1 + data[0] % 61;
  const bool server = data[0] >= 128;
  std::string bytes = server ? "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" : "";
  bytes += Frame(4, 0, 0, "");
  bytes += Frames(absl::string_view(reinterpret_cast<const char*>(data + 1), size - 1));
  const auto hear = server ? Serve : Call;
  const std::string whole = hear(bytes, bytes.size(), false);
  std::string cut = hear(bytes, step, false);
  // nghttp2 counts a CONTINUATION for each piece of one, so it may give up earlier.
  const bool gave_up = absl::EndsWith(cut, kError);
  if (gave_up) cut.resize(cut.size() - sizeof kError + 1);
  Require(gave_up ? absl::StartsWith(whole, cut) : whole == cut);
  hear(bytes, step, true);
  return 0;
}
