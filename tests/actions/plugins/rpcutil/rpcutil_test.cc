#include <unistd.h>

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/version.h"
#include "gmock/gmock.h"
#include "tests/actions/core/fake_node.h"

namespace orch::actions {
namespace {

using ::testing::HasSubstr;

using RpcutilTest = ActionTest;
using DataFunctionTest = ActionTest;
using CatalogTest = ActionTest;

TEST_F(CatalogTest, HoldsEveryBuiltInPluginOrSaysWhyNot) {
  const auto catalog = BuiltinCatalog(options_, &node_.clock);
  for (const char* always : {"filemgr", "nrpe", "package", "process", "rpcutil", "service"}) {
    EXPECT_NE(catalog->Find(always), nullptr) << always;
  }
  for (const Catalog::Problem& problem : catalog->problems()) {
    EXPECT_EQ(catalog->Find(problem.plugin), nullptr);
    EXPECT_EQ(problem.plugin.substr(0, 6), "puppet") << "only these need a program that may be missing";
    EXPECT_FALSE(problem.reason.empty());
  }
  EXPECT_EQ(catalog->plugins().size() + catalog->problems().size(), 10u);
  EXPECT_EQ(catalog->Find("nosuch"), nullptr);
}

TEST_F(CatalogTest, SaysWhichActionsChangeTheNode) {
  const auto catalog = BuiltinCatalog(options_, &node_.clock);
  const auto impact = [&](const char* plugin, const char* action) {
    return catalog->Find(plugin)->ddl()->FindAction(action)->impact;
  };
  for (const auto& [name, action] : catalog->Find("rpcutil")->ddl()->actions) {
    EXPECT_EQ(action.impact, ddl::Impact::kRead) << name;
  }
  EXPECT_EQ(impact("package", "checkupdates"), ddl::Impact::kRead);
  EXPECT_EQ(impact("package", "install"), ddl::Impact::kChange);
  EXPECT_EQ(impact("service", "status"), ddl::Impact::kRead);
  EXPECT_EQ(impact("service", "restart"), ddl::Impact::kChange);
  EXPECT_EQ(catalog->Find("package")->MaxConcurrency("install"), 1);
  EXPECT_EQ(catalog->Find("package")->MaxConcurrency("status"), 0);
  EXPECT_EQ(catalog->Find("package")->ConcurrencySlot("install"), catalog->Find("package")->ConcurrencySlot("purge"));
}

TEST_F(CatalogTest, UsesTheLabelsPeopleKnow) {
  const auto catalog = BuiltinCatalog(options_, &node_.clock);
  const auto label = [&](const char* plugin, const char* action, const char* output) {
    return catalog->Find(plugin)->ddl()->FindAction(action)->FindOutput(output)->display_as;
  };
  EXPECT_EQ(label("package", "checkupdates", "outdated_packages"), "Outdated Packages");
  EXPECT_EQ(label("package", "checkupdates", "output"), "Output");
  EXPECT_EQ(label("package", "checkupdates", "exitcode"), "Exit Code");
  EXPECT_EQ(label("package", "checkupdates", "package_manager"), "Package Manager");
  EXPECT_EQ(label("service", "status", "status"), "Service Status");
  EXPECT_EQ(label("rpcutil", "ping", "pong"), "Timestamp");
  EXPECT_EQ(label("rpcutil", "daemon_stats", "unvalidated"), "Failed Security");
}

TEST_F(RpcutilTest, PingAnswersWithTheTimeAndFindWithTheIdentity) {
  const int64_t now = absl::ToUnixSeconds(node_.clock.Now());
  const Reply ping = Run("rpcutil", "ping");
  EXPECT_EQ(ping.status_code, kOk);
  EXPECT_NEAR(ping.data["pong"].get<int64_t>(), now, 5);
  EXPECT_EQ(Run("rpcutil", "find").data, (Json{{"identity", "web1.example.com"}}));
}

TEST_F(RpcutilTest, InventoryHoldsEverySection) {
  const Json data = Run("rpcutil", "inventory").data;
  EXPECT_EQ(data["agents"], Json({"rpcutil"}));
  EXPECT_EQ(data["facts"], node_.facts);
  EXPECT_EQ(data["classes"], Json({"role::web", "ntp"}));
  EXPECT_EQ(data["collectives"], Json({"mcollective", "eu"}));
  EXPECT_EQ(data["main_collective"], "mcollective");
  EXPECT_EQ(data["version"], kVersion);
  EXPECT_EQ(data["data_plugins"], Json(BuiltinDataFunctionNames()));
}

TEST_F(RpcutilTest, FactsAreFoundByWholeNameThenByPath) {
  EXPECT_EQ(Run("rpcutil", "get_fact", {{"fact", "osfamily"}}).data, (Json{{"fact", "osfamily"}, {"value", "Debian"}}));
  EXPECT_EQ(Run("rpcutil", "get_fact", {{"fact", "a.b"}}).data["value"], "whole key");
  EXPECT_EQ(Run("rpcutil", "get_fact", {{"fact", "os.release.major"}}).data["value"], 12);
  EXPECT_EQ(Run("rpcutil", "get_fact", {{"fact", "nics.1.ip"}}).data["value"], "10.0.0.2");
  for (const char* missing : {"nosuch", "nics.01.ip", "nics.2.ip", "nics.-1", "osfamily.x", "os..family", "."}) {
    const Reply reply = Run("rpcutil", "get_fact", {{"fact", missing}});
    EXPECT_EQ(reply.status_code, kOk) << missing;
    EXPECT_TRUE(reply.data["value"].is_null()) << missing;
  }
  EXPECT_EQ(Run("rpcutil", "get_facts", {{"facts", "osfamily , nosuch,os.family"}}).data["values"],
            (Json{{"osfamily", "Debian"}, {"nosuch", nullptr}, {"os.family", "Debian"}}));
}

TEST_F(RpcutilTest, WrongInputsAreRefusedWithTheirCode) {
  EXPECT_EQ(Run("rpcutil", "get_fact").status_code, kMissingInput);
  EXPECT_EQ(Run("rpcutil", "get_fact", {{"fact", "bad value!"}}).status_code, kInvalidInput);
  EXPECT_EQ(Run("rpcutil", "get_facts", {{"facts", "a,,b"}}).status_code, kInvalidInput);
  EXPECT_EQ(Run("rpcutil", "nosuch").status_code, kUnknownAction);
}

TEST_F(RpcutilTest, StatisticsAlwaysNameTheVersion) {
  const Json data = Run("rpcutil", "daemon_stats").data;
  EXPECT_EQ(data["pid"], 4711);
  EXPECT_EQ(data["version"], kVersion);
}

TEST_F(RpcutilTest, ListsPluginsAndCollectives) {
  const Json agents = Run("rpcutil", "agent_inventory").data["agents"];
  ASSERT_EQ(agents.size(), 1u);
  EXPECT_EQ(agents[0]["agent"], "rpcutil");
  EXPECT_EQ(agents[0]["timeout"], 10);
  EXPECT_EQ(Run("rpcutil", "collective_info").data,
            (Json{{"main_collective", "mcollective"}, {"collectives", {"mcollective", "eu"}}}));
}

TEST_F(RpcutilTest, ConfigItemsAndDataComeFromTheNode) {
  EXPECT_EQ(Run("rpcutil", "get_config_item", {{"item", "collectives"}}).data["value"], Json({"mcollective", "eu"}));
  EXPECT_EQ(Run("rpcutil", "get_config_item", {{"item", "psk"}}).status_code, kAborted);
  EXPECT_EQ(Run("rpcutil", "get_data", {{"source", "collective"}, {"query", "eu"}}).data, (Json{{"member", true}}));
  EXPECT_EQ(Run("rpcutil", "get_data", {{"source", "nosuch"}}).status_code, kAborted);
}

TEST_F(DataFunctionTest, FactTellsMissingScalarAndContainerApart) {
  const auto fact = [&](const char* name) { return *node_.CallDataFunction("fact", {name}); };
  EXPECT_EQ(fact("os.family"), (Json{{"exists", true}, {"value", "Debian"}, {"value_encoding", "text/plain"}}));
  EXPECT_EQ(fact("os.release"),
            (Json{{"exists", true}, {"value", R"({"major":12})"}, {"value_encoding", "application/json"}}));
  EXPECT_EQ(fact("no.such"), (Json{{"exists", false}, {"value", false}, {"value_encoding", false}}));
}

TEST_F(DataFunctionTest, AgentAnswersForKnownPluginsOnly) {
  EXPECT_EQ((*node_.CallDataFunction("agent", {"rpcutil"}))["version"], "1.0.0");
  EXPECT_EQ((*node_.CallDataFunction("plugin", {"rpcutil"}))["timeout"], 10);
  EXPECT_EQ(node_.CallDataFunction("agent", {"nosuch"}).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(DataFunctionTest, CollectiveTellsMembership) {
  EXPECT_EQ(*node_.CallDataFunction("collective", {"eu"}), (Json{{"member", true}}));
  EXPECT_EQ(*node_.CallDataFunction("collective", {"us"}), (Json{{"member", false}}));
}

TEST_F(DataFunctionTest, WrongCallsAreRefused) {
  EXPECT_THAT(node_.CallDataFunction("nosuch", {"x"}).status().message(), HasSubstr("known: agent"));
  EXPECT_EQ(node_.CallDataFunction("fact", {}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(node_.CallDataFunction("fact", {""}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(node_.CallDataFunction("fact", {"a", "b"}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(node_.CallDataFunction("agent", {std::string(21, 'a')}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(node_.CallDataFunction("fstat", {std::string("/etc\0x", 6)}).ok());
}

TEST_F(DataFunctionTest, FstatDescribesAFile) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/orch_fstat_", getpid());
  std::ofstream(path) << "hello\n";
  const Json data = *node_.CallDataFunction("fstat", {path});
  EXPECT_EQ(data["present"], 1);
  EXPECT_EQ(data["output"], "present");
  EXPECT_EQ(data["name"], path);
  EXPECT_EQ(data["size"], 6);
  EXPECT_EQ(data["md5"], "b1946ac92492d2347c6235b4d2611184");
  EXPECT_EQ(data["type"], "file");
  EXPECT_EQ(data["uid"], getuid());
  EXPECT_THAT(data["mode"].get<std::string>(), ::testing::StartsWith("100"));
  EXPECT_THAT(data["mtime"].get<std::string>(), ::testing::MatchesRegex("....-..-.. ..:..:.."));
  EXPECT_LT(data["mtime_age"].get<int64_t>(), 60);
  unlink(path.c_str());
}

TEST_F(DataFunctionTest, FstatAnswersForWhatIsNotAFile) {
  const Json absent = *node_.CallDataFunction("fstat", {"/no/such/file"});
  EXPECT_EQ(absent["present"], 0);
  EXPECT_EQ(absent["mode"], "0000");
  EXPECT_EQ(absent["type"], "unknown");
  EXPECT_EQ(absent["output"], "not present");
  EXPECT_EQ((*node_.CallDataFunction("fstat", {"/"}))["type"], "directory");
  EXPECT_EQ((*node_.CallDataFunction("fstat", {"/"}))["md5"], 0);
  EXPECT_EQ((*node_.CallDataFunction("fstat", {"/dev/null"}))["type"], "chardev");
}

}  // namespace
}  // namespace orch::actions
