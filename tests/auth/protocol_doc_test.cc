// docs/PROTOCOL.md's worked example, computed anew: who writes a client from that page can rely on it.
#include <map>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "auth/clear_prologue.h"
#include "auth/hub_prologue.h"
#include "auth/message_mac.h"
#include "auth/peer_prologue.h"
#include "base/digest.h"
#include "base/durable_file.h"
#include "gtest/gtest.h"
#include "tests/support/temp_folder.h"

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

// Gives the page's bytes, one text after the other.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::vector<std::string> hex) : hex_(std::move(hex)) {}
  std::string Bytes(size_t size) override {
    return absl::HexStringToBytes(hex_.at(next_++ % hex_.size())).substr(0, size);
  }

 private:
  const std::vector<std::string> hex_;
  size_t next_ = 0;
};

class ProtocolPageTest : public testing::Test {
 protected:
  // What the page says, or the computed value beside its name where it says something else.
  void ExpectOnPage(const std::string& name, const std::string& computed) {
    EXPECT_EQ(page_[name], computed) << "write into docs/PROTOCOL.md: " << name << " = " << computed;
  }
  std::map<std::string, std::string> page_ = ReadExample();
};

TEST_F(ProtocolPageTest, KeysAreDerivedAsThePageSays) {
  const std::string psk = absl::HexStringToBytes(page_["psk"]);
  const std::string client = DeriveKey(psk, PeerKind::kClient, page_["client"]);
  const std::string node = DeriveKey(psk, PeerKind::kNode, page_["node"]);
  ExpectOnPage("client_key", absl::BytesToHexString(client));
  ExpectOnPage("client_tls_key", absl::BytesToHexString(TlsKey(client)));
  ExpectOnPage("node_key", absl::BytesToHexString(node));
  ExpectOnPage("node_tls_key", absl::BytesToHexString(TlsKey(node)));
  ExpectOnPage("client_identity", (PskIdentity{PeerKind::kClient, page_["client"], "k1", false}.Text()));
  ExpectOnPage("node_identity", (PskIdentity{PeerKind::kNode, page_["node"], "k1", true}.Text()));
}

TEST_F(ProtocolPageTest, TheLinesInClearAreThoseOfThePage) {
  const TempFolder folder;
  const auto keyring = *Keyring::Load(folder.Write("credentials", absl::StrCat("psk k1 ", page_["psk"])));
  SystemClock clock;
  const auto tls = *HubTls::Load({}, keyring.get(), &clock);
  FixedRandom at_peer({page_["peer_nonce"]}), at_hub({page_["hub_nonce"]});
  const std::string key = absl::HexStringToBytes(page_["client_key"]);
  PeerPrologue peer({PeerKind::kClient, page_["client"], "k1", false}, key, &at_peer);
  HubPrologue hub(tls.get(), false, "", page_["session"], &at_hub);
  ExpectOnPage("peer_says", peer.FirstLine());
  std::string answer;
  ASSERT_EQ(hub.OnLine(peer.FirstLine(), &answer), HubPrologue::State::kTalking);
  ExpectOnPage("hub_says", answer);
  const absl::StatusOr<PeerPrologue::Step> step = peer.OnLine(answer);
  ASSERT_TRUE(step.ok()) << step.status();
  ExpectOnPage("peer_answers", step->say);
  ASSERT_EQ(hub.OnLine(step->say, &answer), HubPrologue::State::kProven);
  ExpectOnPage("hub_ends", answer);
  // The same by the page's formula, without this program's code.
  const std::string tls_key = absl::HexStringToBytes(page_["client_tls_key"]);
  const auto proof = [&](const char* tag) {
    return absl::BytesToHexString(HmacSha256(tls_key, absl::StrCat(tag, "\n", page_["client_identity"], "\n",
                                                                   page_["peer_nonce"], "\n", page_["hub_nonce"])));
  };
  EXPECT_EQ(page_["hub_says"], absl::StrCat("hub ", page_["hub_nonce"], " ", proof("orch-clear-hub-v1")));
  EXPECT_EQ(page_["peer_answers"], proof("orch-clear-peer-v1"));
}

TEST_F(ProtocolPageTest, EnvelopeExampleIsRight) {
  const Key key("k1", DeriveKey(absl::HexStringToBytes(page_["psk"]), PeerKind::kNode, page_["node"]));
  v1::Envelope envelope;
  envelope.set_direction(v1::Envelope::TO_NODE);
  envelope.set_kind(v1::Envelope::COMMAND);
  envelope.set_attempt_id("0123456789abcdef0123456789abcdef");
  envelope.set_identity(page_["node"]);
  envelope.set_body("body");
  FixedRandom random({page_["nonce"]});
  int64_t at = 0;
  ASSERT_TRUE(absl::SimpleAtoi(page_["at"], &at));
  SealEnvelope(key, Sha256("body"), absl::FromUnixMicros(at), kMessageTtl, &random, &envelope);
  ExpectOnPage("envelope_mac", absl::BytesToHexString(envelope.mac()));
}

}  // namespace
}  // namespace orch::auth
