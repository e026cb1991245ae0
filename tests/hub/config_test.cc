#include "services/hub/config.h"

#include "base/config_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<HubConfig> Read(const std::string& yaml) {
  auto file = ConfigFile::Parse(yaml, "hub.yaml");
  if (!file.ok()) return file.status();
  return ReadHubConfig(*file);
}
std::string ErrorOf(const std::string& yaml) {
  const auto config = Read(yaml);
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument) << config.status();
  return std::string(config.status().message());
}

std::vector<std::string> Listening(const HubConfig& config) {
  std::vector<std::string> texts;
  for (const Address& address : config.listen) texts.push_back(address.Text());
  return texts;
}

TEST(HubConfigTest, AnEmptyFileIsAGoodConfiguration) {
  const auto config = Read("");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(Listening(*config), ElementsAre("0.0.0.0:61613"));
  EXPECT_EQ(config->max_nodes, 20'000u);
  EXPECT_EQ(config->heartbeat, absl::Seconds(30));
  EXPECT_FALSE(config->plaintext);
  EXPECT_FALSE(config->identity.empty());
}

TEST(HubConfigTest, ReadsEveryKey) {
  const auto config = Read(R"(
listen: [127.0.0.1:0, "unix:/run/orch/hub.sock"]
port_file: /tmp/p
identity: hub.example.com
credentials: /c
tls: {mode: on, certificate: /crt, key: /key}
mtls: {mode: required, ca: /ca}
heartbeat: 5s
stale_after: 20s
limits: {nodes: 5, clients: 6, jobs: 7, handshakes: 8, unauthenticated_per_source: 9}
store: memory
job_retention: {count: 10, age: 2h, megabytes: 64}
shutdown_grace: 1s
log: {level: debug, format: json, file: /l}
)");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(Listening(*config), ElementsAre("127.0.0.1:0", "unix:/run/orch/hub.sock"));
  EXPECT_EQ(config->tls.mode, auth::MtlsMode::kRequired);
  EXPECT_EQ(config->tls.client_ca_file, "/ca");
  EXPECT_EQ(config->max_nodes + config->max_clients + config->max_jobs, 18u);
  EXPECT_EQ(config->max_handshakes + config->max_unauthenticated_per_source, 17u);
  EXPECT_EQ(config->retain_age, absl::Hours(2));
  EXPECT_EQ(config->retain_bytes, 64u << 20);
  EXPECT_EQ(config->store, kStoreInMemory);
  EXPECT_EQ(config->log_level, LogLevel::kDebug);
  EXPECT_TRUE(config->log_json);
}

TEST(HubConfigTest, NamesTheLineOfAnUnknownKeyAndTheNearest) {
  EXPECT_THAT(ErrorOf("\nlisten: 127.0.0.1:0\nhartbeat: 5s\n"), AllOf(HasSubstr("3"), HasSubstr("heartbeat")));
}

TEST(HubConfigTest, RefusesAddressesItCannotListenOn) {
  EXPECT_THAT(ErrorOf("identity: a\nlisten: 0.0.0.0:99999\n"), AllOf(HasSubstr(":2: listen"), HasSubstr("65535")));
  EXPECT_THAT(ErrorOf("listen: '[::1'\n"), HasSubstr("bracket"));
  EXPECT_THAT(Listening(*Read("listen: 127.0.0.1\n")), ElementsAre("127.0.0.1:61613"));
}

TEST(HubConfigTest, RefusesPlaintextAwayFromLoopback) {
  EXPECT_THAT(ErrorOf("listen: 0.0.0.0:61613\ntls: {mode: plaintext}\n"), HasSubstr("listen"));
  EXPECT_TRUE(Read("listen: 127.0.0.1:61613\ntls: {mode: plaintext}\n").ok());
  EXPECT_TRUE(Read("listen: unix:/run/hub.sock\ntls: {mode: plaintext}\n").ok());
}

TEST(HubConfigTest, RefusesWhatCannotWorkTogether) {
  EXPECT_THAT(ErrorOf("heartbeat: 60s\nstale_after: 30s\n"), HasSubstr("longer than heartbeat"));
  EXPECT_THAT(ErrorOf("listen: 127.0.0.1:1\ntls: {mode: plaintext}\nmtls: {mode: optional, ca: /x}\n"),
              HasSubstr("tls.mode"));
  EXPECT_THAT(ErrorOf("identity: 'a b'\n"), HasSubstr("identity"));
  EXPECT_THAT(ErrorOf("limits: {nodes: 0}\n"), HasSubstr("limits.nodes"));
  EXPECT_THAT(ErrorOf("store: jobs.db\n"), HasSubstr("absolute path"));
}

TEST(HubConfigTest, SaysWhichFileIsMissing) {
  EXPECT_THAT(std::string(LoadHubConfig("/nonexistent/hub.yaml").status().message()),
              HasSubstr("/nonexistent/hub.yaml"));
}

}  // namespace
}  // namespace orch::hub
