#include "auth/call_credential.h"

#include <algorithm>
#include <random>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/auth/tls_fixture.h"

namespace orch::auth {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kMethod[] = "/orch.v1.Orchestrator/Invoke";

CallCredential Example() {
  return {PeerKind::kClient,    "peadmin",           "k1", 1'700'000'000'000'000, std::string(32, '1'),
          std::string(64, '2'), std::string(64, '3')};
}

TEST(CallCredentialTest, IsReadAsItWasWritten) {
  for (const PeerKind kind : {PeerKind::kClient, PeerKind::kNode}) {
    CallCredential credential = Example();
    credential.kind = kind;
    credential.binding = kind == PeerKind::kNode ? kPlaintextBinding : credential.binding;
    const auto read = ParseCredential(FormatCredential(credential));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(FormatCredential(*read), FormatCredential(credential));
  }
}

TEST(CallCredentialTest, TakesFieldsInAnyOrder) {
  std::vector<std::string> words = absl::StrSplit(FormatCredential(Example()), ' ');
  std::reverse(words.begin() + 1, words.end());
  const auto read = ParseCredential(absl::StrJoin(words, " "));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(FormatCredential(*read), FormatCredential(Example()));
}

TEST(CallCredentialTest, SaysWhichPartIsWrong) {
  const std::string good = FormatCredential(Example());
  const auto error = [&](absl::string_view from, absl::string_view to) {
    const absl::Status status = ParseCredential(absl::StrReplaceAll(good, {{from, to}})).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << from << " -> " << to;
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr(std::string(30, '3'))));
    return std::string(status.message());
  };
  EXPECT_THAT(error("v1 ", "v2 "), HasSubstr("'v1'"));
  EXPECT_THAT(error("kind=client", "kind=root"), HasSubstr("kind must be node or client"));
  EXPECT_THAT(error("name=peadmin", "name="), HasSubstr("name must be"));
  EXPECT_THAT(error("name=peadmin", "name=pe/admin"), HasSubstr("name must be"));
  EXPECT_THAT(error("name=peadmin", absl::StrCat("name=", std::string(256, 'n'))), HasSubstr("name must be"));
  EXPECT_THAT(error("key=k1", "key=k%1"), HasSubstr("key must be"));
  for (const char* at : {"at=", "at=-1", "at=+1", "at=1e3", "at=01", "at=9999999999999999999", "at=0x10"}) {
    EXPECT_THAT(error("at=1700000000000000", at), HasSubstr("at must be"));
  }
  EXPECT_THAT(error("nonce=1", "nonce=A"), HasSubstr("nonce must be 32 lower-case"));
  EXPECT_THAT(error("nonce=1", "nonce=11"), HasSubstr("nonce must be 32 lower-case"));
  EXPECT_THAT(error("cert=2", "cert=g"), HasSubstr("cert must be"));
  EXPECT_THAT(error("mac=3", "mac="), HasSubstr("mac must be"));
  EXPECT_THAT(error(" key=k1", ""), HasSubstr("key is missing"));
  EXPECT_THAT(error(" key=k1", " key=k1 key=k2"), HasSubstr("key stands twice"));
  EXPECT_THAT(error(" key=k1", "  key=k1"), HasSubstr("second blank"));
  EXPECT_THAT(error(" key=k1", " key=k1 admin=yes"), HasSubstr("no field of v1"));
  EXPECT_THAT(error("v1", absl::StrCat("v1", std::string(kMaxCredentialBytes, ' '))), HasSubstr("1024"));
  EXPECT_TRUE(absl::IsInvalidArgument(ParseCredential("").status()));
}

TEST(CallCredentialTest, AnswersAnyBytes) {
  std::mt19937 random(11);
  const std::string good = FormatCredential(Example());
  for (int round = 0; round < 50'000; ++round) {
    std::string text = good;
    for (unsigned i = 0; i < 1 + random() % 4; ++i) {
      const size_t at = random() % text.size();
      if (random() % 3 == 0)
        text.erase(at, random() % 20);
      else
        text[at] = static_cast<char>(random());
      if (text.empty()) break;
    }
    const auto read = ParseCredential(text);
    if (!read.ok()) continue;
    ASSERT_EQ(FormatCredential(*read).size(), text.size());
  }
}

TEST(CallCredentialTest, TheMacCoversEveryField) {
  const std::string key(kKeyBytes, 'k');
  const std::string mac = CredentialMacHex(key, Example(), kMethod);
  EXPECT_NE(mac, CredentialMacHex(key, Example(), "/orch.v1.Orchestrator/Hello"));
  EXPECT_NE(mac, CredentialMacHex(std::string(kKeyBytes, 'l'), Example(), kMethod));
  const auto changed = [&](auto change) {
    CallCredential credential = Example();
    change(&credential);
    return CredentialMacHex(key, credential, kMethod);
  };
  EXPECT_NE(mac, changed([](CallCredential* c) { c->kind = PeerKind::kNode; }));
  EXPECT_NE(mac, changed([](CallCredential* c) { c->name = "peadmim"; }));
  EXPECT_NE(mac, changed([](CallCredential* c) { ++c->at_us; }));
  EXPECT_NE(mac, changed([](CallCredential* c) { c->nonce_hex[0] = '2'; }));
  EXPECT_NE(mac, changed([](CallCredential* c) { c->binding = "-"; }));
}

