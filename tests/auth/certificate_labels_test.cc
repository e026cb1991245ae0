#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "auth/certificate.h"
#include "base/durable_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/auth/test_ca.h"
#include "tests/support/temp_folder.h"

namespace orch::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr char kPuppet[] = "1.3.6.1.4.1.34380.1.";

std::string Der(char tag, const std::string& text) {
  std::string der(1, tag);
  if (text.size() >= 0x80) der += '\x81';
  der += static_cast<char>(text.size());
  return der + text;
}
std::string Utf8(const std::string& text) { return Der('\x0c', text); }

class CertificateLabelsTest : public ::testing::Test {
 protected:
  Labels Of(std::vector<std::pair<std::string, std::string>> extensions) {
    for (auto& [oid, der] : extensions) {
      if (oid.size() < 8) oid = kPuppet + oid;
    }
    TestCa::Wish wish;
    wish.extensions = std::move(extensions);
    const TestIdentity identity = ca_.Issue("web1.example.com", wish);
    const X509Ptr certificate = *ParseCertificate(*ReadFile(identity.certificate_file, 1u << 20));
    return LabelsOf(certificate.get());
  }
  TempFolder folder_;
  TestCa ca_{&folder_, "puppet-ca"};
};

TEST_F(CertificateLabelsTest, PuppetsExtensionsHavePuppetsNames) {
  EXPECT_THAT(Of({{"1.13", Utf8("web")},
                  {"1.12", Der('\x13', "prod")},
                  {"3.13", Der('\x16', "agent")},
                  {"2.77", Utf8("grün")},
                  {"1.99", Utf8("new")}}),
              ElementsAre(Pair("ext_1_1_99", "new"), Pair("ext_1_2_77", "grün"), Pair("pp_auth_role", "agent"),
                          Pair("pp_environment", "prod"), Pair("pp_role", "web")));
}

TEST_F(CertificateLabelsTest, LongValuesUpToTheBoundOfALabel) {
  EXPECT_THAT(Of({{"1.13", Utf8(std::string(127, 'a'))}}), ElementsAre(Pair("pp_role", std::string(127, 'a'))));
  EXPECT_THAT(Of({{"1.13", Utf8(std::string(255, 'a'))}}), ElementsAre(Pair("pp_role", std::string(255, 'a'))));
}

TEST_F(CertificateLabelsTest, OtherExtensionsAndTheSecretOfARequestAreNoLabels) {
  EXPECT_THAT(Of({{"1.3.6.1.4.1.34380.2.1", Utf8("x")},
                  {"1.3.6.1.4.1.343801.1.1.13", Utf8("x")},
                  {"1.3.6.1.4.1.99999.1.1.13", Utf8("x")},
                  {"4.1", Utf8("x")},
                  {"1.4", Utf8("secret")}}),
              IsEmpty());
}

TEST_F(CertificateLabelsTest, ValuesThatAreNotOneStringAreLeftOut) {
  const std::string long_form = std::string("\x0c\x82\x01\x00", 4) + std::string(256, 'a');
  const std::vector<std::string> bad = {
      "",
      "\x0c",
      "web",                              // no DER
      Utf8("web") + "x",                  // something behind it
      std::string("\x0c\x05web", 5),      // shorter than it says
      std::string("\x0c\x81\x03web", 6),  // not the shortest form of the length
      std::string("\x0c\x80web", 5),      // an open length
      std::string("\x0c\x84\xff\xff\xff\xff", 6),
      std::string("\x0c\x81", 2),
      long_form,
      std::string("\x30\x05\x0c\x03web", 7),  // a string within a sequence
      std::string("\x04\x03web", 5),          // another type
      Utf8("a\nb"),
      Utf8("a\xff"),
      Utf8(std::string("a\0b", 3)),
      Utf8("a\u202e"),
  };
  for (const std::string& der : bad) {
    EXPECT_THAT(Of({{"1.13", der}, {"1.20", Utf8("dmz")}}), ElementsAre(Pair("pp_zone", "dmz")))
        << testing::PrintToString(der);
  }
}

TEST_F(CertificateLabelsTest, TheirNumberIsBounded) {
  std::vector<std::pair<std::string, std::string>> many;
  for (size_t i = 0; i < 3 * kMaxLabels; ++i) many.emplace_back(absl::StrCat("2.", i), Utf8("x"));
  EXPECT_EQ(Of(std::move(many)).size(), kMaxLabels);
}

TEST_F(CertificateLabelsTest, OidsAsLongAsACertificateMayHoldAreNoNames) {
  std::string oid = absl::StrCat(kPuppet, "2");
  for (int i = 0; i < 60; ++i) oid += ".4294967295";
  EXPECT_THAT(Of({{oid, Utf8("x")}, {"2.18446744073709551616.99999999999999999999", Utf8("x")}}), IsEmpty());
}

}  // namespace
}  // namespace orch::auth
