#include "auth/certificate_authority.h"

#include <openssl/pem.h>
#include <sys/stat.h>

#include "auth/certificate.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/auth/hub_tls_fixture.h"

namespace orch::auth {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr absl::Duration kYear = absl::Hours(24 * 365);

// What `openssl verify -purpose PURPOSE -CAfile CA` says of a certificate: "OK", or why not.
// `between`: certificates that the peer shows beside its own.
std::string Verify(const std::string& ca_pem, const std::string& pem, int purpose, absl::Time at,
                   const std::string& host = "", X509* between = nullptr) {
  X509_STORE* store = X509_STORE_new();
  const X509Ptr ca = *ParseCertificate(ca_pem), certificate = *ParseCertificate(pem);
  X509_STORE_add_cert(store, ca.get());
  X509_STORE_CTX* check = X509_STORE_CTX_new();
  STACK_OF(X509)* others = sk_X509_new_null();
  if (between != nullptr) sk_X509_push(others, between);
  X509_STORE_CTX_init(check, store, certificate.get(), others);
  X509_STORE_CTX_set_purpose(check, purpose);
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(check);
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
  X509_VERIFY_PARAM_set_time(param, absl::ToTimeT(at));
  if (!host.empty() && X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str()) != 1) {
    X509_VERIFY_PARAM_set1_host(param, host.c_str(), host.size());
  }
  const bool good = X509_verify_cert(check) == 1;
  const std::string why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(check));
  X509_STORE_CTX_free(check);
  sk_X509_free(others);
  X509_STORE_free(store);
  ERR_clear_error();
  return good ? "OK" : why;
}

class CertificateAuthorityTest : public HubTlsFixture {
 protected:
  CertificateAuthorityTest() { EXPECT_TRUE(CertificateAuthority::WriteNew(file_, key_, "hub.example.com", now_).ok()); }
  CertificateAuthority Load() { return *CertificateAuthority::Load(file_, key_, now_); }

  const absl::Time now_ = clock_.Now();
  const std::string file_ = folder_.Path("ca.pem"), key_ = folder_.Path("ca.key");
};

TEST_F(CertificateAuthorityTest, OpensslVerifiesWhatItSigns) {
  const CertificateAuthority ca = Load();
  const std::string& own = ca.certificate_pem();
  const auto hub = ca.IssueForHub("hub.example.com", {"hub.example.com", "127.0.0.1", "::1", "alias"}, now_, kYear);
  ASSERT_TRUE(hub.ok()) << hub.status();
  for (const char* name : {"hub.example.com", "127.0.0.1", "::1", "alias"}) {
    EXPECT_EQ(Verify(own, hub->certificate_pem, X509_PURPOSE_SSL_SERVER, now_, name), "OK") << name;
  }
  EXPECT_NE(Verify(own, hub->certificate_pem, X509_PURPOSE_SSL_SERVER, now_, "evil.example.com"), "OK");
  EXPECT_NE(Verify(own, hub->certificate_pem, X509_PURPOSE_SSL_CLIENT, now_), "OK") << "a hub is no client";
  const auto peer = ca.IssueForPeer(PeerKind::kClient, "deploy@example.com", now_, kYear);
  ASSERT_TRUE(peer.ok()) << peer.status();
  EXPECT_EQ(Verify(own, peer->certificate_pem, X509_PURPOSE_SSL_CLIENT, now_), "OK");
  EXPECT_NE(Verify(own, peer->certificate_pem, X509_PURPOSE_SSL_SERVER, now_), "OK") << "a client is no hub";
  EXPECT_THAT(Verify(own, peer->certificate_pem, X509_PURPOSE_SSL_CLIENT, now_ + kYear + absl::Hours(1)),
              HasSubstr("expired"));
  EXPECT_EQ(Verify(own, peer->certificate_pem, X509_PURPOSE_SSL_CLIENT, now_ - absl::Hours(23)), "OK")
      << "for peers whose clock is behind";
}