class CallVerifierTest : public testing::Test {
 protected:
  CallVerifierTest()
      : keyring_(*Keyring::Load(folder_.Write("credentials", absl::StrCat("psk k1 ", HexKey('a'), "\n")))) {}

  std::string Header(const std::string& name = "peadmin") {
    CallCredential credential = Example();
    credential.name = name;
    credential.at_us = absl::ToUnixMicros(clock_.Now());
    credential.nonce_hex = absl::StrCat(absl::Hex(++nonce_, absl::kZeroPad16), absl::Hex(0, absl::kZeroPad16));
    credential.binding = kPlaintextBinding;
    credential.mac_hex = CredentialMacHex(*keyring_->DerivedKey("k1", PeerKind::kClient, name), credential, kMethod);
    return FormatCredential(credential);
  }

  TempFolder folder_;
  ManualClock clock_;
  std::unique_ptr<Keyring> keyring_;
  RefusalCounters counters_;
  uint64_t nonce_ = 0;
};

TEST_F(CallVerifierTest, NamesTheCallerAndProvesTheHub) {
  ReplayGuard guard(&clock_, absl::Minutes(2), 100);
  const CallVerifier verifier(keyring_.get(), &guard, &clock_, &counters_, {});
  const std::string header = Header();
  const auto caller = verifier.Verify(PeerKind::kClient, kMethod, header, "", "peer");
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->name, "peadmin");
  EXPECT_EQ(caller->id, "client=peadmin");
  EXPECT_EQ(caller->key.id, "k1");
  EXPECT_EQ(caller->key.bytes, *keyring_->DerivedKey("k1", PeerKind::kClient, "peadmin"));
  EXPECT_EQ(caller->proof, HubProofHex(caller->key.bytes, ParseCredential(header)->nonce_hex, "-"));
}

TEST_F(CallVerifierTest, AFullGuardTurnsAwayInsteadOfForgetting) {
  ReplayGuard guard(&clock_, absl::Minutes(2), 3);
  const CallVerifier verifier(keyring_.get(), &guard, &clock_, &counters_, {});
  const std::string first = Header();
  EXPECT_TRUE(verifier.Verify(PeerKind::kClient, kMethod, first, "", "").ok());
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(verifier.Verify(PeerKind::kClient, kMethod, Header(), "", "").ok());
  EXPECT_EQ(verifier.Verify(PeerKind::kClient, kMethod, Header(), "", "").status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(verifier.Verify(PeerKind::kClient, kMethod, first, "", "").status().code(),
            absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(counters_.Get(Refusal::kOverloaded), 1u);
  EXPECT_EQ(counters_.Get(Refusal::kReplay), 1u);
}

TEST_F(CallVerifierTest, NobodyWithoutAKeyFillsTheGuard) {
  ReplayGuard guard(&clock_, absl::Minutes(2), 3);
  const CallVerifier verifier(keyring_.get(), &guard, &clock_, &counters_, {});
  for (int i = 0; i < 10; ++i) {
    const std::string forged = absl::StrReplaceAll(Header(), {{"name=peadmin", "name=mallory"}});
    EXPECT_FALSE(verifier.Verify(PeerKind::kClient, kMethod, forged, "", "").ok());
  }
  EXPECT_EQ(guard.size(), 0u);
  EXPECT_EQ(counters_.Get(Refusal::kWrongKey), 10u);
}

TEST_F(CallVerifierTest, LogsAFloodOfRefusalsAtABoundedRateAndCountsAll) {
  ReplayGuard guard(&clock_, absl::Minutes(2), 3);
  const CallVerifier verifier(keyring_.get(), &guard, &clock_, &counters_, {});
  testing::internal::CaptureStderr();
  for (int i = 0; i < 500; ++i) EXPECT_FALSE(verifier.Verify(PeerKind::kClient, kMethod, "", "", "10.0.0.9").ok());
  clock_.Advance(absl::Seconds(1));
  EXPECT_FALSE(verifier.Verify(PeerKind::kClient, kMethod, "junk", "", "10.0.0.9").ok());
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), CallVerifier::kMaxRefusalLogsPerSecond + 1);
  EXPECT_THAT(log, HasSubstr("more_not_logged=480"));
  EXPECT_EQ(counters_.Get(Refusal::kMalformed), 501u);
}

TEST(RefusalTest, EveryReasonHasANameACounterAndARemedy) {
  RefusalCounters counters;
  const std::map<std::string, uint64_t> all = counters.All();
  EXPECT_EQ(all.size(), static_cast<size_t>(Refusal::kCount));
  for (size_t i = 0; i < static_cast<size_t>(Refusal::kCount); ++i) {
    const Refusal refusal = static_cast<Refusal>(i);
    EXPECT_EQ(all.count(std::string(RefusalName(refusal))), 1u);
    const absl::Status status = RefusalStatus(refusal, "web1", "a detail");
    EXPECT_THAT(std::string(status.message()),
                testing::AllOf(HasSubstr("web1"), HasSubstr(std::string(RefusalName(refusal))), HasSubstr(";")));
    EXPECT_EQ(status.code(), refusal == Refusal::kOverloaded ? absl::StatusCode::kResourceExhausted
                                                             : absl::StatusCode::kUnauthenticated);
  }
}

}  // namespace
}  // namespace orch::auth
