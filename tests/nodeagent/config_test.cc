#include "services/nodeagent/config.h"

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "base/config_file.h"
#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/nodeagent/facts/classes_file.h"
#include "services/nodeagent/gate/seen_jobs.h"
#include "services/nodeagent/memory_tidy.h"
#include "services/nodeagent/state/agent_state.h"
#include "tests/nodeagent/fakes.h"

namespace orch::nodeagent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<AgentConfig> Read(const std::string& text) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Parse(text, "agent.yaml");
  if (!file.ok()) return file.status();
  return ReadAgentConfig(*file, "agent.yaml", "host.example.com");
}

std::string Problem(const std::string& text) { return std::string(Read(text).status().message()); }

TEST(AgentConfigTest, NeedsOnlyTheHub) {
  const AgentConfig config = Read("hub: hub.example.com\n").value();
  EXPECT_THAT(config.HubNames(), ElementsAre("hub.example.com:61613"));
  EXPECT_EQ(config.identity, "host.example.com");
  EXPECT_EQ(config.credentials, "/etc/orch/credentials");
  EXPECT_THAT(config.collectives, ElementsAre("mcollective"));
  EXPECT_EQ(config.main_collective, "mcollective");
  EXPECT_EQ(config.facts.interval, absl::Seconds(300));
  EXPECT_EQ(config.workers, 8);
  EXPECT_EQ(config.queue, 100);
  EXPECT_EQ(config.reconnect_max, absl::Seconds(60));
}

TEST(AgentConfigTest, ReadsEveryPart) {
  const AgentConfig config = Read(R"(hub: [a:1, "unix:/run/orch/hub.sock", b:2]
identity: web1.example.com
collectives: [eu, web]
main_collective: web
facts: {files: [/a.yaml, /b.yaml], directory: /d, facter: off, builtin: false, interval: 60s, timeout: 5s}
classes_files: [/c.txt]
tasks: {workers: 2, queue: 5}
reconnect: {min: 100ms, max: 2s}
plugin: {package: {provider: apt}, service: {provider: auto}}
log: {level: debug, format: json}
)")
                                 .value();
  EXPECT_EQ(config.hubs.size(), 3u);
  EXPECT_EQ(config.main_collective, "web");
  EXPECT_THAT(config.facts.files, ElementsAre("/a.yaml", "/b.yaml"));
  EXPECT_FALSE(config.facts.builtin);
  EXPECT_EQ(config.plugin_settings.at("package.provider"), "apt");
  EXPECT_EQ(config.reconnect_min, absl::Milliseconds(100));
  EXPECT_TRUE(config.log_json);
}

TEST(AgentConfigTest, NamesTheLineOfEveryError) {
  EXPECT_THAT(Problem("identity: a\n"), HasSubstr("hub"));
  EXPECT_THAT(Problem("hub: '[::1]:0'\n"), HasSubstr("agent.yaml:1: hub"));
  EXPECT_THAT(Problem("\nhub: 10.0.0.1:99999\n"), HasSubstr("a number from 1 to 65535"));
  EXPECT_THAT(Problem("hub: a:1\nidentity: 'a b'\n"), HasSubstr("agent.yaml:2: identity"));
  EXPECT_THAT(Problem("hub: a:1\n\ntasks:\n  workers: 0\n"), HasSubstr("agent.yaml:4: tasks.workers"));
  EXPECT_THAT(Problem("hub: a:1\nfacts:\n  facter: maybe\n"), HasSubstr("agent.yaml:3: facts.facter"));
  EXPECT_THAT(Problem("hub: a:1\ncollectives: [x]\nmain_collective: y\n"), HasSubstr("agent.yaml:3: main_collective"));
  EXPECT_THAT(Problem("hub: a:1\nreconnect: {min: 10s, max: 1s}\n"), HasSubstr("reconnect.max"));
  EXPECT_THAT(Problem("hub: a:1\ntls: {key: /k}\n"), HasSubstr("tls.certificate"));
  EXPECT_THAT(Problem("hub: a:1\nidentiy: b\n"), HasSubstr("identity"));
  EXPECT_THAT(Problem("hub: hub.example.com:1\ntls: {mode: plaintext}\n"), HasSubstr("agent.yaml:2: tls.mode"));
}

