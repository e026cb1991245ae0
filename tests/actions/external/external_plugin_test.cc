// Providers external and legacy_json: what goes to a program, and what comes of its answers.
#include "actions/external/private_folder.h"
#include "base/durable_file.h"
#include "base/process/cancel_token.h"
#include "gmock/gmock.h"
#include "tests/actions/external/external_fixture.h"

namespace orch::actions {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string Told(const std::string& path) { return ReadFile(path, 1 << 20).value_or("(not there)"); }

TEST_F(ExternalTest, TheRequestIsTheProtocolsToTheByte) {
  Install("parrot", ShellPlugin(absl::StrCat("cp \"$1\" ", root_, "/request; echo '{\"statuscode\":0}' >\"$2\"")));
  ASSERT_EQ(Call("parrot", {{"text", "hello"}}).status_code, kOk);
  EXPECT_EQ(Told(root_ + "/request"),
            R"({"$schema":"https://choria.io/schemas/mcorpc/external/v1/rpc_request.json",)"
            R"("protocol":"io.choria.mcorpc.external.v1.rpc_request","agent":"parrot","action":"run",)"
            R"("requestid":"0123456789abcdef0123456789abcdef","senderid":"hub","callerid":"client=peadmin",)"
            R"("collective":"mcollective","ttl":60,"msgtime":1568281519,"data":{"text":"hello"}})");
}

TEST_F(ExternalTest, TheActivationRequestIsTheProtocolsToTheByte) {
  Install("parrot", absl::StrCat("#!/bin/sh\ncp \"$1\" ", root_, "/request; echo \"$3 $CHORIA_EXTERNAL_PROTOCOL\" >",
                                 root_, "/protocol\necho '{\"activate\": true}' >\"$2\"\n"));
  EXPECT_EQ(Problem("parrot"), "");
  EXPECT_EQ(Told(root_ + "/request"),
            R"({"$schema":"https://choria.io/schemas/mcorpc/external/v1/activation_request.json",)"
            R"("protocol":"io.choria.mcorpc.external.v1.activation_request","agent":"parrot"})");
  EXPECT_EQ(Told(root_ + "/protocol"),
            "io.choria.mcorpc.external.v1.activation_request "
            "io.choria.mcorpc.external.v1.activation_request\n");
}

TEST_F(ExternalTest, ArgumentsEnvironmentAndFolderAreTheProtocols) {
  options_.builtin.settings = {{"parrot.color", "green"}, {"parrot.size", "10"}, {"other.secret", "x"}};
  setenv("ORCH_TEST_LEAK", "leaked", 1);
  Install("parrot",
          ShellPlugin(absl::StrCat(
              "/usr/bin/env | cut -d= -f1 | grep -v '^_$\\|^PWD$\\|^SHLVL$\\|^OLDPWD$' | sort >", root_, "/env\n",
              "[ \"$CHORIA_EXTERNAL_REQUEST\" = \"$1\" ] && [ \"$ORCH_EXTERNAL_REPLY\" = \"$2\" ] || exit 1\n",
              "[ \"$3\" = io.choria.mcorpc.external.v1.rpc_request ] && [ $# = 3 ] || exit 2\n",
              "[ \"$(pwd)\" = \"$(dirname \"$1\")\" ] && [ \"$(stat -c %a .)\" = 700 ] || exit 3\n",
              "cp \"$CHORIA_EXTERNAL_CONFIG\" ", root_, "/config; cp \"$ORCH_EXTERNAL_FACTS\" ", root_, "/facts\n",
              "echo '{\"statuscode\":0}' >\"$2\"")));
  const Reply reply = Call("parrot");
  unsetenv("ORCH_TEST_LEAK");
  ASSERT_EQ(reply.status_code, kOk) << reply.status_message;
  std::string names;
  for (const char* prefix : {"CHORIA", "ORCH"}) {
    if (std::string(prefix) == "ORCH") names += "LANG\nLC_ALL\n";
    for (const char* name : {"CONFIG", "FACTS", "PROTOCOL", "REPLY", "REQUEST"}) {
      absl::StrAppend(&names, prefix, "_EXTERNAL_", name, "\n");
    }
    if (std::string(prefix) == "ORCH") names += "PATH\n";
  }
  EXPECT_EQ(Told(root_ + "/env"), names);
  EXPECT_EQ(Told(root_ + "/config"), "color = green\nsize = 10\n");
  EXPECT_EQ(Told(root_ + "/facts"), DumpJson(node_.facts));
}

TEST_F(ExternalTest, AReplyIsStatusMessageAndDataWithDefaultsFilled) {
  Install(
      "parrot",
      ShellPlugin(
          R"(echo '{"statuscode":1,"statusmsg":"no seed","data":{"said":"nothing"},"disableresponse":false}' >"$2")"));
  const Reply reply = Call("parrot");
  EXPECT_EQ(reply.status_code, kAborted);
  EXPECT_EQ(reply.status_message, "no seed");
  EXPECT_EQ(reply.error_kind, ErrorKind::kNone);
  EXPECT_EQ(reply.data, (Json{{"said", "nothing"}, {"default", "filled"}}));
}

TEST_F(ExternalTest, WhatAReplyLeavesOutIsOk) {
  Install("parrot", ShellPlugin(R"(echo '{"data":{"said":"hi"}}' >"$2")"));
  const Reply reply = Call("parrot");
  EXPECT_EQ(reply.status_code, kOk);
  EXPECT_EQ(reply.status_message, "OK");
}

TEST_F(ExternalTest, AProgramBuiltForThisMachineIsFound) {
  Write("parrot.json", SampleDdl("parrot", "external"));
  EXPECT_THAT(Problem("parrot"), AllOf(HasSubstr("neither"), HasSubstr("parrot/parrot-linux_")));
  const std::string named = Problem("parrot").substr(Problem("parrot").find(" nor ") + 5);
  Write(named.substr(Directory().size() + 1), ShellPlugin("echo '{\"statuscode\":0}' >\"$2\""), 0755);
  Load();
  EXPECT_EQ(Call("parrot").status_code, kOk) << Problem("parrot");
}

TEST_F(ExternalTest, HostileTextArrivesAsItWasSent) {
  Install("parrot",
          ShellPlugin("sed 's/.*\"data\"://; s/}$//' \"$1\" >data; printf '{\"statuscode\":0,\"data\":' >\"$2\"; "
                      "sed 's/\"text\"/\"said\"/' data >>\"$2\"; echo '}' >>\"$2\""));
  for (const std::string& text :
       {std::string("$(touch /tmp/x) `id`; rm -rf / && echo | > < * ? ~ ' \" \\"), std::string("../../etc/passwd"),
        std::string("-rf"), std::string("line\nline\ttab"), std::string("größe 😀"), std::string(1 << 20, 'x')}) {
    const Reply reply = Call("parrot", {{"text", text}});
    ASSERT_EQ(reply.status_code, kOk) << reply.status_message;
    EXPECT_TRUE(reply.data["said"] == text) << text.substr(0, 60);
  }
  const Reply refused = Call("parrot", {{"text", std::string("a\0b", 3)}});
  EXPECT_EQ(refused.status_code, kRefusedByDdl);
  EXPECT_THAT(refused.status_message, HasSubstr("NUL"));
}

// Everything below: a status 5 with a kind, and what the program said last.
class BadProgramTest : public ExternalTest {
 protected:
  Reply CallOne(const std::string& body, absl::Duration timeout = absl::Seconds(20)) {
    Install("bad", ShellPlugin(body));
    const Reply reply = Call("bad", Json::object(), timeout);
    EXPECT_EQ(reply.status_code, kUnknownError) << reply.status_message;
    EXPECT_THAT(reply.status_message, StartsWith("Could not call external agent bad#run: "));
    return reply;
  }
};

TEST_F(BadProgramTest, GarbageForAReplyIsAProtocolError) {
  const Reply reply = CallOne("echo one; echo two >&2; echo 'no JSON <<<' >\"$2\"");
  EXPECT_EQ(reply.error_kind, ErrorKind::kProtocol);
  EXPECT_THAT(reply.status_message,
              AllOf(HasSubstr("no JSON <<<"), HasSubstr("it last said: "), HasSubstr("one"), HasSubstr("two")));
}

TEST_F(BadProgramTest, NoReplyIsAProtocolError) {
  EXPECT_THAT(CallOne("true").status_message, HasSubstr("it wrote nothing to its reply file"));
  EXPECT_EQ(CallOne("rm \"$2\"").error_kind, ErrorKind::kProtocol);
}

TEST_F(BadProgramTest, RepliesOfTheWrongShapeAreProtocolErrors) {
  const std::pair<const char*, const char*> wrong[] = {
      {"[]", "object"},
      {"{}", "statuscode"},
      {"{\"statuscode\": \"0\"}", "statuscode"},
      {"{\"statuscode\": 6}", "0 to 5"},
      {"{\"statuscode\": -1}", "0 to 5"},
      {"{\"statuscode\": 0, \"statusmsg\": 7}", "statusmsg"},
      {"{\"statuscode\": 0, \"data\": [1]}", "data"},
      {"{\"statuscode\": 0} {}", "reply"},
  };
  for (const auto& [text, problem] : wrong) {
    const Reply reply = CallOne(absl::StrCat("echo '", text, "' >\"$2\""));
    EXPECT_EQ(reply.error_kind, ErrorKind::kProtocol) << text;
    EXPECT_THAT(reply.status_message, HasSubstr(problem)) << text;
    catalog_ = nullptr;
  }
}

TEST_F(BadProgramTest, AReplyThatIsNoFileIsNeverFollowedNorWaitedFor) {
  for (const char* body :
       {"rm \"$2\"; mkfifo \"$2\"", "rm \"$2\"; mkdir \"$2\"", "rm \"$2\"; ln -s /etc/passwd \"$2\""}) {
    EXPECT_EQ(CallOne(body).error_kind, ErrorKind::kProtocol) << body;
    catalog_ = nullptr;
  }
}

TEST_F(BadProgramTest, AReplyTooLargeIsNotRead) {
  const Reply reply = CallOne("truncate -s 1G \"$2\"");
  EXPECT_EQ(reply.error_kind, ErrorKind::kOutputLimit);
  EXPECT_THAT(reply.status_message, HasSubstr("1073741824 bytes"));
}

TEST_F(BadProgramTest, PrintingWithoutEndIsEndedAtTheLimit) {
  const Reply reply = CallOne("echo begin; head -c 1G /dev/zero | tr '\\0' 'x'");
  EXPECT_EQ(reply.error_kind, ErrorKind::kOutputLimit);
  EXPECT_THAT(reply.status_message, HasSubstr("begin"));
  EXPECT_LT(reply.status_message.size(), 8000u);
}

TEST_F(BadProgramTest, OneThatNeverEndsIsEndedWithItsChildren) {
  const Reply reply =
      CallOne(absl::StrCat("trap '' TERM; echo waiting; sleep 600 & echo $! >", root_, "/child; wait; sleep 600"),
              absl::Seconds(1));
  EXPECT_EQ(reply.error_kind, ErrorKind::kTimeout);
  EXPECT_THAT(reply.status_message, HasSubstr("it last said: waiting"));
  int child = 0;
  std::ifstream(root_ + "/child") >> child;
  ASSERT_GT(child, 0);
  EXPECT_TRUE(EndsSoon(child)) << "its child still runs";
}

TEST_F(BadProgramTest, ASignalIsACrash) {
  const Reply reply = CallOne("echo before >&2; kill -SEGV $$");
  EXPECT_EQ(reply.error_kind, ErrorKind::kCrash);
  EXPECT_THAT(reply.status_message, AllOf(HasSubstr("signal 11 (SIGSEGV)"), HasSubstr("before")));
}

TEST_F(BadProgramTest, AnExitCodeIsACrashEvenWithAReply) {
  const Reply reply = CallOne("echo '{\"statuscode\":0}' >\"$2\"; echo oh no >&2; exit 3");
  EXPECT_EQ(reply.error_kind, ErrorKind::kCrash);
  EXPECT_THAT(reply.status_message, AllOf(HasSubstr("exit code 3"), HasSubstr("oh no")));
}

TEST_F(BadProgramTest, ForkingAndExitingIsNoReply) {
  const Reply reply =
      CallOne(absl::StrCat("( sleep 600; echo '{\"statuscode\":0}' >\"$2\" ) & echo $! >", root_, "/child"));
  EXPECT_EQ(reply.error_kind, ErrorKind::kProtocol);
  int child = 0;
  std::ifstream(root_ + "/child") >> child;
  ASSERT_GT(child, 0);
  EXPECT_TRUE(EndsSoon(child)) << "what it left behind still runs";
}

TEST_F(BadProgramTest, AFileThatIsNotThereIsACrash) {
  Install("bad", ShellPlugin("true"));
  Load();
  std::filesystem::remove(File("bad"));
  EXPECT_EQ(Call("bad").error_kind, ErrorKind::kCrash);
  Write("bad", "#!/no/such/interpreter\n", 0755);
  const Reply reply = Call("bad");
  EXPECT_EQ(reply.error_kind, ErrorKind::kCrash);
  EXPECT_THAT(reply.status_message, HasSubstr(File("bad")));
}

TEST_F(BadProgramTest, ACancelledJobEndsIt) {
  Install("bad", ShellPlugin("sleep 600"));
  CancelToken cancel;
  cancel.Cancel();
  EXPECT_EQ(Call("bad", Json::object(), absl::Seconds(20), &cancel).error_kind, ErrorKind::kCancelled);
}

class LegacyTest : public ExternalTest {
 protected:
  void InstallScript(const std::string& body) {
    Write("old.json", SampleDdl("old", "legacy_json", "", R"(, "implemented_by": "run.sh")"));
    Write("old/run.sh", absl::StrCat("#!/bin/sh\n", body, "\n"), 0755);
    catalog_ = nullptr;
  }
};

TEST_F(LegacyTest, AScriptGetsTwoFilesAndMCollectivesRequest) {
  InstallScript(
      absl::StrCat("[ \"$MCOLLECTIVE_REQUEST_FILE\" = \"$1\" ] && [ \"$MCOLLECTIVE_REPLY_FILE\" = \"$2\" ] && [ $# = 2 "
                   "] || exit 5\n",
                   "cp \"$1\" ", root_, "/request\necho '{\"said\": \"hello\"}' >\"$2\""));
  const Reply reply = Call("old", {{"text", "x"}});
  ASSERT_EQ(reply.status_code, kOk) << reply.status_message << Problem("old");
  EXPECT_EQ(reply.data, (Json{{"said", "hello"}, {"default", "filled"}}));
  EXPECT_EQ(ParseJson(Told(root_ + "/request"), "request").value(),
            (Json{{"agent", "old"},
                  {"action", "run"},
                  {"data", {{"text", "x"}, {"process_results", true}}},
                  {"sender", "hub"},
                  {"callerid", "client=peadmin"},
                  {"uniqid", "0123456789abcdef0123456789abcdef"}}));
}

TEST_F(LegacyTest, TheExitCodeIsTheStatusAndStandardErrorTheMessage) {
  InstallScript("echo 'out of seed' >&2; exit 1");
  const Reply reply = Call("old");
  EXPECT_EQ(reply.status_code, kAborted);
  EXPECT_EQ(reply.status_message, "out of seed");
  EXPECT_EQ(reply.error_kind, ErrorKind::kNone);
}

TEST_F(LegacyTest, AnExitCodeThatIsNoStatusIsACrash) {
  InstallScript("echo 'oh no' >&2; exit 42");
  const Reply reply = Call("old");
  EXPECT_EQ(reply.status_code, kUnknownError);
  EXPECT_EQ(reply.error_kind, ErrorKind::kCrash);
  EXPECT_THAT(reply.status_message, AllOf(HasSubstr("exit code 42"), HasSubstr("oh no")));
}

TEST_F(LegacyTest, SuccessWithoutAnObjectIsAProtocolError) {
  InstallScript("echo '[1]' >\"$2\"");
  EXPECT_EQ(Call("old").error_kind, ErrorKind::kProtocol);
}

TEST_F(LegacyTest, AnActionWithoutItsScriptIsNotLoaded) {
  Write("old.json", SampleDdl("old", "legacy_json"));
  EXPECT_THAT(Problem("old"), HasSubstr("implemented_by"));
  Write("old.json", SampleDdl("old", "legacy_json", "", R"(, "implemented_by": "gone.sh")"));
  Load();
  EXPECT_THAT(Problem("old"), HasSubstr("gone.sh"));
}

TEST_F(ExternalTest, AProgramThatNeverStopsWritingItsReplyIsEnded) {
  Install("flood", ShellPlugin("while head -c 200000 /dev/zero >>\"$2\"; do sleep 0.002; done"));
  const Reply reply = Call("flood", Json::object(), absl::Seconds(60));
  EXPECT_THAT(reply.status_message, HasSubstr("was ended: its reply file holds more than the"));
}

TEST_F(ExternalTest, FoldersOfThoseWhoWereKilledAreSweptAndOthersStay) {
  const std::string left = root_ + "/tmp/orch-plugin.a1b2c3", public_one = root_ + "/tmp/orch-plugin.public";
  for (const std::string& path : {left, public_one}) std::filesystem::create_directory(path);
  chmod(left.c_str(), 0700);
  chmod(public_one.c_str(), 0755);
  std::ofstream(left + "/request.json") << "{}";
  const auto used = PrivateFolder::Create();
  ASSERT_TRUE(used.ok()) << used.status();
  PrivateFolder::SweepLeft();
  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_TRUE(std::filesystem::exists((*used)->path()));
  EXPECT_TRUE(std::filesystem::exists(public_one)) << "it may be somebody else's";
  std::filesystem::remove(public_one);
}

}  // namespace
}  // namespace orch::actions
