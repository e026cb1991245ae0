// docs/PROTOCOL.md's worked example, computed anew: who writes a client from that page can rely on it.
#include <map>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "auth/clear_prologue.h"
#include "auth/message_mac.h"
#include "base/digest.h"
#include "base/durable_file.h"
#include "gtest/gtest.h"

namespace orch::auth {
namespace {

// The lines "name = value" of the block marked "example".
std::map<std::string, std::string> ReadExample() {
  const auto page = ReadFile(ORCH_PROTOCOL_PAGE, 1u << 20);
  EXPECT_TRUE(page.ok()) << page.status();
  std::map<std::string, std::string> values;
  const size_t begin = page->find("```example\n");
  const size_t end = page->find("```\n", begin + 3);
  EXPECT_NE(end, std::string::npos);
  for (const absl::string_view line : absl::StrSplit(page->substr(begin, end - begin), '\n')) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(line, absl::MaxSplits(" = ", 1));
    if (!parts.second.empty()) values.insert(parts);
  }
  return values;
}

// Gives the page's nonce.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string Bytes(size_t size) override { return bytes_.substr(0, size); }

 private:
  const std::string bytes_;
};

TEST(ProtocolPageTest, KeysAreRight) {
  std::map<std::string, std::string> page = ReadExample();
  const std::string key = DeriveKey(absl::HexStringToBytes(page["psk"]), PeerKind::kClient, page["client"]);
  EXPECT_EQ(absl::BytesToHexString(key), page["client_key"]);
  EXPECT_EQ(absl::BytesToHexString(TlsKey(key)), page["tls_key"]);
  PskIdentity identity;
  ASSERT_TRUE(PskIdentity::Parse(page["identity"], &identity));
  EXPECT_EQ(identity.name, page["client"]);
}

TEST(ProtocolPageTest, TheExchangeInClearIsRight) {
  std::map<std::string, std::string> page = ReadExample();
  PskIdentity identity;
  ASSERT_TRUE(PskIdentity::Parse(page["identity"], &identity));
  FixedRandom random(absl::HexStringToBytes(page["peer_nonce"]));
  PeerPrologue peer(identity, absl::HexStringToBytes(page["client_key"]), &random);
  EXPECT_EQ(peer.FirstLine(), absl::StrCat(page["identity"], " ", page["peer_nonce"]));
  const auto step = peer.OnLine(absl::StrCat("hub ", page["hub_nonce"], " ", page["hub_proof"]));
  ASSERT_TRUE(step.ok()) << step.status();
  EXPECT_EQ(step->say, page["peer_proof"]);
}

TEST(ProtocolPageTest, EnvelopeExampleIsRight) {
  std::map<std::string, std::string> page = ReadExample();
  const Key key = {"k1", DeriveKey(absl::HexStringToBytes(page["psk"]), PeerKind::kNode, page["node"])};
  EXPECT_EQ(absl::BytesToHexString(key.bytes), page["node_key"]);
  v1::Envelope envelope;
  envelope.set_direction(v1::Envelope::TO_NODE);
  envelope.set_kind(v1::Envelope::COMMAND);
  envelope.set_job_id("0123456789abcdef0123456789abcdef");
  envelope.set_identity(page["node"]);
  envelope.set_body("body");
  FixedRandom random(absl::HexStringToBytes(page["nonce"]));
  int64_t at = 0;
  ASSERT_TRUE(absl::SimpleAtoi(page["at"], &at));
  SealEnvelope(key, Sha256("body"), absl::FromUnixMicros(at), kMessageTtl, &random, &envelope);
  EXPECT_EQ(absl::BytesToHexString(envelope.mac()), page["envelope_mac"]);
}

}  // namespace
}  // namespace orch::auth
