#include "base/net/address.h"

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch {
namespace {

using Kind = Address::Kind;
using testing::AllOf;
using testing::HasSubstr;

struct Good {
  const char* text;
  Kind kind;
  const char* host;
  int port;
  const char* again;  // Text()
};

TEST(AddressTest, ReadsEveryWayToWriteOne) {
  const Good all[] = {
      {"hub.example.com:61613", Kind::kName, "hub.example.com", 61613, "hub.example.com:61613"},
      {"hub", Kind::kName, "hub", kDefaultPort, "hub:61613"},
      {"my_hub-1:1", Kind::kName, "my_hub-1", 1, "my_hub-1:1"},
      {"127.0.0.1", Kind::kIpv4, "127.0.0.1", kDefaultPort, "127.0.0.1:61613"},
      {"10.0.0.1:65535", Kind::kIpv4, "10.0.0.1", 65535, "10.0.0.1:65535"},
      {"[2001:db8::7]:4", Kind::kIpv6, "2001:db8::7", 4, "[2001:db8::7]:4"},
      {"[::1]", Kind::kIpv6, "::1", kDefaultPort, "[::1]:61613"},
      {"2001:db8::7", Kind::kIpv6, "2001:db8::7", kDefaultPort, "[2001:db8::7]:61613"},
      {"::1", Kind::kIpv6, "::1", kDefaultPort, "[::1]:61613"},
  };
  for (const Good& good : all) {
    const absl::StatusOr<Address> address = ParseAddress(good.text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->kind, good.kind) << good.text;
    EXPECT_EQ(address->host, good.host);
    EXPECT_EQ(address->port, good.port);
    EXPECT_EQ(address->path, "");
    EXPECT_EQ(address->Text(), good.again);
    EXPECT_EQ(ParseAddress(address->Text())->Text(), good.again) << "its text is read as the same address";
  }
}

TEST(AddressTest, ReadsAUnixSocket) {
  const absl::StatusOr<Address> address = ParseAddress("unix:/run/orch/hub.sock");
  ASSERT_TRUE(address.ok());
  EXPECT_EQ(address->kind, Kind::kUnix);
  EXPECT_EQ(address->path, "/run/orch/hub.sock");
  EXPECT_EQ(address->host, "");
  EXPECT_EQ(address->Text(), "unix:/run/orch/hub.sock");
  EXPECT_TRUE(ParseAddress(absl::StrCat("unix:/", std::string(kMaxUnixPathBytes - 1, 'p'))).ok());
  EXPECT_FALSE(ParseAddress(absl::StrCat("unix:/", std::string(kMaxUnixPathBytes, 'p'))).ok());
}

TEST(AddressTest, RefusesWhatIsNoneAndSaysWhatOneLooksLike) {
  const std::string texts[] = {"",
                               ":61613",
                               "hub:",
                               "hub:0",
                               "hub:65536",
                               "hub:99999999999999999999",
                               "hub:-1",
                               "hub:+1",
                               "hub: 1",
                               "hub:1x",
                               "hub:0x10",
                               "hub name:1",
                               "-hub:1",
                               ".hub:1",
                               "hub/x:1",
                               "1.2.3:1",
                               "1.2.3.4.5",
                               "256.1.1.1:1",
                               "12345",
                               "[::1",
                               "[::1]x",
                               "[::1]61613",
                               "[]:1",
                               "[1.2.3.4]:1",
                               "[::g]:1",
                               "[fe80::1%eth0]:1",
                               "1:2:3",
                               "::1:61613x",
                               "unix:",
                               "unix:run/hub.sock",
                               std::string("unix:/a\0b", 9),
                               "https://hub:1",
                               "h\xc3\xbc"
                               "b:1",
                               std::string(254, 'h')};
  for (const std::string& text : texts) {
    const absl::StatusOr<Address> address = ParseAddress(text);
    ASSERT_TRUE(absl::IsInvalidArgument(address.status())) << text;
    EXPECT_THAT(std::string(address.status().message()),
                AllOf(HasSubstr("cannot be used"), HasSubstr("HOST:PORT"), HasSubstr("[IPV6]:PORT")));
  }
}

TEST(AddressTest, AServerMayLeaveThePortToTheSystem) {
  EXPECT_FALSE(ParseAddress("127.0.0.1:0").ok());
  ASSERT_TRUE(ParseListenAddress("127.0.0.1:0").ok());
  EXPECT_EQ(ParseListenAddress("127.0.0.1:0")->port, 0);
  EXPECT_EQ(ParseListenAddress("[::]:0")->Text(), "[::]:0");
}

TEST(AddressTest, OnlyThisMachineIsLocal) {
  for (const char* text : {"127.0.0.1", "127.255.0.9:1", "[::1]:1", "localhost", "LocalHost:1", "unix:/a"}) {
    EXPECT_TRUE(ParseAddress(text)->IsLocal()) << text;
    EXPECT_TRUE(CheckPlaintextAddress(*ParseAddress(text)).ok());
  }
  for (const char* text : {"128.0.0.1", "0.0.0.0", "[::]", "[::2]:1", "[::ffff:127.0.0.1]:1", "localhost.evil.org",
                           "127.0.0.1.evil.org", "hub"}) {
    EXPECT_FALSE(ParseAddress(text)->IsLocal()) << text;
    const absl::Status refused = CheckPlaintextAddress(*ParseAddress(text));
    EXPECT_TRUE(absl::IsFailedPrecondition(refused));
    EXPECT_THAT(std::string(refused.message()), HasSubstr("tls.mode"));
  }
}

TEST(AddressTest, AnswersAnyText) {
  std::mt19937 random(20'261'129);
  constexpr char kBytes[] = "0123456789abcdef:.[]-_/unixhub%\0\xff ";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (size_t size = random() % 24; size > 0; --size) text += kBytes[random() % (sizeof kBytes - 1)];
    const absl::StatusOr<Address> address = ParseAddress(text);
    if (!address.ok()) continue;
    const absl::StatusOr<Address> again = ParseAddress(address->Text());
    ASSERT_TRUE(again.ok()) << address->Text();
    EXPECT_EQ(again->Text(), address->Text());
  }
}

}  // namespace
}  // namespace orch
