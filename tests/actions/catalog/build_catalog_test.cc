// Which plugins a node offers, and what is said of the others.
#include "actions/catalog/build_catalog.h"

#include <algorithm>

#include "absl/strings/str_replace.h"
#include "actions/catalog/embedded_ddl.h"
#include "gmock/gmock.h"
#include "tests/actions/external/external_fixture.h"

namespace orch::actions {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kGood[] = "echo '{\"statuscode\":0}' >\"$2\"";

TEST_F(ExternalTest, ABrokenPluginIsAProblemAndStopsNoOther) {
  Install("good", ShellPlugin(kGood));
  Install("silent", "#!/bin/sh\n");
  Install("failing", "#!/bin/sh\necho no database >&2; exit 1\n");
  Write("syntax.json", "{");
  Write("unnamed.json", SampleDdl("other", "external"));
  Write("Wrong-Name.json", SampleDdl("good", "external"));
  Write("readme.txt", "not a plugin");
  Load();
  EXPECT_EQ(Call("good").status_code, kOk);
  EXPECT_THAT(Problem("silent"), AllOf(HasSubstr("did not activate"), HasSubstr("wrote nothing")));
  EXPECT_THAT(Problem("failing"), AllOf(HasSubstr("exit code 1"), HasSubstr("no database")));
  EXPECT_THAT(Problem("syntax"), AllOf(HasSubstr("syntax.json"), HasSubstr("line 1")));
  EXPECT_THAT(Problem("unnamed"), HasSubstr("make them one"));
  EXPECT_THAT(Problem("Wrong-Name"), HasSubstr("rename it"));
  const auto installed =
      std::count_if(catalog_->problems().begin(), catalog_->problems().end(), [](const auto& problem) {
        return EmbeddedDdl(problem.plugin).empty();  // built-in ones may miss a program here, such as Puppet
      });
  EXPECT_EQ(installed, 5);
  EXPECT_NE(catalog_->Find("rpcutil"), nullptr);
}

TEST_F(ExternalTest, UnknownProvidersAndValidatorsAndVersionsAreProblems) {
  Install("ruby", ShellPlugin(kGood), "ruby");
  Install("none", ShellPlugin(kGood), "");
  Write("newer.json", SampleDdl("newer", "external", R"(, "requires": {"orch": ">=99"})"));
  Write("newer", ShellPlugin(kGood), 0755);
  Write("checked.json", absl::StrReplaceAll(SampleDdl("checked", "external"),
                                            {{"\"maxlength\": 0", "\"maxlength\": 9, \"validation\": \"shelsafe\""}}));
  EXPECT_THAT(Problem("ruby"), AllOf(HasSubstr("'ruby' is not known"), HasSubstr("external, legacy_json, worker")));
  EXPECT_THAT(Problem("none"), HasSubstr("is missing"));
  EXPECT_THAT(Problem("newer"), HasSubstr("requires orch >=99"));
  EXPECT_THAT(Problem("checked"), AllOf(HasSubstr("shelsafe"), HasSubstr("did you mean shellsafe")));
}

TEST_F(ExternalTest, TheNameOfABuiltInPluginIsTaken) {
  Install("package", ShellPlugin(kGood));
  EXPECT_THAT(Problem("package"), HasSubstr("built-in"));
  EXPECT_EQ(catalog_->Find("package")->ddl()->provider, "");
}

TEST_F(ExternalTest, WhatOthersMayWriteIsRefused) {
  Install("program", ShellPlugin(kGood));
  chmod(File("program").c_str(), 0775);
  Install("ddl", ShellPlugin(kGood));
  chmod(File("ddl.json").c_str(), 0666);
  Write("script.json", SampleDdl("script", "legacy_json", "", R"(, "implemented_by": "run.sh")"));
  Write("script/run.sh", "#!/bin/sh\n", 0755);
  chmod(File("script").c_str(), 0777);
  EXPECT_THAT(Problem("program"), AllOf(HasSubstr("mode 0775"), HasSubstr("chmod go-w")));
  EXPECT_THAT(Problem("ddl"), AllOf(HasSubstr("ddl.json"), HasSubstr("mode 0666")));
  EXPECT_THAT(Problem("script"), AllOf(HasSubstr("/script may be written"), HasSubstr("mode 0777")));
  chmod(Directory().c_str(), 0777);
  Install("fine", ShellPlugin(kGood));
  Load();
  EXPECT_THAT(Problem("fine"), HasSubstr("/plugins may be written by others"));
}

TEST_F(ExternalTest, APluginOfAnotherUserIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  Install("stray", ShellPlugin(kGood));
  ASSERT_EQ(chown(File("stray").c_str(), 12345, 0), 0);
  EXPECT_THAT(Problem("stray"), AllOf(HasSubstr("belongs to user 12345"), HasSubstr("chown root")));
}

TEST_F(ExternalTest, AProgramThatIsNotExecutableIsAProblem) {
  Install("flat", ShellPlugin(kGood));
  chmod(File("flat").c_str(), 0644);
  EXPECT_THAT(Problem("flat"), HasSubstr("not executable"));
}

TEST_F(ExternalTest, TheFirstDirectoryWinsAlsoWhenBroken) {
  const std::string second = root_ + "/second";
  options_.plugin_directories = {Directory(), second, root_ + "/not_there"};
  Install("both", ShellPlugin(R"(echo '{"statuscode":0,"data":{"said":"first"}}' >"$2")"));
  std::filesystem::copy(Directory(), second, std::filesystem::copy_options::recursive);
  EXPECT_EQ(Call("both").data["said"], "first");
  Write("both.json", "{");
  Load();
  EXPECT_EQ(catalog_->Find("both"), nullptr);
  EXPECT_NE(Problem("both"), "");
}

TEST_F(ExternalTest, APluginMayDeclineToServeTheNode) {
  Install("shy",
          "#!/bin/sh\ngrep -q '\"osfamily\":\"RedHat\"' \"$CHORIA_EXTERNAL_FACTS\" && a=true || a=false\n"
          "echo \"{\\\"activate\\\": $a}\" >\"$2\"\n");
  options_.facts = std::make_shared<const Json>(Json{{"osfamily", "Debian"}});
  EXPECT_EQ(Load().Find("shy"), nullptr);
  EXPECT_EQ(Problem("shy"), "");
  options_.facts = std::make_shared<const Json>(Json{{"osfamily", "RedHat"}});
  EXPECT_NE(Load().Find("shy"), nullptr);
}

TEST_F(ExternalTest, SettingsMaySwitchAPluginOff) {
  Install("parrot", ShellPlugin(kGood));
  options_.builtin.settings = {
      {"parrot.activate_agent", "false"}, {"package.activate_agent", "0"}, {"service.activate_agent", "maybe"}};
  Load();
  EXPECT_EQ(catalog_->Find("parrot"), nullptr);
  EXPECT_EQ(catalog_->Find("package"), nullptr);
  EXPECT_EQ(Problem("parrot"), "");
  EXPECT_EQ(catalog_->Find("service"), nullptr);
  EXPECT_THAT(Problem("service"), HasSubstr("'maybe' is neither true nor false"));
}

TEST_F(ExternalTest, PluginsThatHangAtActivationAreWaitedForTogetherAndNotLong) {
  for (int i = 0; i < 8; ++i) Install(absl::StrCat("slow", i), "#!/bin/sh\nsleep 600\n");
  Install("good", ShellPlugin(kGood));
  const absl::Duration start = node_.clock.Steady();
  Load();
  EXPECT_LT(node_.clock.Steady() - start, absl::Seconds(12)) << "one after the other it were 16 s";
  EXPECT_NE(catalog_->Find("good"), nullptr);
  for (int i = 0; i < 8; ++i) EXPECT_THAT(Problem(absl::StrCat("slow", i)), HasSubstr("ran longer than 2s"));
}

TEST_F(ExternalTest, OnePluginCanBeLoadedAlone) {
  Install("one", ShellPlugin(kGood));
  Install("two", ShellPlugin(kGood));
  options_.only = "two";
  Load();
  ASSERT_EQ(catalog_->plugins().size(), 1u);
  EXPECT_NE(catalog_->Find("two"), nullptr);
  options_.only = "package";
  EXPECT_NE(Load().Find("package"), nullptr);
  EXPECT_EQ(catalog_->plugins().size(), 1u);
}

TEST_F(ExternalTest, TheNumberOfPluginsIsBounded) {
  for (size_t i = 0; i < 203; ++i) Write(absl::StrCat("p", 1000 + i, ".json"), "{");
  Load();
  EXPECT_THAT(Problem("p1202"), HasSubstr("more than 200"));
  EXPECT_THAT(Problem("p1199"), HasSubstr("p1199.json"));
}

}  // namespace
}  // namespace orch::actions
