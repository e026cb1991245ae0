// The project's own dialect: the prologue where there is no TLS, then one gRPC stream over HTTP/2.
#include <cstdio>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "auth/clear_prologue.h"
#include "auth/key.h"
#include "auth/peer.h"
#include "base/net/http2.h"
#include "tests/bench/swarm/dialect.h"

namespace orch::swarm {
namespace {

constexpr size_t kMaxPayload = 16'384;  // of one frame
constexpr size_t kGrpcPrefix = 5;       // flag and length before a message
constexpr uint8_t kAckFlag = 1;
constexpr uint8_t kEndStreamFlag = 1;
constexpr uint8_t kEndHeadersFlag = 4;
constexpr int kShownRefusals = 3;

void PutFrame(NodeState* node, uint8_t type, uint8_t flags, uint32_t stream, absl::string_view payload) {
  const size_t n = payload.size();
  const char head[kFrameHeaderBytes] = {static_cast<char>(n >> 16),
                                        static_cast<char>(n >> 8),
                                        static_cast<char>(n),
                                        static_cast<char>(type),
                                        static_cast<char>(flags),
                                        0,
                                        0,
                                        0,
                                        static_cast<char>(stream)};
  node->out.append(head, sizeof head).append(payload.data(), payload.size());
}

// An HPACK string that is not compressed.
void PutLiteral(std::string* out, absl::string_view text) {
  if (text.size() < 127) {
    *out += static_cast<char>(text.size());
  } else {
    *out += '\x7f';
    PutVarint(out, text.size() - 127);
  }
  out->append(text.data(), text.size());
}

class OrchDialect final : public Dialect {
 public:
  OrchDialect(const NodeVoice* voice, bool tls, Counts* counts, OnRegistered on_registered)
      : voice_(voice), tls_(tls), counts_(counts), on_registered_(std::move(on_registered)) {}

  void Begin(NodeState* node) override {
    node->speaks_http2 = tls_;
    if (tls_) return BeginStream(node);
    // The nonce need not be secret here: nobody attacks the swarm.
    const auth::PskIdentity identity{auth::PeerKind::kNode, IdentityOf(node->number), voice_->psk().id, false};
    node->message = std::string(auth::kPrologueHexDigits, '7');
    node->out = absl::StrCat(identity.Text(), " ", node->message, "\n");
  }

  size_t Take(NodeState* node, absl::string_view in) override {
    size_t at = 0;
    while (!node->speaks_http2) {
      const size_t end = in.find('\n', at);
      if (end == absl::string_view::npos) return at;
      if (!OnLine(node, in.substr(at, end - at))) return absl::string_view::npos;
      at = end + 1;
    }
    const size_t taken = TakeFrames(node, in.substr(at));
    return taken == absl::string_view::npos ? taken : at + taken;
  }

  void Beat(NodeState* node) override {
    PutMessage(node, voice_->Heartbeat());
    ++counts_->heartbeats;
  }

 private:
  bool OnLine(NodeState* node, absl::string_view line) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
    if (words[0] == "hub" && words.size() == 3) {
      const auth::PskIdentity identity{auth::PeerKind::kNode, IdentityOf(node->number), voice_->psk().id, false};
      absl::StrAppend(&node->out, auth::PeerProof(auth::TlsKey(node->key), identity.Text(), node->message, words[1]),
                      "\n");
      return true;
    }
    if (words[0] == "ok" && words.size() == 2) {
      node->session = std::string(words[1]);
      node->speaks_http2 = true;
      node->message.clear();
      BeginStream(node);
      return true;
    }
    if (shown_++ < kShownRefusals) absl::FPrintF(stderr, "%s\n", line);
    return false;
  }

  void BeginStream(NodeState* node) {
    node->out.append(kHttp2Preface.data(), kHttp2Preface.size());
    // No push, and a window of 1 GiB for the stream and for the connection.
    PutFrame(node, kSettingsFrame, 0, 0, {"\0\2\0\0\0\0\0\4\x40\0\0\0", 12});
    PutFrame(node, kWindowUpdateFrame, 0, 0, {"\x3f\0\0\0", 4});
    std::string block{'\x83', tls_ ? '\x87' : '\x86', '\x04'};  // POST, the scheme, :path
    PutLiteral(&block, "/orch.v1.NodeService/Attach");
    block += '\x01';  // :authority
    PutLiteral(&block, "hub.example.net");
    const auto put = [&block](absl::string_view name, absl::string_view value) {
      block += '\0';
      PutLiteral(&block, name);
      PutLiteral(&block, value);
    };
    put("te", "trailers");
    put("content-type", "application/grpc");
    put("user-agent", "orch-swarm/1");
    put("grpc-accept-encoding", "identity, deflate, gzip");
    if (!tls_) put(auth::kSessionHeader, node->session);
    PutFrame(node, kHeadersFrame, kEndHeadersFlag, 1, block);
    std::string().swap(node->session);
  }

