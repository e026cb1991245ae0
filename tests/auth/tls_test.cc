// Certificates, server and channel credentials, and what a connection without TLS may reach.
#include "auth/tls.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "auth/certificate.h"
#include "auth/connection_error.h"
#include "base/durable_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/auth/test_ca.h"

namespace orch::auth {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

class TlsTest : public testing::Test {
 protected:
  void MakeHub() {
    ASSERT_TRUE(WriteSelfSignedCertificate(Certificate(), PrivateKey(), "hub.example.com", {"localhost", "127.0.0.1"},
                                           kNow, absl::Hours(24 * 30))
                    .ok());
  }
  std::string Certificate() const { return folder_.Path("hub.pem"); }
  std::string PrivateKey() const { return folder_.Path("hub.key"); }
  std::string LoadError(const ServerTlsOptions& options, absl::Time now = kNow) const {
    return std::string(LoadServerTls(options, now).status().message());
  }
  TempFolder folder_;
};

TEST_F(TlsTest, MakesACertificateThatOpensslVerifies) {
  MakeHub();
  struct stat key;
  ASSERT_EQ(stat(PrivateKey().c_str(), &key), 0);
  EXPECT_EQ(key.st_mode & 07777, 0600u);
  const std::string pem = *ReadFile(Certificate(), 1u << 16);
  EXPECT_THAT(*CertificateNames(pem), ElementsAre("hub.example.com", "hub.example.com", "localhost"));
  const X509Ptr certificate = *ParseCertificate(pem);
  EXPECT_TRUE(CertificateFitsHost(certificate.get(), "127.0.0.1"));
  EXPECT_TRUE(CertificateFitsHost(certificate.get(), "localhost"));
  EXPECT_FALSE(CertificateFitsHost(certificate.get(), "evil.example.com"));
  EXPECT_EQ(X509_verify(certificate.get(), X509_get0_pubkey(certificate.get())), 1);
  EXPECT_TRUE(CheckValidity(certificate.get(), kNow - absl::Hours(23)).ok());
  EXPECT_FALSE(CheckValidity(certificate.get(), kNow - absl::Hours(25)).ok());
  EXPECT_TRUE(CheckValidity(certificate.get(), kNow + absl::Hours(24 * 29 - 1)).ok());
  EXPECT_FALSE(CheckValidity(certificate.get(), kNow + absl::Hours(24 * 29 + 1)).ok());
}

TEST_F(TlsTest, NeverOverwritesACertificateOrAKey) {
  const std::string there = folder_.Write("hub.key", "precious");
  EXPECT_TRUE(
      absl::IsAlreadyExists(WriteSelfSignedCertificate(Certificate(), PrivateKey(), "hub", {}, kNow, absl::Hours(48))));
  EXPECT_EQ(*ReadFile(there, 100), "precious");
  EXPECT_TRUE(absl::IsNotFound(ReadFile(Certificate(), 100).status()));
}

TEST_F(TlsTest, RefusesNamesThatAreNoHostNames) {
  for (const std::string name : {"", "a,DNS:evil", "a b", "new\nline"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(
        WriteSelfSignedCertificate(Certificate(), PrivateKey(), name, {}, kNow, absl::Hours(48))))
        << name;
    EXPECT_TRUE(absl::IsInvalidArgument(
        WriteSelfSignedCertificate(Certificate(), PrivateKey(), "hub", {name}, kNow, absl::Hours(48))))
        << name;
  }
}

TEST_F(TlsTest, BindingIsTheDigestOfTheCertificatesDer) {
  MakeHub();
  const std::string pem = *ReadFile(Certificate(), 1u << 16);
  const X509Ptr certificate = *ParseCertificate(pem);
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  ASSERT_GT(size, 0);
  unsigned char digest[32];
  EVP_Digest(der, static_cast<size_t>(size), digest, nullptr, EVP_sha256(), nullptr);
  OPENSSL_free(der);
  std::string hex;
  for (const unsigned char byte : digest) absl::StrAppend(&hex, absl::Hex(byte, absl::kZeroPad2));
  EXPECT_EQ(*CertificateBinding(pem), hex);
  EXPECT_EQ(LoadServerTls({Certificate(), PrivateKey()}, kNow)->binding, hex);
  EXPECT_TRUE(absl::IsInvalidArgument(CertificateBinding("no PEM at all").status()));
}

TEST_F(TlsTest, LoadServerTlsNamesTheFileAndWhatIsWrong) {
  MakeHub();
  const std::string missing = folder_.Path("missing.pem");
  EXPECT_THAT(LoadError({missing, PrivateKey()}), HasSubstr(missing));
  EXPECT_THAT(LoadError({Certificate(), missing}), HasSubstr(missing));
  const std::string garbage = folder_.Write("garbage.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
  EXPECT_THAT(LoadError({garbage, PrivateKey()}), AllOf(HasSubstr(garbage), HasSubstr("no PEM certificate")));
  EXPECT_THAT(LoadError({Certificate(), garbage}), AllOf(HasSubstr(garbage), HasSubstr("no PEM private key")));
  EXPECT_THAT(LoadError({Certificate(), PrivateKey()}, kNow + absl::Hours(24 * 30)),
              AllOf(HasSubstr(Certificate()), HasSubstr("expired"), HasSubstr("2023-")));
  EXPECT_THAT(LoadError({Certificate(), PrivateKey()}, kNow - absl::Hours(48)), HasSubstr("not valid yet"));
  EXPECT_THAT(LoadError({Certificate(), PrivateKey(), MtlsMode::kRequired, ""}), HasSubstr("no client CA file"));
  EXPECT_THAT(LoadError({Certificate(), PrivateKey(), MtlsMode::kRequired, garbage}), HasSubstr(garbage));
  TestCa ca(&folder_, "ca");
  const TestIdentity other = ca.Issue("other");
  EXPECT_THAT(LoadError({Certificate(), other.key_file}),
              AllOf(HasSubstr(other.key_file), HasSubstr("does not belong to certificate")));
  chmod(PrivateKey().c_str(), 0640);
  EXPECT_THAT(LoadError({Certificate(), PrivateKey()}), AllOf(HasSubstr("mode 0640"), HasSubstr("chmod 0600")));
}

TEST_F(TlsTest, ChannelNeedsBothHalvesOfItsOwnCertificate) {
  MakeHub();
  EXPECT_TRUE(absl::IsInvalidArgument(MakeChannelCredentials({.certificate_file = Certificate()}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(MakeChannelCredentials({.key_file = PrivateKey()}).status()));
  EXPECT_TRUE(absl::IsNotFound(MakeChannelCredentials({.ca_file = folder_.Path("none")}).status()));
  const std::string garbage = folder_.Write("garbage.pem", "x");
  EXPECT_THAT(std::string(MakeChannelCredentials({.ca_file = garbage}).status().message()), HasSubstr(garbage));
}

TEST_F(TlsTest, PlaintextIsForLoopbackAndUnixSocketsOnly) {
  for (const char* good :
       {"127.0.0.1:1", "127.9.8.7:1", "[::1]:1", "localhost:1", "unix:/run/orch/hub.sock", "unix:///run/x",
        "ipv4:127.0.0.1:1", "ipv6:[::1]:1", "dns:///localhost:1", "127.0.0.1", "::1"}) {
    EXPECT_TRUE(CheckPlaintextAddress(good).ok()) << good;
  }
  for (const char* bad : {"", ":1", "0.0.0.0:1", "10.0.0.1:1", "[::]:1", "hub:1", "localhost.evil.com:1",
                          "127.0.0.1.evil.com:1", "ipv4:127.0.0.1:1,10.0.0.1:1", "127.0.0.1:1@evil", "[::1", "[::1]x",
                          "127.1:1", "xds:///127.0.0.1:1", "::ffff:10.0.0.1"}) {
    EXPECT_TRUE(absl::IsFailedPrecondition(CheckPlaintextAddress(bad))) << bad;
  }
}

TEST_F(TlsTest, ModesHaveNames) {
  for (const MtlsMode mode : {MtlsMode::kOff, MtlsMode::kOptional, MtlsMode::kRequired}) {
    EXPECT_EQ(*ParseMtlsMode(MtlsModeName(mode)), mode);
  }
  EXPECT_THAT(std::string(ParseMtlsMode("on").status().message()), HasSubstr("off, optional or required"));
}

class TlsConnectionTest : public TlsTest {
 protected:
  std::string Credentials() const { return absl::StrCat("psk k1 ", HexKey('a'), "\n"); }
  Key PeerKey() const {
    return {"k1", DeriveKey(std::string(kKeyBytes, static_cast<char>(0xaa)), PeerKind::kClient, "peadmin")};
  }
  TestPeer Peer(const std::string& address, const ChannelTlsOptions& tls) {
    return TestPeer(address, PeerKind::kClient, "peadmin", PeerKey(), &clock_, tls);
  }
  static std::string Explained(const absl::Status& status, const std::string& address, const ChannelTlsOptions& tls) {
    return std::string(ExplainCallError(ToGrpc(status), address, tls).message());
  }
  ManualClock clock_;
};

TEST_F(TlsConnectionTest, WithACaFileCallsGoOutBeforeAProof) {
  TestHub hub(folder_, Credentials(), &clock_, {});
  TestPeer peer = Peer(hub.address(), {.ca_file = hub.certificate_file()});
  const grpc::Status status = peer.GetHubStatus();
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(TlsConnectionTest, WithACaFileTheNameMustFit) {
  TestHub hub(folder_, Credentials(), &clock_, {});
  EXPECT_TRUE(Peer(hub.address(), {.ca_file = hub.certificate_file(), .server_name = "localhost"}).GetHubStatus().ok());
  const ChannelTlsOptions tls = {.ca_file = hub.certificate_file(), .server_name = "hub.example.org"};
  const absl::Status hello = Peer(hub.address(), tls).Hello();
  EXPECT_THAT(std::string(hello.message()), HasSubstr("the hub's certificate is not for 'hub.example.org'"));
  EXPECT_THAT(Explained(hello, hub.address(), tls), AllOf(HasSubstr(hub.address()), HasSubstr("hub.example.org")));
}

TEST_F(TlsConnectionTest, WithACaFileAnotherCertificateIsRefused) {
  TestHub hub(folder_, Credentials(), &clock_, {});
  TestCa ca(&folder_, "ca");
  const ChannelTlsOptions tls = {.ca_file = ca.certificate_file()};
  const absl::Status hello = Peer(hub.address(), tls).Hello();
  EXPECT_EQ(hello.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(Explained(hello, hub.address(), tls), AllOf(HasSubstr(hub.address()), HasSubstr(tls.ca_file)));
}

TEST_F(TlsConnectionTest, SaysThatAPlaintextHubDoesNotSpeakTls) {
  TestHub hub(folder_, Credentials(), &clock_, {.plaintext = true});
  EXPECT_THAT(Explained(Peer(hub.address(), {}).Hello(), hub.address(), {}),
              AllOf(HasSubstr(hub.address()), HasSubstr("does not speak TLS")));
}

TEST_F(TlsConnectionTest, SaysThatATlsHubIsNoPlaintextOne) {
  TestHub hub(folder_, Credentials(), &clock_, {});
  const ChannelTlsOptions plaintext = {.plaintext = true};
  EXPECT_THAT(Explained(Peer(hub.address(), plaintext).Hello(), hub.address(), plaintext),
              AllOf(HasSubstr(hub.address()), HasSubstr("probably speaks TLS")));
}

TEST_F(TlsConnectionTest, SaysThatTheHubMayNotAcceptTheCertificate) {
  TestCa ca(&folder_, "ca");
  TestCa foreign(&folder_, "foreign");
  TestHub hub(folder_, Credentials(), &clock_, {.mtls = MtlsMode::kRequired, .client_ca_file = ca.certificate_file()});
  const TestIdentity own = foreign.Issue("peadmin");
  const ChannelTlsOptions tls = {.certificate_file = own.certificate_file, .key_file = own.key_file};
  EXPECT_THAT(Explained(Peer(hub.address(), tls).Hello(), hub.address(), tls), HasSubstr("client CA"));
}

TEST_F(TlsConnectionTest, SaysThatNobodyListens) {
  std::string address;
  {
    TestHub hub(folder_, Credentials(), &clock_, {});
    address = hub.address();
  }
  EXPECT_THAT(Explained(Peer(address, {}).Hello(), address, {}),
              AllOf(HasSubstr(address), HasSubstr("nothing listens")));
  const std::string socket = "unix:" + folder_.Path("none.sock");
  EXPECT_THAT(Explained(Peer(socket, {.plaintext = true}).Hello(), socket, {.plaintext = true}),
              HasSubstr("no such socket"));
}

TEST_F(TlsConnectionTest, SaysWhyTheSignerSentNothing) {
  TestHub hub(folder_, Credentials(), &clock_, {});
  const absl::Status explained = ExplainCallError(Peer(hub.address(), {}).GetHubStatus(), hub.address(), {});
  EXPECT_EQ(explained.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(std::string(explained.message()), HasSubstr("has not yet proved"));
}

TEST_F(TlsConnectionTest, PassesOnWhatTheHubItselfSaid) {
  const grpc::Status said(grpc::StatusCode::PERMISSION_DENIED, "you may not");
  EXPECT_EQ(ExplainCallError(said, "hub:1", {}), absl::PermissionDeniedError("you may not"));
}

// Connects with OpenSSL alone, at most `version`. Empty: the handshake failed.
std::string HandshakeVersion(int port, int version) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context, version);
  SSL_CTX_set_security_level(context, 0);  // else OpenSSL itself would refuse the old versions
  SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
  SSL* ssl = SSL_new(context);
  const unsigned char h2[] = {2, 'h', '2'};
  SSL_set_alpn_protos(ssl, h2, sizeof(h2));
  SSL_set_fd(ssl, fd);
  const std::string spoken = SSL_connect(ssl) == 1 ? SSL_get_version(ssl) : "";
  ERR_clear_error();
  SSL_free(ssl);
  SSL_CTX_free(context);
  close(fd);
  return spoken;
}

TEST_F(TlsConnectionTest, HubSpeaksNothingOlderThanTls12) {
  TestHub hub(folder_, Credentials(), &clock_, {});
  EXPECT_EQ(HandshakeVersion(hub.port(), TLS1_3_VERSION), "TLSv1.3");
  EXPECT_EQ(HandshakeVersion(hub.port(), TLS1_2_VERSION), "TLSv1.2");
  EXPECT_EQ(HandshakeVersion(hub.port(), TLS1_1_VERSION), "");
}

}  // namespace
}  // namespace orch::auth
