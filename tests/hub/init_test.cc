#include "services/hub/init.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "auth/hub_tls.h"
#include "auth/keyring.h"
#include "base/config_file.h"
#include "base/durable_file.h"
#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/hub/config.h"

namespace orch::hub {
namespace {

using ::testing::HasSubstr;

class InitTest : public ::testing::Test {
 protected:
  InitTest() {
    std::string path = ::testing::TempDir() + "/hub-init-XXXXXX";
    parent_ = mkdtemp(path.data());
    options_.directory = parent_ + "/orch";
    options_.identity = "hub.example.com";
    options_.listen = "127.0.0.1:0";
  }
  ~InitTest() override { std::filesystem::remove_all(parent_); }

  std::string parent_;
  InitOptions options_;
  SystemRandom random_;
  const absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
};

TEST_F(InitTest, WritesWhatAHubStartsWith) {
  const auto files = InitHub(options_, now_, &random_);
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(files->size(), 11u);
  const auto config = LoadHubConfig(options_.directory + "/hub.yaml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->identity, "hub.example.com");
  const auto keyring = auth::Keyring::Load(config->credentials);
  ASSERT_TRUE(keyring.ok()) << keyring.status();
  const ManualClock clock(now_);
  EXPECT_EQ(config->tls.mode, auth::MtlsMode::kOptional);
  EXPECT_TRUE(auth::HubTls::Load(config->tls, keyring->get(), &clock).ok());
  const auto client = auth::LoadPeerKey(options_.directory + "/client.credentials", auth::PeerKind::kClient, "root");
  ASSERT_TRUE(client.ok()) << client.status();
  EXPECT_FALSE(client->from_psk);
  EXPECT_EQ(client->key.bytes, (*keyring)->DerivedKey(client->key.id, auth::PeerKind::kClient, "root").value());
  // A node's key can never command.
  const auto node =
      auth::LoadPeerKey(options_.directory + "/agent.credentials", auth::PeerKind::kNode, "hub.example.com");
  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_FALSE((*keyring)->DerivedKey(node->key.id, auth::PeerKind::kClient, "hub.example.com").ok());
  for (const char* sample : {"/agent.yaml", "/client.yaml"}) {
    EXPECT_TRUE(ConfigFile::Load(options_.directory + sample).ok());
    EXPECT_THAT(*ReadFile(options_.directory + sample, 4096), HasSubstr("hub: 127.0.0.1:0"));
  }
}

TEST_F(InitTest, MembersOfTheGroupAdministerOverTheSocket) {
  options_.local_group = kAdminGroup;
  ASSERT_TRUE(InitHub(options_, now_, &random_).ok());
  const auto config = LoadHubConfig(options_.directory + "/hub.yaml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->local_group, "orch-admin");
  ASSERT_EQ(config->listen.size(), 2u);
  EXPECT_EQ(config->listen[0].Text(), "127.0.0.1:0");
  EXPECT_EQ(config->listen[1].Text(), "unix:/run/orch/hub.sock");
  EXPECT_THAT(*ReadFile(options_.directory + "/access.yaml", 4096), HasSubstr("unix-group=orch-admin], role: admin"));
}

TEST_F(InitTest, NobodyElseReadsTheKeys) {
  ASSERT_TRUE(InitHub(options_, now_, &random_).ok());
  for (const char* secret :
       {"/credentials", "/tls/hub.key", "/tls/ca.key", "/client.credentials", "/agent.credentials"}) {
    struct stat info {};
    ASSERT_EQ(stat((options_.directory + secret).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u) << secret;
  }
}

TEST_F(InitTest, NeverOverwritesAndThenWritesNothing) {
  std::filesystem::create_directories(options_.directory);
  ASSERT_TRUE(WriteFileDurably(options_.directory + "/client.yaml", "mine", 0644).ok());
  const auto files = InitHub(options_, now_, &random_);
  EXPECT_EQ(files.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(files.status().message()), HasSubstr("client.yaml"));
  EXPECT_FALSE(std::filesystem::exists(options_.directory + "/credentials"));
  EXPECT_EQ(*ReadFile(options_.directory + "/client.yaml", 4096), "mine");
}

TEST_F(InitTest, TwoHubsNeverShareAKey) {
  ASSERT_TRUE(InitHub(options_, now_, &random_).ok());
  const std::string first = *ReadFile(options_.directory + "/credentials", 4096);
  std::filesystem::remove_all(options_.directory);
  ASSERT_TRUE(InitHub(options_, now_, &random_).ok());
  EXPECT_NE(*ReadFile(options_.directory + "/credentials", 4096), first);
}

TEST_F(InitTest, RefusesNamesAndAddressesThatCannotWork) {
  options_.identity = "a b";
  EXPECT_EQ(InitHub(options_, now_, &random_).status().code(), absl::StatusCode::kInvalidArgument);
  options_.identity = "hub";
  options_.listen = "localhost:99999";
  EXPECT_THAT(std::string(InitHub(options_, now_, &random_).status().message()), HasSubstr("port"));
}

TEST_F(InitTest, MakesTheFolderWithItsParents) {
  options_.directory += "/deeper/orch";
  EXPECT_TRUE(InitHub(options_, now_, &random_).ok());
  options_.directory = "/proc/no/such";
  EXPECT_THAT(std::string(InitHub(options_, now_, &random_).status().message()), HasSubstr("/proc/no/such"));
}

TEST_F(InitTest, PeersFindAHubThatListensEverywhereByItsName) {
  options_.listen = "0.0.0.0:61613";
  ASSERT_TRUE(InitHub(options_, now_, &random_).ok());
  EXPECT_THAT(*ReadFile(options_.directory + "/agent.yaml", 4096), HasSubstr("hub: hub.example.com:61613"));
}

}  // namespace
}  // namespace orch::hub