  void PutMessage(NodeState* node, absl::string_view message) {
    const size_t n = message.size();
    std::string data{'\0', static_cast<char>(n >> 24), static_cast<char>(n >> 16), static_cast<char>(n >> 8),
                     static_cast<char>(n)};
    data.append(message.data(), message.size());
    for (absl::string_view rest = data; !rest.empty(); rest.remove_prefix(std::min(kMaxPayload, rest.size()))) {
      PutFrame(node, kDataFrame, 0, 1, rest.substr(0, kMaxPayload));
    }
  }

  size_t TakeFrames(NodeState* node, absl::string_view in) {
    size_t at = 0;
    while (in.size() - at >= kFrameHeaderBytes) {
      const auto* const h = reinterpret_cast<const uint8_t*>(in.data() + at);
      const size_t n = size_t{h[0]} << 16 | size_t{h[1]} << 8 | h[2];
      if (in.size() - at < kFrameHeaderBytes + n) break;
      if (!OnFrame(node, h[3], h[4], in.substr(at + kFrameHeaderBytes, n))) return absl::string_view::npos;
      at += kFrameHeaderBytes + n;
    }
    return at;
  }

  bool OnFrame(NodeState* node, uint8_t type, uint8_t flags, absl::string_view payload) {
    switch (type) {
      case kDataFrame:
        return OnData(node, payload);
      case kSettingsFrame:
        if ((flags & kAckFlag) == 0) PutFrame(node, kSettingsFrame, kAckFlag, 0, "");
        return true;
      case kPingFrame:
        if ((flags & kAckFlag) == 0) {
          PutFrame(node, kPingFrame, kAckFlag, 0, payload);
          ++counts_->pings;
        }
        return true;
      case kHeadersFrame:
        if ((flags & kEndStreamFlag) == 0) return true;
        break;
      case kRstStreamFrame:
      case kGoawayFrame:
        break;
      default:
        return true;
    }
    if (shown_++ < kShownRefusals) {
      absl::FPrintF(stderr, "the stream of %s ends with a frame of type %d: %s\n", IdentityOf(node->number), type,
                    absl::CHexEscape(payload));
    }
    return false;
  }

  bool OnData(NodeState* node, absl::string_view data) {
    std::string whole;
    if (!node->message.empty()) {
      whole = std::move(node->message);
      whole.append(data.data(), data.size());
      data = whole;
      node->message.clear();
    }
    while (data.size() >= kGrpcPrefix) {
      const auto* const p = reinterpret_cast<const uint8_t*>(data.data());
      const size_t n = size_t{p[1]} << 24 | size_t{p[2]} << 16 | size_t{p[3]} << 8 | p[4];
      if (data.size() < kGrpcPrefix + n) break;
      std::string answer;
      const NodeVoice::Event event =
          voice_->Hear(node->number, node->key, data.substr(kGrpcPrefix, n), counts_, &answer);
      if (event == NodeVoice::Event::kGoodbye) return false;
      if (event == NodeVoice::Event::kRegistered) on_registered_(node);
      if (!answer.empty()) PutMessage(node, answer);
      data.remove_prefix(kGrpcPrefix + n);
    }
    if (!data.empty()) node->message = std::string(data);
    return true;
  }

  const NodeVoice* const voice_;
  const bool tls_;
  Counts* const counts_;
  const OnRegistered on_registered_;
  int shown_ = 0;
};

}  // namespace

std::unique_ptr<Dialect> MakeOrchDialect(const NodeVoice* voice, bool tls, Counts* counts, OnRegistered on_registered) {
  return std::make_unique<OrchDialect>(voice, tls, counts, std::move(on_registered));
}

}  // namespace orch::swarm
