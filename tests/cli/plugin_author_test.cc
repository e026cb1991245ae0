// Writing plugins: what generate writes is right and runs, what validate finds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/durable_file.h"
#include "base/json.h"
#include "base/process/process.h"
#include "base/process/process_spec.h"
#include "cli/commands/plugin_names.h"
#include "tests/cli/run_cli.h"

namespace orch::cli {
namespace {

using ::testing::AllOf;
using testing::CliResult;
using ::testing::HasSubstr;
using testing::RunCli;

constexpr char kRequest[] =
    R"({"protocol":"io.choria.mcorpc.external.v1.rpc_request","agent":"hello","action":"greet","requestid":"1",
"senderid":"x","callerid":"client=x","collective":"mcollective","ttl":60,"msgtime":1,"data":{"message":"it's \"me\" $HOME"}})";
constexpr char kActivation[] = R"({"protocol":"io.choria.mcorpc.external.v1.activation_request","agent":"hello"})";

class PluginAuthorTest : public ::testing::Test {
 protected:
  PluginAuthorTest() : dir_(testing::NewTempDir()) {}
  CliResult Generate(const std::string& language) {
    return RunCli(
        {"plugin", "generate", "agent", "hello", "--actions", "greet,leave", "--language", language, "-o", dir_});
  }
  // What the program answers, called as a node does.
  Json Call(const std::string& request, const std::string& protocol) {
    EXPECT_TRUE(WriteFileDurably(dir_ + "/request", request, 0600).ok());
    ProcessSpec spec;
    spec.argv = {dir_ + "/hello", dir_ + "/request", dir_ + "/reply", protocol};
    spec.env = {{"CHORIA_EXTERNAL_REQUEST", dir_ + "/request"},
                {"CHORIA_EXTERNAL_REPLY", dir_ + "/reply"},
                {"CHORIA_EXTERNAL_PROTOCOL", protocol}};
    const auto run = RunProcess(spec, clock_);
    EXPECT_TRUE(run.ok() && run->ok()) << run.status() << (run.ok() ? run->err : "");
    return ParseJson(ReadFile(dir_ + "/reply", 10'000).value_or("{}"), "reply").value_or(Json());
  }

  SystemClock clock_;
  const std::string dir_;
};

TEST_F(PluginAuthorTest, WhatIsGeneratedIsValidAndRuns) {
  for (const char* language : {"shell", "python"}) {
    std::filesystem::remove(dir_ + "/hello");
    std::filesystem::remove(dir_ + "/hello.json");
    const CliResult written = Generate(language);
    ASSERT_EQ(written.code, 0) << written.err;
    EXPECT_THAT(written.out, AllOf(HasSubstr("orchctl plugin validate " + dir_ + "/hello.json"),
                                   HasSubstr("orchctl hello greet --message hello")));
    const CliResult valid = RunCli({"plugin", "validate", dir_ + "/hello.json"});
    EXPECT_EQ(valid.code, 0) << valid.out;
    EXPECT_EQ(valid.out, dir_ + "/hello.json: OK, hello 0.1.0, external, 2 actions\n");
    EXPECT_EQ(Call(kRequest, "io.choria.mcorpc.external.v1.rpc_request"),
              Json::parse(R"({"statuscode":0,"statusmsg":"OK","data":{"message":"it's \"me\" $HOME"}})"))
        << language;
    EXPECT_EQ(Call(kActivation, "io.choria.mcorpc.external.v1.activation_request"), Json({{"activate", true}}));
  }
}

TEST_F(PluginAuthorTest, AGeneratedWorkerAnswersLineByLine) {
  ASSERT_EQ(Generate("worker-python").code, 0);
  EXPECT_EQ(RunCli({"plugin", "validate", dir_}).code, 0);
  ProcessSpec spec;
  spec.argv = {dir_ + "/hello"};
  spec.stdin_text = absl::StrCat(R"({"protocol":"rpc_request","action":"leave","data":{"message":"bye"}})", "\n",
                                 R"({"protocol":"rpc_request","action":"nosuch","data":{}})", "\n");
  const auto run = RunProcess(spec, clock_);
  ASSERT_TRUE(run.ok());
  EXPECT_EQ(run->out,
            "{\"statuscode\": 0, \"statusmsg\": \"OK\", \"data\": {\"message\": \"bye\"}}\n"
            "{\"statuscode\": 2, \"statusmsg\": \"no such action\", \"data\": {}}\n");
}

TEST_F(PluginAuthorTest, ExistingFilesAreKeptWithoutForce) {
  ASSERT_EQ(Generate("shell").code, 0);
  const CliResult again = Generate("shell");
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.err, HasSubstr("hello.json is there already; --force writes over it"));
  EXPECT_EQ(RunCli({"plugin", "generate", "agent", "hello", "--actions", "x", "-o", dir_, "--force"}).code, 0);
}

TEST_F(PluginAuthorTest, WrongNamesAreRefused) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{}, "only agents can be generated"},
      {{"data", "x"}, "only agents can be generated"},
      {{"agent", "Bad-Name", "--actions", "a"}, "is no plugin name"},
      {{"agent", "rpcutil", "--actions", "a"}, "a plugin built into the node has this name"},
      {{"agent", "shell", "--actions", "a"}, "a plugin built into the node has this name"},
      {{"agent", "find", "--actions", "a"}, "'orchctl find' is a command of its own"},
      {{"agent", "rpc", "--actions", "a"}, "'orchctl rpc' is a command of its own"},
      {{"agent", "x"}, "name 1 to 50 actions"},
      {{"agent", "x", "--actions", "a,a"}, "action 'a' twice"},
      {{"agent", "x", "--actions", "a;rm"}, "'a;rm' is no action's name"},
      {{"agent", "x", "--actions", "a", "--language", "perl"}, "none of shell, python, worker-python"},
      {{"agent", "x", "--actions", "a", "-o", "/proc/x"}, "cannot make folder /proc/x"}};
  for (auto [words, message] : cases) {
    words.insert(words.begin(), {"plugin", "generate"});
    const CliResult result = RunCli(words);
    EXPECT_EQ(result.code, 1) << words.back();
    EXPECT_THAT(result.err, HasSubstr(message));
  }
}