TEST(AgentConfigTest, ShowsNoSecrets) {
  const AgentConfig config =
      Read(
          "hub: a:1\ncredentials: /etc/orch/credentials\ntls: {ca: /a, certificate: /c, key: /k}\n"
          "plugin: {package: {provider: apt}, x: {api_token: hush, password: hush}}\n")
          .value();
  const std::map<std::string, Json> shown = config.Public();
  EXPECT_EQ(shown.at("plugin.package.provider"), "apt");
  EXPECT_EQ(shown.at("main_collective"), "mcollective");
  for (const auto& [name, value] : shown) {
    EXPECT_EQ(DumpJson(value).find("hush"), std::string::npos) << name;
    EXPECT_THAT(name, testing::Not(HasSubstr("credentials")));
    EXPECT_THAT(name, testing::Not(HasSubstr("key")));
  }
}

TEST(ClassesTest, SortsNamesAndDropsBlanksAndRepeats) {
  const Classes classes = ParseClasses("settings\n\n  role::web \nntp\nntp\n", "classes.txt");
  EXPECT_THAT(classes.names, ElementsAre("ntp", "role::web", "settings"));
  EXPECT_EQ(classes.problem, "");
}

TEST(ClassesTest, LeavesOutLinesThatAreNoNames) {
  const Classes classes = ParseClasses("good\n\xff\xfe\n" + std::string(600, 'x') + "\n", "classes.txt");
  EXPECT_THAT(classes.names, ElementsAre("good"));
  EXPECT_THAT(classes.problem, HasSubstr("2 lines"));
}

TEST(ClassesTest, TakesTheFirstFileThatExists) {
  const std::string folder = absl::StrCat(testing::TempDir(), "/classes_", getpid());
  std::filesystem::create_directories(folder);
  const std::vector<std::string> paths = {folder + "/none", folder + "/one", folder + "/two"};
  ClassesFile file;
  EXPECT_TRUE(file.Read(paths).names.empty());
  EXPECT_EQ(file.Read(paths).problem, "");
  const std::string before = ClassesStamp(paths);
  std::ofstream(paths[2]) << "b\n";
  EXPECT_THAT(file.Read(paths).names, ElementsAre("b"));
  EXPECT_NE(ClassesStamp(paths), before);
  std::ofstream(paths[1]) << "a\n";
  EXPECT_THAT(file.Read(paths).names, ElementsAre("a"));
  std::filesystem::create_directories(paths[0]);
  const Classes unreadable = file.Read(paths);
  EXPECT_TRUE(unreadable.names.empty());
  EXPECT_THAT(unreadable.problem, HasSubstr("no classes"));
  std::filesystem::remove_all(folder);
}

TEST(ClassesTest, ReadsAByteOrderMarkAndCrlf) {
  const Classes classes = ParseClasses("\xEF\xBB\xBFrole::web\r\nsettings\r\n", "classes.txt");
  EXPECT_THAT(classes.names, ElementsAre("role::web", "settings"));
  EXPECT_EQ(classes.problem, "");
}

TEST(ClassesTest, KeepsTheLastClassesOfAFileThatIsEmptyForAMoment) {
  const std::string path = absl::StrCat(testing::TempDir(), "/classes_empty_", getpid());
  ClassesFile file;
  std::ofstream(path) << "";
  EXPECT_TRUE(file.Read({path}).names.empty());
  std::ofstream(path) << "role::cache\n";
  EXPECT_THAT(file.Read({path}).names, ElementsAre("role::cache"));
  std::ofstream(path) << "";
  EXPECT_THAT(file.Read({path}).names, ElementsAre("role::cache"));
  EXPECT_THAT(file.Read({path}).problem, HasSubstr("is empty; its last good classes are kept"));
  std::ofstream(path) << "role::web\n";
  EXPECT_THAT(file.Read({path}).names, ElementsAre("role::web"));
  EXPECT_EQ(file.Read({path}).problem, "");
  std::filesystem::remove(path);
  EXPECT_TRUE(file.Read({path}).names.empty());
}

