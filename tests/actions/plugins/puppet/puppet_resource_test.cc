// The action "resource", and what counts as managed by Puppet.
#include <string>
#include <vector>

#include "actions/plugins/puppet/managed_resources.h"
#include "gmock/gmock.h"
#include "tests/actions/plugins/puppet/fake_puppet.h"
#include "tests/support/temp_folder.h"

namespace orch::actions {
namespace {

using ::testing::HasSubstr;

class PuppetResourceTest : public PuppetTest {};

TEST_F(PuppetResourceTest, ResourcesAreRefusedUnlessTheirTypeIsAllowed) {
  const Reply refused = Run("puppet", "resource", {{"type", "host"}, {"name", "db1"}});
  EXPECT_EQ(refused.status_code, kAborted);
  EXPECT_THAT(refused.status_message, HasSubstr("plugin.puppet.resource_type_whitelist"));
  options_.settings["puppet.resource_type_whitelist"] = "file, host";
  EXPECT_EQ(Run("puppet", "resource", {{"type", "Host"}, {"name", "db1"}}).status_code, kOk);
  EXPECT_EQ(Run("puppet", "resource", {{"type", "user"}, {"name", "db1"}}).status_code, kAborted);
  options_.settings["puppet.resource_name_blacklist.host"] = "db1";
  EXPECT_EQ(Run("puppet", "resource", {{"type", "host"}, {"name", "db1"}}).status_code, kAborted);
  EXPECT_EQ(Run("puppet", "resource", {{"type", "host"}, {"name", "db2"}}).status_code, kOk);
  options_.settings["puppet.resource_type_blacklist"] = "user";
  EXPECT_THAT(Run("puppet", "resource", {{"type", "host"}, {"name", "db2"}}).status_message, HasSubstr("both set"));
  options_.settings.erase("puppet.resource_type_whitelist");
  EXPECT_EQ(Run("puppet", "resource", {{"type", "host"}, {"name", "db2"}}).status_code, kOk);
  EXPECT_EQ(Run("puppet", "resource", {{"type", "user"}, {"name", "db2"}}).status_code, kAborted);
}

TEST_F(PuppetResourceTest, AResourceIsSetWithItsPropertiesAsOneArgumentEach) {
  options_.settings["puppet.resource_type_whitelist"] = "host";
  Write("resource", "echo \"Notice: /Host[db1]/ensure: created\"; for a in \"$@\"; do echo \"<$a>\"; done\n");
  const Reply reply =
      Run("puppet", "resource", {{"type", "host"}, {"name", "db1"}, {"ip", "10.0.0.1; rm -rf $HOME"}, {"port", 80}});
  EXPECT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_EQ(reply.data["changed"], true);
  EXPECT_EQ(reply.data["result"],
            "Notice: /Host[db1]/ensure: created\n<--color=false>\n<-->\n<host>\n<db1>\n<ip=10.0.0.1; rm -rf "
            "$HOME>\n<port=80>");
  Write("resource", "echo 'host { }'\n");
  EXPECT_EQ(Run("puppet", "resource", {{"type", "host"}, {"name", "db1"}}).data["changed"], false);
  Write("resource", "echo 'Error: no such parameter' >&2; exit 0\n");
  const Reply failed = Run("puppet", "resource", {{"type", "host"}, {"name", "db1"}, {"x", "1"}});
  EXPECT_EQ(failed.status_code, kAborted);
  EXPECT_EQ(failed.status_message, "could not set host[db1]: Error: no such parameter");
}

TEST_F(PuppetResourceTest, ResourcesNobodyCouldMeanAreInvalid) {
  options_.settings["puppet.resource_type_whitelist"] = "host";
  EXPECT_EQ(Run("puppet", "resource", {{"type", "-x"}, {"name", "a"}}).status_code, kInvalidInput);
  EXPECT_EQ(Run("puppet", "resource", {{"type", "host"}, {"name", "a"}, {"--x", "1"}}).status_code, kInvalidInput);
  EXPECT_EQ(Run("puppet", "resource", {{"type", "host"}, {"name", "a"}, {"x", Json::array()}}).status_code,
            kInvalidInput);
  EXPECT_EQ(Run("puppet", "resource", {{"type", "host"}, {"name", ""}}).status_code, kInvalidInput);
  EXPECT_EQ(Calls("resource"), "");
}

TEST_F(PuppetResourceTest, WhatTheCatalogManagesIsLeftToItUnlessAllowed) {
  options_.settings["puppet.resource_type_whitelist"] = "file";
  Write("state/resources.txt", "file[/etc/motd]\n");
  const Json set{{"type", "File"}, {"name", "/etc/motd"}, {"mode", "0600"}};
  EXPECT_THAT(Run("puppet", "resource", set).status_message, HasSubstr("Puppet itself manages file[/etc/motd]"));
  EXPECT_EQ(Run("puppet", "resource", {{"type", "file"}, {"name", "/etc/motd"}}).status_code, kOk) << "reading is free";
  options_.settings["puppet.resource_allow_managed_resources"] = "true";
  EXPECT_EQ(Run("puppet", "resource", set).status_code, kOk);
}

// Puppet takes any text for a title; behind "--" none of them is an option.
TEST_F(PuppetResourceTest, EveryNamePuppetAllowsIsOneArgument) {
  options_.settings["puppet.resource_type_whitelist"] = "notify";
  Write("resource", "for a in \"$@\"; do printf '<%s>' \"$a\"; done\n");
  for (const std::string name : {"--noop", "-x", "a=b", "two words", "two\nlines", "[x]", "\xC3\xA4", "it's $HOME"}) {
    const Reply reply = Run("puppet", "resource", {{"type", "notify"}, {"name", name}});
    EXPECT_EQ(reply.status_code, kOk) << name << reply.status_message;
    EXPECT_EQ(reply.data["result"], absl::StrCat("<--color=false><--><notify><", name, ">"));
  }
  EXPECT_EQ(Run("puppet", "resource", {{"type", "notify"}, {"name", std::string(4096, 'x')}}).status_code, kOk);
}

// `puppet resource` reads "content=\nensure=absent" as ensure=absent.
TEST_F(PuppetResourceTest, AValueOfSeveralLinesNeverBecomesAnotherProperty) {
  options_.settings["puppet.resource_type_whitelist"] = "file";
  for (const char* value : {"\nensure=absent", "a\nensure=absent", "a\n"}) {
    const Reply reply = Run("puppet", "resource", {{"type", "file"}, {"name", "/x"}, {"content", value}});
    EXPECT_EQ(reply.status_code, kInvalidInput);
    EXPECT_THAT(reply.status_message, HasSubstr("property 'content': puppet resource takes one line"));
  }
  EXPECT_EQ(Calls("resource"), "");
}

TEST_F(PuppetResourceTest, WhatPuppetManagesIsLeftAloneHoweverItIsNamed) {
  options_.settings["puppet.resource_type_whitelist"] = "file,exec";
  options_.settings["puppet.resource_name_blacklist.exec"] = "/sbin/reboot";
  Write("state/resources.txt", "file[/srv/readme]\n");  // File[/srv/README], by Puppet 7
  for (const char* name : {"/srv/README", "/srv/README/", "//srv//README", "/srv/./README", "/srv/x/../README"}) {
    const Reply reply = Run("puppet", "resource", {{"type", "file"}, {"name", name}, {"ensure", "absent"}});
    EXPECT_EQ(reply.status_code, kAborted) << name;
    EXPECT_THAT(reply.status_message, HasSubstr("Puppet itself manages file[")) << name;
  }
  const Reply by_path =
      Run("puppet", "resource", {{"type", "file"}, {"name", "x"}, {"path", "/srv/README"}, {"ensure", "absent"}});
  EXPECT_THAT(by_path.status_message, HasSubstr("Puppet itself manages file[/srv/README]"));
  const Reply by_command = Run("puppet", "resource", {{"type", "exec"}, {"name", "x"}, {"command", "/sbin/reboot"}});
  EXPECT_THAT(by_command.status_message, HasSubstr("resource_name_blacklist.exec"));
  EXPECT_EQ(Calls("resource"), "");
  EXPECT_EQ(Run("puppet", "resource", {{"type", "file"}, {"name", "/srv/README2"}, {"ensure", "absent"}}).status_code,
            kOk);
}

TEST(ManagedResourcesTest, AFileThatAWindowsEditorSavedNamesTheSameResources) {
  const TempFolder folder;
  const auto managed = ReadManagedResources(folder.Write("resources.txt",
                                                         "\xEF\xBB\xBF"
                                                         "file[/a]\r\n\r\nhost[b]"));
  ASSERT_TRUE(managed.ok()) << managed.status();
  EXPECT_EQ(*managed, (std::vector<std::string>{"file[/a]", "host[b]"}));
}

TEST(ManagedResourcesTest, AreComparedAsPuppetWritesThem) {
  const std::vector<std::string> lower = {"file[/srv/readme]", "file[/srv/\xC3\xA4\xC3\x9F]", "apt::key[docker]",
                                          "file[/tmp/t/]"};
  for (const char* resource : {"File[/srv/README]", "file[/srv/README]", "FILE[/srv/readme]", "::File[/srv/README/]",
                               "File[/srv/\xC3\x84\xC3\x9F]", "Apt::Key[Docker]", "file[/tmp/T]"}) {
    EXPECT_TRUE(IsManaged(lower, resource)) << resource;
  }
  for (const char* resource : {"File[/srv/READ]", "Service[/srv/README]", "Apt::Key[docker/]", "/srv/readme", ""}) {
    EXPECT_FALSE(IsManaged(lower, resource)) << resource;
  }
  const std::vector<std::string> older = {"file[/srv/README]", "service[NTP]"};  // with the case of names
  EXPECT_TRUE(IsManaged(older, "File[/srv/README]"));
  EXPECT_TRUE(IsManaged(older, "Service[NTP]"));
  EXPECT_FALSE(IsManaged(older, "File[/srv/readme]"));
  EXPECT_FALSE(IsManaged(older, "Service[ntp]"));
}

}  // namespace
}  // namespace orch::actions