TEST_F(PluginAuthorTest, ValidateNamesPlaceAndRemedy) {
  ASSERT_EQ(Generate("shell").code, 0);
  const std::string ddl = *ReadFile(dir_ + "/hello.json", 100'000);
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = ddl;
    text.replace(text.find(from), from.size(), to);
    EXPECT_TRUE(WriteFileDurably(dir_ + "/hello.json", text, 0644).ok());
    const CliResult result = RunCli({"plugin", "validate", dir_ + "/hello.json"});
    EXPECT_EQ(result.code, 1) << to;
    EXPECT_THAT(result.err, HasSubstr("1 of 1 plugins would not load"));
    return result.out;
  };
  EXPECT_THAT(changed("\"shellsafe\"", "\"shelsafe\""), AllOf(HasSubstr("actions[0].input"), HasSubstr("shellsafe")));
  EXPECT_THAT(changed("\"name\": \"hello\"", "\"name\": \"other\""), HasSubstr("must be called other.json"));
  EXPECT_THAT(changed("\"external\"", "\"magic\""), HasSubstr("'magic' is not known; give external, worker"));
  EXPECT_THAT(changed("{", "["), HasSubstr("wrong"));

  ASSERT_TRUE(WriteFileDurably(dir_ + "/hello.json", ddl, 0644).ok());
  ASSERT_EQ(::chmod((dir_ + "/hello").c_str(), 0666), 0);
  const std::string mode = RunCli({"plugin", "validate", dir_}).out;
  EXPECT_THAT(mode,
              AllOf(HasSubstr("cannot be executed; chmod 755"), HasSubstr("can be written by others (mode 0666)")));
  std::filesystem::remove(dir_ + "/hello");
  EXPECT_THAT(RunCli({"plugin", "validate", dir_}).out,
              HasSubstr("its program is not there: put it at " + dir_ + "/hello"));
  const Json json = ParseJson(RunCli({"plugin", "validate", dir_, "-j"}).out, "output").value_or(Json());
  EXPECT_EQ(json[0]["ok"], false);
}

TEST_F(PluginAuthorTest, ValidateRefusesNamesThatCannotWork) {
  for (const char* name : {"service", "job", "discover"}) {
    ASSERT_EQ(Generate("shell").code, 0);
    std::string ddl = *ReadFile(dir_ + "/hello.json", 100'000);
    const std::string written = "\"name\": \"hello\"";
    ddl.replace(ddl.find(written), written.size(), absl::StrCat("\"name\": \"", name, "\""));
    const std::string base = absl::StrCat(dir_, "/", name);
    ASSERT_TRUE(WriteFileDurably(base + ".json", ddl, 0644).ok());
    std::filesystem::rename(dir_ + "/hello", base);
    std::filesystem::remove(dir_ + "/hello.json");
    const CliResult result = RunCli({"plugin", "validate", base + ".json"});
    EXPECT_EQ(result.code, 1) << name;
    EXPECT_THAT(result.out, HasSubstr(absl::StrCat("a plugin cannot be called '", name, "': ")));
  }
}

TEST_F(PluginAuthorTest, TheNamesOfBuiltInPluginsAreThoseTheNodeHas) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(ORCH_SOURCE_DIR "/actions/plugins")) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem());
  }
  EXPECT_THAT(names, ::testing::UnorderedElementsAreArray(BuiltInPlugins()));
}

TEST_F(PluginAuthorTest, ValidateOfNothingIsAnError) {
  EXPECT_THAT(RunCli({"plugin", "validate"}).err, HasSubstr("name what to check"));
  EXPECT_THAT(RunCli({"plugin", "validate", dir_}).err, HasSubstr("holds no plugin"));
  EXPECT_THAT(RunCli({"plugin", "validate", "/nonexistent"}).err, HasSubstr("/nonexistent is not there"));
}

}  // namespace
}  // namespace orch::cli