ElfW(Phdr) Segment(uint32_t type, uint32_t flags, size_t address, size_t size) {
  ElfW(Phdr) segment{};
  segment.p_type = type;
  segment.p_flags = flags;
  segment.p_vaddr = address;
  segment.p_filesz = segment.p_memsz = size;
  return segment;
}

TEST(MemoryTidyTest, LetsGoOfWholePagesThatTheFileHas) {
  for (const uint32_t flags : {uint32_t{PF_R}, uint32_t{PF_R | PF_X}}) {
    const PageRange range = FindCleanPages(Segment(PT_LOAD, flags, 0x1800, 0x3000), 0x70000, 0x1000);
    EXPECT_EQ(range.begin, 0x72000u);
    EXPECT_EQ(range.size, 0x2000u);
  }
}

TEST(MemoryTidyTest, KeepsEverythingElse) {
  EXPECT_EQ(FindCleanPages(Segment(PT_LOAD, PF_R | PF_W, 0x1000, 0x3000), 0x70000, 0x1000).size, 0u);
  EXPECT_EQ(FindCleanPages(Segment(PT_GNU_RELRO, PF_R, 0x1000, 0x3000), 0x70000, 0x1000).size, 0u) << "is relocated";
  EXPECT_EQ(FindCleanPages(Segment(PT_LOAD, PF_R, 0x1001, 0x1ffe), 0x70000, 0x1000).size, 0u) << "no whole page";
  EXPECT_EQ(FindCleanPages(Segment(PT_LOAD, PF_R, 0x1001, 0), 0x70000, 0x1000).size, 0u);
}

TEST(MemoryTidyTest, TheProgramRunsOn) {
  TidyMemory();
  EXPECT_EQ(absl::StrCat("still ", 1, " here"), "still 1 here");
}

TEST(SeenJobsTest, ForgetsOnlyTheOldest) {
  SeenJobs seen;
  for (size_t i = 0; i <= SeenJobs::kMaxSeenJobs; ++i) EXPECT_TRUE(seen.Insert(absl::StrCat("job", i)));
  EXPECT_FALSE(seen.Contains("job0"));
  EXPECT_TRUE(seen.Contains("job1"));
  EXPECT_FALSE(seen.Insert(absl::StrCat("job", SeenJobs::kMaxSeenJobs)));
}

TEST(AgentStateTest, CountsAsMcollectiveNamesIt) {
  ManualClock clock;
  auto plugin = std::make_shared<FakePlugin>([](const auto&, const auto&) { return actions::Reply(); });
  AgentState state(&clock, {.config_file = "/etc/orch/agent.yaml", .public_config = {{"identity", "node1"}}},
                   MakeMoment(plugin));
  ++state.counters().total;
  const Json stats = state.DaemonStats();
  EXPECT_EQ(stats["total"], 1);
  EXPECT_EQ(stats["agents"], Json({"fake"}));
  EXPECT_EQ(stats["starttime"], absl::ToUnixSeconds(clock.Now()));
  EXPECT_EQ(stats["configfile"], "/etc/orch/agent.yaml");
  EXPECT_GE(stats["threads"].size(), 1u);
  for (const char* name :
       {"validated", "unvalidated", "passed", "filtered", "replies", "ttlexpired", "pid", "times", "version"}) {
    EXPECT_TRUE(stats.contains(name)) << name;
  }
  EXPECT_EQ(state.ConfigItem("identity").value(), "node1");
  EXPECT_TRUE(absl::IsNotFound(state.ConfigItem("credentials").status()));
  EXPECT_EQ(state.Plugins()[0].timeout, absl::Seconds(60));
}

}  // namespace
}  // namespace orch::nodeagent
