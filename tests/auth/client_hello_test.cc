#include "auth/client_hello.h"

#include <openssl/ssl.h>

#include <memory>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "auth/peer_tls.h"
#include "base/random.h"
#include "gtest/gtest.h"
#include "tests/auth/hex_key.h"

namespace orch::auth {
namespace {

using Kind = ClientHello::Kind;

// What a client says first.
std::string FirstBytes(SSL* ssl) {
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
  SSL_do_handshake(ssl);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out, &bytes);  // NOLINT: OpenSSL's type
  return std::string(bytes, static_cast<size_t>(size));
}

// Our own peer's, by key.
std::string OursByKey() {
  SystemRandom random;
  PeerCredential who;
  who.kind = PeerKind::kNode;
  who.name = "web1.example.com";
  who.key.key = Key("n1", PskBytes('a'));
  const auto security = *MakePeerSecurity({}, who, *ParseAddress("hub:1"), &random);
  const SslPtr ssl = *security->BeginTls();
  return FirstBytes(ssl.get());
}

// Another program's, which shows no key. `old`: of TLS 1.2.
std::string Foreign(bool old, const char* server_name = nullptr) {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (old) SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  const SslPtr ssl(SSL_new(context.get()));
  if (server_name != nullptr) SSL_set_tlsext_host_name(ssl.get(), server_name);
  SSL_set_connect_state(ssl.get());
  return FirstBytes(ssl.get());
}

TEST(ClientHelloTest, FindsTheKeyOfAPeerOfOurs) {
  const std::string bytes = OursByKey();
  const ClientHello hello = ClassifyClientHello(bytes);
  EXPECT_EQ(hello.kind, Kind::kPsk);
  EXPECT_EQ(hello.psk_identity, "orch1/node/web1.example.com/n1/key");
  EXPECT_EQ(ClassifyClientHello(absl::StrCat(bytes, "what follows is not looked at")).kind, Kind::kPsk);
  EXPECT_EQ(ClassifyClientHello(bytes).mark, hello.mark);
  EXPECT_NE(ClassifyClientHello(OursByKey()).mark, hello.mark) << "no two are alike";
}

TEST(ClientHelloTest, WhoShowsNoKeyMayHaveACertificate) {
  EXPECT_EQ(ClassifyClientHello(Foreign(false)).kind, Kind::kCertificate);
  EXPECT_EQ(ClassifyClientHello(Foreign(false, "hub.example.com")).kind, Kind::kCertificate);
  EXPECT_EQ(ClassifyClientHello(Foreign(true)).kind, Kind::kCertificate) << "OpenSSL refuses its version";
}

TEST(ClientHelloTest, MoreBytesAreAwaitedUntilItIsWhole) {
  for (const std::string& bytes : {OursByKey(), Foreign(false), Foreign(true)}) {
    for (size_t size = 0; size < bytes.size(); ++size) {
      ASSERT_EQ(ClassifyClientHello(absl::string_view(bytes).substr(0, size)).kind, Kind::kIncomplete) << size;
    }
  }
}

// A length that reaches beyond what is around it is garbage, at every place.
TEST(ClientHelloTest, AWholeRecordWithAShorterMessageIsGarbage) {
  const std::string bytes = OursByKey();
  for (size_t size = 9; size < bytes.size(); ++size) {
    std::string cut = bytes.substr(0, size);
    cut[3] = static_cast<char>((size - 5) >> 8);
    cut[4] = static_cast<char>((size - 5) & 0xff);
    ASSERT_EQ(ClassifyClientHello(cut).kind, Kind::kGarbage) << size;
  }
}

TEST(ClientHelloTest, GarbageIsSeenAtItsFirstByte) {
  for (const char* text :
       {"GET / HTTP/1.1", "PRI * HTTP/2.0", "SSH-2.0-x", "\x80\x2e\x01", "\x15\x03\x01", "orch1/node"}) {
    EXPECT_EQ(ClassifyClientHello(absl::string_view(text).substr(0, 1)).kind, Kind::kGarbage) << text;
  }
  EXPECT_EQ(ClassifyClientHello("\x16\x02").kind, Kind::kGarbage) << "no version of TLS";
  EXPECT_EQ(ClassifyClientHello("\x16\x03\x01\x20\x01").kind, Kind::kGarbage) << "longer than is ever read";
  EXPECT_EQ(ClassifyClientHello(absl::string_view("\x16\x03\x01\0\x03", 5)).kind, Kind::kGarbage);
  EXPECT_EQ(ClassifyClientHello(absl::string_view("\x16\x03\x01\0\x40\x02", 6)).kind, Kind::kGarbage)
      << "another message";
}

TEST(ClientHelloTest, ARecordOfTheLargestSizeIsAwaitedWhole) {
  const size_t size = kMaxClientHelloBytes - 5;
  std::string bytes = absl::StrCat("\x16\x03\x01", std::string(1, static_cast<char>(size >> 8)),
                                   std::string(1, static_cast<char>(size & 0xff)), "\x01");
  EXPECT_EQ(ClassifyClientHello(bytes).kind, Kind::kIncomplete);
  bytes += std::string(size - 1, '\0');
  EXPECT_EQ(ClassifyClientHello(bytes).kind, Kind::kGarbage);
}

TEST(ClientHelloTest, AnEmptyIdentityIsGarbage) {
  std::string bytes = OursByKey();
  const size_t at = bytes.find("orch1/");
  ASSERT_NE(at, std::string::npos);
  bytes[at - 2] = bytes[at - 1] = 0;
  EXPECT_EQ(ClassifyClientHello(bytes).kind, Kind::kGarbage);
}

// Any change of any byte, and any bytes: an answer, and an identity that lies within what was given.
TEST(ClientHelloTest, AnswersAnyBytes) {
  std::mt19937 random(41);
  const std::string good[] = {OursByKey(), Foreign(false, "hub")};
  int keys = 0, garbage = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string bytes = good[round % 2];
    for (unsigned i = 0; i < 1 + random() % 4; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    // A copy of its very size, so that AddressSanitizer sees a read behind the end.
    const std::unique_ptr<char[]> exact(new char[bytes.size()]);
    bytes.copy(exact.get(), bytes.size());
    const absl::string_view view(exact.get(), bytes.size());
    const ClientHello hello = ClassifyClientHello(view);
    keys += hello.kind == Kind::kPsk;
    garbage += hello.kind == Kind::kGarbage;
    if (hello.kind != Kind::kPsk) continue;
    ASSERT_FALSE(hello.psk_identity.empty());
    ASSERT_GE(hello.psk_identity.data(), view.data());
    ASSERT_LE(hello.psk_identity.data() + hello.psk_identity.size(), view.data() + view.size());
  }
  EXPECT_GT(keys, 1'000) << "the test has something to look at";
  EXPECT_GT(garbage, 1'000);
}

}  // namespace
}  // namespace orch::auth
