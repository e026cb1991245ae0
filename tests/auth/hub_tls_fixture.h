// A hub's side with keys, and a PKI of the site's, for tests.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "auth/hub_tls.h"
#include "auth/peer_tls.h"
#include "base/clock.h"
#include "base/net/tunnel_security.h"
#include "gtest/gtest.h"
#include "tests/auth/handshake.h"
#include "tests/auth/hex_key.h"
#include "tests/auth/test_ca.h"
#include "tests/support/temp_folder.h"

namespace orch::auth {

class HubTlsFixture : public testing::Test {
 protected:
  HubTlsFixture() { Credentials(""); }

  // The hub's keys, and `more` lines.
  void Credentials(absl::string_view more) {
    folder_.Write("credentials",
                  absl::StrCat("node-psk n1 ", HexKey('a'), "\nclient-psk c1 ", HexKey('b'), "\n", more));
    if (keyring_ == nullptr) {
      keyring_ = *Keyring::Load(folder_.Path("credentials"));
      return;
    }
    bool changed = false;
    ASSERT_TRUE(keyring_->ReloadIfChanged(&changed).ok());
    ASSERT_TRUE(changed);
  }
  HubTls::Options Options(MtlsMode mode, std::vector<std::string> clients = {}) {
    const TestIdentity hub = ca_.Issue("hub.example.com", {.dns = "hub.example.com", .usage = "serverAuth"});
    return {mode, hub.certificate_file, hub.key_file, ca_.certificate_file(), "", std::move(clients)};
  }
  std::unique_ptr<HubTls> Hub(HubTls::Options options) {
    absl::StatusOr<std::unique_ptr<HubTls>> hub = HubTls::Load(std::move(options), keyring_.get(), &clock_);
    EXPECT_TRUE(hub.ok()) << hub.status();
    return *std::move(hub);
  }
  static PeerCredential Who(PeerKind kind, const std::string& name, const std::string& key_id, char psk) {
    PeerCredential who;
    who.kind = kind;
    who.name = name;
    who.key.key = Key(key_id, DeriveKey(PskBytes(psk), kind, name));
    return who;
  }
  static PeerCredential Web1() { return Who(PeerKind::kNode, "web1", "n1", 'a'); }
  static PeerCredential Deploy() { return Who(PeerKind::kClient, "deploy", "c1", 'b'); }

  Shaken ByKey(const HubTls& hub, const PeerCredential& who) { return Shake(hub, {}, who); }
  Shaken ByCertificate(const HubTls& hub, const TestIdentity& identity, const std::string& ca_file = "",
                       const std::string& server_name = "") {
    PeerTlsOptions options;
    options.ca_file = ca_file.empty() ? ca_.certificate_file() : ca_file;
    options.certificate_file = identity.certificate_file;
    options.key_file = identity.key_file;
    options.server_name = server_name;
    PeerCredential who;
    who.name = "somebody";
    return Shake(hub, options, who);
  }
  Shaken Shake(const HubTls& hub, const PeerTlsOptions& options, const PeerCredential& who,
               const std::function<void()>& before_finish = nullptr) {
    absl::StatusOr<std::unique_ptr<TunnelSecurity>> security =
        MakePeerSecurity(options, who, *ParseAddress("hub.example.com:1"), &random_);
    EXPECT_TRUE(security.ok()) << security.status();
    return ShakeHands(hub, security->get(), before_finish);
  }

  TempFolder folder_;
  TestCa ca_{&folder_, "site"};
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<Keyring> keyring_;
};

}  // namespace orch::auth
