// Provider worker: one process, many requests.
#include "gmock/gmock.h"
#include "tests/actions/external/external_fixture.h"

namespace orch::actions {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Answers activation requests, then runs `body` for each request with the line in $line.
std::string Worker(const std::string& body) {
  return absl::StrCat(
      "#!/bin/sh\nwhile read -r line; do case \"$line\" in\n"
      "*activation_request*) echo '{\"activate\": true}';;\n*) ",
      body, ";;\nesac; done\n");
}

TEST_F(ExternalTest, AWorkerStaysAndIsAskedAgain) {
  Install("warm", Worker(R"(n=$((n+1)); echo "{\"statuscode\":0,\"data\":{\"said\":\"$$ $n\"}}")"), "worker");
  const Reply first = Call("warm"), second = Call("warm");
  ASSERT_EQ(first.status_code, kOk) << first.status_message;
  const std::string pid =
      first.data["said"].get<std::string>().substr(0, first.data["said"].get<std::string>().find(' '));
  EXPECT_EQ(first.data["said"], pid + " 1");
  EXPECT_EQ(second.data["said"], pid + " 2");
  EXPECT_EQ(first.data["default"], "filled");
  catalog_.reset();
  EXPECT_TRUE(EndsSoon(std::stoi(pid))) << "it outlives its plugin";
}

TEST_F(ExternalTest, AWorkerFindsFactsAndSettingsInFiles) {
  options_.builtin.settings = {{"warm.color", "green"}, {"warm.processes", "1"}};
  Install("warm",
          Worker(R"(f=$(grep -o '"osfamily":"[A-Za-z]*"' "$ORCH_EXTERNAL_FACTS" | cut -d: -f2); )"
                 R"(c=$(sed -n 's/^color = //p' "$CHORIA_EXTERNAL_CONFIG"); )"
                 R"(echo "{\"statuscode\":0,\"data\":{\"said\":$f,\"color\":\"$c\"}}")"),
          "worker");
  EXPECT_EQ(Call("warm").data["said"], "Debian") << Problem("warm");
  node_.facts["osfamily"] = "RedHat";
  const Reply reply = Call("warm");
  EXPECT_EQ(reply.data["said"], "RedHat");
  EXPECT_EQ(reply.data["color"], "green");
}

TEST_F(ExternalTest, AWorkerThatDiesIsReplaced) {
  Install("warm", Worker(R"(case "$line" in *die*) echo oops >&2; exit 7;; *) echo '{"statuscode":0}';; esac)"),
          "worker");
  const Reply died = Call("warm", {{"text", "die"}});
  EXPECT_EQ(died.status_code, kUnknownError);
  EXPECT_EQ(died.error_kind, ErrorKind::kCrash);
  EXPECT_THAT(died.status_message, AllOf(HasSubstr("Could not call external agent warm#run"), HasSubstr("oops")));
  EXPECT_EQ(Call("warm").status_code, kOk);
}

TEST_F(ExternalTest, AWorkersBadAnswersHaveTheirKinds) {
  Install(
      "warm",
      Worker(R"(case "$line" in *hang*) sleep 600;; *garbage*) echo 'no JSON';; *shape*) echo '{"statuscode":"0"}';; )"
             R"(*endless*) head -c 20M /dev/zero | tr '\0' x;; esac)"),
      "worker");
  EXPECT_EQ(Call("warm", {{"text", "hang"}}, absl::Seconds(1)).error_kind, ErrorKind::kTimeout);
  EXPECT_EQ(Call("warm", {{"text", "garbage"}}).error_kind, ErrorKind::kProtocol);
  EXPECT_EQ(Call("warm", {{"text", "shape"}}).error_kind, ErrorKind::kProtocol);
  EXPECT_EQ(Call("warm", {{"text", "endless"}}).error_kind, ErrorKind::kOutputLimit);
}

TEST_F(ExternalTest, AWorkerThatDoesNotActivateIsNotLoaded) {
  Install("warm", "#!/bin/sh\nread line; echo no library >&2; exit 1\n", "worker");
  Install("shy", "#!/bin/sh\nread line; echo '{\"activate\": false}'\n", "worker");
  EXPECT_THAT(Problem("warm"), AllOf(HasSubstr("did not activate"), HasSubstr("no library")));
  EXPECT_EQ(Problem("shy"), "");
  EXPECT_EQ(catalog_->Find("shy"), nullptr);
}

TEST_F(ExternalTest, AWorkersSettingsAreChecked) {
  options_.builtin.settings = {{"warm.processes", "1000"}};
  Install("warm", Worker("echo '{\"statuscode\":0}'"), "worker");
  EXPECT_THAT(Problem("warm"), HasSubstr("plugin.warm.processes: '1000'"));
}

}  // namespace
}  // namespace orch::actions