TEST_F(CertificateAuthorityTest, NobodySignsFurtherCertificatesWithOneOfIts) {
  const CertificateAuthority ca = Load();
  const IssuedCertificate peer = *ca.IssueForPeer(PeerKind::kNode, "web1", now_, kYear);
  const X509Ptr web1 = *ParseCertificate(peer.certificate_pem);
  const IssuedCertificate mold = *ca.IssueForPeer(PeerKind::kClient, "admin", now_, kYear);
  const X509Ptr forged = *ParseCertificate(mold.certificate_pem);
  X509_set_issuer_name(forged.get(), X509_get_subject_name(web1.get()));
  ASSERT_GT(X509_sign(forged.get(), ParsePrivateKey(peer.key_pem)->get(), EVP_sha256()), 0);
  const BioPtr text(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(text.get(), forged.get());
  EXPECT_THAT(Verify(ca.certificate_pem(), Drain(text.get()), X509_PURPOSE_SSL_CLIENT, now_, "", web1.get()),
              testing::Not("OK"));
  ASSERT_TRUE(WriteCertificate(peer, folder_.Path("web1.pem"), folder_.Path("web1.key")).ok());
  EXPECT_THAT(
      std::string(
          CertificateAuthority::Load(folder_.Path("web1.pem"), folder_.Path("web1.key"), now_).status().message()),
      AllOf(HasSubstr("web1.pem"), HasSubstr("is not that of an authority")));
}

TEST_F(CertificateAuthorityTest, ACertificateSaysForWhomAndForWhatItIs) {
  const CertificateAuthority ca = Load();
  for (const PeerKind kind : {PeerKind::kNode, PeerKind::kClient}) {
    const IssuedCertificate issued = *ca.IssueForPeer(kind, "web1.example.com", now_, kYear);
    const CertificateIdentity who = IdentityOf(ParseCertificate(issued.certificate_pem)->get(), true);
    EXPECT_EQ(who.name, "web1.example.com");
    EXPECT_EQ(who.issued_for, kind);
    EXPECT_TRUE(ParsePrivateKey(issued.key_pem).ok());
  }
  const std::string longest(255, 'n');
  const IssuedCertificate issued = *ca.IssueForPeer(PeerKind::kNode, longest, now_, kYear);
  EXPECT_EQ(IdentityOf(ParseCertificate(issued.certificate_pem)->get(), true).name, longest)
      << "also a name that no common name can hold";
}

TEST_F(CertificateAuthorityTest, TheHubLetsItsOwnPeersIn) {
  const CertificateAuthority ca = Load();
  const auto issue = [&](PeerKind kind, const std::string& name) {
    const TestIdentity files = {folder_.Path(name + ".pem"), folder_.Path(name + ".key")};
    EXPECT_TRUE(
        WriteCertificate(*ca.IssueForPeer(kind, name, now_, kYear), files.certificate_file, files.key_file).ok());
    return files;
  };
  ASSERT_TRUE(WriteCertificate(*ca.IssueForHub("hub.example.com", {}, now_, kYear), folder_.Path("hub.pem"),
                               folder_.Path("hub.key"))
                  .ok());
  const auto hub = Hub({MtlsMode::kOptional, folder_.Path("hub.pem"), folder_.Path("hub.key"), file_, "", {}});
  const Shaken client = ByCertificate(*hub, issue(PeerKind::kClient, "deploy"), file_);
  ASSERT_TRUE(client.proven) << client.rejection.detail << client.peer_side;
  EXPECT_TRUE(client.peer.Is(PeerKind::kClient) && !client.peer.Is(PeerKind::kNode));
  const Shaken node = ByCertificate(*hub, issue(PeerKind::kNode, "web1"), file_);
  ASSERT_TRUE(node.proven);
  EXPECT_TRUE(node.peer.Is(PeerKind::kNode) && !node.peer.Is(PeerKind::kClient)) << "a node's cannot command";
}

TEST_F(CertificateAuthorityTest, NoNameSmugglesAnotherIntoACertificate) {
  const CertificateAuthority ca = Load();
  for (const char* name : {"hub,DNS:evil", "hub\nDNS:evil", "URI:orch:client/admin", "a b", "", "hub;x", "email:x"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ca.IssueForHub("hub", {name}, now_, kYear).status())) << name;
    EXPECT_TRUE(absl::IsInvalidArgument(ca.IssueForPeer(PeerKind::kClient, name, now_, kYear).status())) << name;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(ca.IssueForPeer(PeerKind::kNode, "web@1", now_, kYear).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ca.IssueForPeer(PeerKind::kNode, std::string(256, 'n'), now_, kYear).status()));
}

TEST_F(CertificateAuthorityTest, ItsFilesAreMadeOnceAndItsKeyIsItsOwners) {
  struct stat made;
  ASSERT_EQ(stat(key_.c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 07777, 0600u);
  const std::string before = *ReadFile(key_, 1u << 20);
  EXPECT_TRUE(absl::IsAlreadyExists(CertificateAuthority::WriteNew(file_, key_, "hub", now_)));
  EXPECT_EQ(*ReadFile(key_, 1u << 20), before);
  const std::string fresh_key = folder_.Path("fresh.key");
  EXPECT_TRUE(absl::IsAlreadyExists(CertificateAuthority::WriteNew(file_, fresh_key, "hub", now_)));
  EXPECT_TRUE(absl::IsNotFound(ReadFile(fresh_key, 10).status())) << "both files or none";
  EXPECT_TRUE(
      CertificateAuthority::WriteNew(folder_.Path("long.pem"), folder_.Path("long.key"), std::string(300, 'h'), now_)
          .ok());
}

TEST_F(CertificateAuthorityTest, ErrorsNameTheFile) {
  const auto error = [&](const std::string& file, const std::string& key, absl::Time at) {
    return std::string(CertificateAuthority::Load(file, key, at).status().message());
  };
  EXPECT_THAT(error(folder_.Path("no.pem"), key_, now_), HasSubstr("no.pem"));
  EXPECT_THAT(error(file_, folder_.Path("no.key"), now_), HasSubstr("no.key"));
  EXPECT_THAT(error(key_, key_, now_), AllOf(HasSubstr("CA certificate"), HasSubstr("ca.key")));
  EXPECT_THAT(error(file_, key_, now_ + 11 * kYear), HasSubstr("has expired"));
  ASSERT_TRUE(CertificateAuthority::WriteNew(folder_.Path("b.pem"), folder_.Path("b.key"), "b", now_).ok());
  EXPECT_THAT(error(file_, folder_.Path("b.key"), now_), HasSubstr("does not belong"));
  ASSERT_EQ(chmod(key_.c_str(), 0640), 0);
  EXPECT_THAT(error(file_, key_, now_), HasSubstr("chmod 0600"));
}

}  // namespace
}  // namespace orch::auth
