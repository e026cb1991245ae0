// The dialects of what the hub is compared with: NATS's text, and the frames of raw_hub.cc. Every command is answered
// with the same sealed message as the hub's, so that all three cost the nodes the same.
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/bench/swarm/dialect.h"

namespace orch::swarm {
namespace {

constexpr absl::string_view kCrlf = "\r\n";

class NatsDialect final : public Dialect {
 public:
  NatsDialect(const NodeVoice* voice, Counts* counts, OnRegistered on_registered)
      : voice_(voice), counts_(counts), on_registered_(std::move(on_registered)) {}

  void Begin(NodeState* node) override {
    node->out = "CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB req 1\r\nPING\r\n";
  }

  size_t Take(NodeState* node, absl::string_view in) override {
    size_t at = 0;
    for (size_t end; (end = in.find(kCrlf, at)) != absl::string_view::npos; at = end + kCrlf.size()) {
      const absl::string_view line = in.substr(at, end - at);
      if (absl::StartsWith(line, "PING")) node->out += "PONG\r\n";
      if (absl::StartsWith(line, "PONG")) on_registered_(node);
      if (absl::StartsWith(line, "-ERR")) absl::FPrintF(stderr, "%s\n", line);
      if (!absl::StartsWith(line, "MSG ")) continue;
      // MSG SUBJECT SID INBOX SIZE
      const size_t last = line.rfind(' '), before = line.rfind(' ', last - 1);
      size_t size = 0;
      if (!absl::SimpleAtoi(line.substr(last + 1), &size)) return absl::string_view::npos;
      const size_t body = end + kCrlf.size();
      if (in.size() < body + size + kCrlf.size()) break;
      std::string answer;
      voice_->Hear(node->number, node->key, in.substr(body, size), counts_, &answer);
      absl::StrAppend(&node->out, "PUB ", line.substr(before + 1, last - before - 1), " ", answer.size(), kCrlf, answer,
                      kCrlf);
      end = body + size;
    }
    return at;
  }

 private:
  const NodeVoice* const voice_;
  Counts* const counts_;
  const OnRegistered on_registered_;
};

class RawDialect final : public Dialect {
 public:
  RawDialect(const NodeVoice* voice, Counts* counts, OnRegistered on_registered)
      : voice_(voice), counts_(counts), on_registered_(std::move(on_registered)) {}

  void Begin(NodeState* node) override { Put(node, 'H', voice_->Register(node->number)); }

  size_t Take(NodeState* node, absl::string_view in) override {
    size_t at = 0;
    uint32_t size = 0;
    for (; in.size() - at >= sizeof size; at += sizeof size + size) {
      std::memcpy(&size, in.data() + at, sizeof size);
      if (in.size() - at < sizeof size + size) break;
      const absl::string_view message = in.substr(at + sizeof size + 1, size - 1);
      if (in[at + sizeof size] == 'W') on_registered_(node);
      if (in[at + sizeof size] != 'Q') continue;
      std::string answer;
      voice_->Hear(node->number, node->key, message, counts_, &answer);
      Put(node, 'R', answer);
    }
    return at;
  }

 private:
  static void Put(NodeState* node, char letter, absl::string_view message) {
    const auto size = static_cast<uint32_t>(message.size() + 1);
    node->out.append(reinterpret_cast<const char*>(&size), sizeof size)
        .append(1, letter)
        .append(message.data(), message.size());
  }

  const NodeVoice* const voice_;
  Counts* const counts_;
  const OnRegistered on_registered_;
};

}  // namespace

std::unique_ptr<Dialect> MakeNatsDialect(const NodeVoice* voice, Counts* counts, OnRegistered on_registered) {
  return std::make_unique<NatsDialect>(voice, counts, std::move(on_registered));
}

std::unique_ptr<Dialect> MakeRawDialect(const NodeVoice* voice, Counts* counts, OnRegistered on_registered) {
  return std::make_unique<RawDialect>(voice, counts, std::move(on_registered));
}

}  // namespace orch::swarm
