#include "tests/bench/swarm/node_voice.h"

#include <cstdio>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "auth/fast_hmac.h"
#include "tests/bench/swarm/facts.h"

namespace orch::swarm {
namespace {

constexpr int kToHub = 2;    // Envelope.Direction
constexpr int kCommand = 1;  // Envelope.Kind
constexpr int kUpdate = 3;
constexpr int kAck = 4;
constexpr int kProtocol = 3;
constexpr int kShownGoodbyes = 3;

std::string Wrapped(int field, absl::string_view message) {
  std::string outer;
  PutBytes(&outer, field, message);
  return outer;
}

}  // namespace

std::string IdentityOf(size_t node) { return absl::StrFormat("node%05d.example.net", node); }

NodeVoice::NodeVoice(auth::Key psk, std::string ddl, size_t reply_bytes)
    : psk_(std::move(psk)),
      ddl_(std::move(ddl)),
      ddl_sha256_(auth::View(auth::FastSha256(ddl_))),
      filling_(reply_bytes, 'x') {}

std::string NodeVoice::KeyOf(size_t node) const {
  return auth::DeriveKey(psk_.bytes, auth::PeerKind::kNode, IdentityOf(node));
}

std::string NodeVoice::Register(size_t node) const {
  std::string plugin, about, message;
  PutBytes(&plugin, 1, "rpcutil");
  PutBytes(&plugin, 2, "1.0.0");
  PutBytes(&plugin, 3, ddl_sha256_);
  PutBytes(&about, 1, IdentityOf(node));
  PutBytes(&about, 5, "mcollective");
  PutBytes(&about, 5, CollectiveOf(node));
  PutBytes(&about, 6, "mcollective");
  PutBytes(&about, 7, plugin);
  for (const std::string& name : ClassesOf(node)) PutBytes(&about, 8, name);
  PutBytes(&about, 9, FactsOf(node, IdentityOf(node)));
  PutBytes(&about, 10, "0.1.0");
  PutBytes(&message, 1, about);
  PutInt(&message, 2, kProtocol);
  PutInt(&message, 3, static_cast<uint64_t>(WallMicros()));
  PutBytes(&message, 5, Nonce());
  return Wrapped(1, message);
}

std::string NodeVoice::Ddls() const { return Wrapped(5, Wrapped(1, ddl_)); }

std::string NodeVoice::Heartbeat() const {
  std::string beat;
  PutInt(&beat, 1, static_cast<uint64_t>(WallMicros()));
  return Wrapped(4, beat);
}

std::string NodeVoice::Finished(size_t node, const std::string& key, absl::string_view attempt_id) const {
  std::string reply, update;
  PutBytes(&reply, 1, IdentityOf(node));
  PutInt(&reply, 2, 4);  // TaskState.OK
  PutBytes(&reply, 4, "OK");
  PutBytes(&reply, 6,
           filling_.empty() ? absl::StrCat("{\"pong\":", time(nullptr), "}")
                            : absl::StrCat("{\"pong\":", time(nullptr), ",\"filling\":\"", filling_, "\"}"));
  PutInt(&reply, 8, 150);
  PutInt(&update, 1, 2);  // TaskUpdate.Kind.FINISHED
  PutBytes(&update, 2, reply);
  return Wrapped(3, Seal(kToHub, kUpdate, attempt_id, IdentityOf(node), {psk_.id, key}, update));
}

NodeVoice::Event NodeVoice::Hear(size_t node, const std::string& key, absl::string_view message, Counts* counts,
                                 std::string* answer) const {
  Event event = Event::kNone;
  for (Fields field(message); field.Next();) {
    switch (field.number) {
      case 1:
        *answer = Register(node);
        event = Event::kWelcome;
        break;
      case 2:
        if (!field.bytes.empty()) *answer = Ddls();
        event = Event::kRegistered;
        break;
      case 3: {
        absl::string_view attempt_id;
        uint64_t kind = 0;
        for (Fields envelope(field.bytes); envelope.Next();) {
          if (envelope.number == 2) attempt_id = envelope.bytes;
          if (envelope.number == 10) kind = envelope.value;
        }
        if (kind == kCommand) {
          ++counts->commands;
          *answer = Finished(node, key, attempt_id);
        } else {
          ++(kind == kAck ? counts->acks : counts->others);
        }
        break;
      }
      case 4:
        *answer = Ddls();
        break;
      case 5:
        ++counts->heartbeat_acks;
        break;
      case 6:
        if (counts->goodbyes++ < kShownGoodbyes) absl::FPrintF(stderr, "goodbye: %s\n", field.bytes);
        event = Event::kGoodbye;
        break;
      default:
        ++counts->others;
    }
  }
  return event;
}

}  // namespace orch::swarm
