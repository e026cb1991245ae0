// Puppet resources against the guide's transcripts.
#include <gtest/gtest.h>

#include "actions/ddl/ddl.h"
#include "cli/jobs/answer.h"
#include "cli/views/layout_for.h"
#include "tests/cli/fake_hub.h"

namespace orch::cli {
namespace {

constexpr char kDdl[] = R"({
  "metadata": {"name": "puppetral", "description": "d", "author": "a", "license": "l", "version": "1", "url": "u",
               "timeout": 180},
  "actions": [
    {"action": "create", "description": "d", "additional_inputs": true,
     "output": {"status": {"display_as": "Status"}, "resource": {"display_as": "Resource"}}},
    {"action": "find", "description": "d", "output": {"type": {"display_as": "type"}}},
    {"action": "search", "description": "d"}]})";

class ResourceLayoutTest : public ::testing::Test {
 protected:
  std::string Text(const char* action, const Json& data) {
    const Invocation invocation = {plugin_, plugin_->FindAction(action)};
    return LayoutFor(invocation)->Text(ToAnswer(testing::OkReply("node1", data, 1000)), *invocation.action);
  }
  std::shared_ptr<const ddl::Plugin> plugin_ = *ddl::LoadPlugin(kDdl, "puppetral.json");
};

TEST_F(ResourceLayoutTest, CreateLooksLikeTheGuide) {
  const Json resource = {{"exported", false},
                         {"parameters", {{"returns", "notrun"}}},
                         {"tags", {"exec"}},
                         {"title", "/bin/bash -c 'echo Hello > /tmp/hello'"},
                         {"type", "Exec"}};
  EXPECT_EQ(Text("create", {{"resource", resource}, {"status", "Resource was created"}}),
            "   Status: Resource was created\n"
            "   Resource:\n"
            "     {\"exported\"=>false,\n"
            "      \"title\"=>\"/bin/bash -c 'echo Hello > /tmp/hello'\",\n"
            "      \"parameters\"=>{:returns=>:notrun},\n"
            "      \"tags\"=>[\"exec\"],\n"
            "      \"type\"=>\"Exec\"}\n");
}

TEST_F(ResourceLayoutTest, FindLooksLikeTheGuide) {
  const Json parameters = {{"ctime", "2011-11-15 11:32:10 -0800"},
                           {"type", "file"},
                           {"ensure", "file"},
                           {"group", 0},
                           {"mode", "644"},
                           {"content", "{md5}09f7e02f1290be211da707a266f153b3"}};
  const Json data = {{"exported", false},        {"managed", false}, {"title", "/tmp/hello"},
                     {"parameters", parameters}, {"tags", {"file"}}, {"type", "File"}};
  EXPECT_EQ(Text("find", data),
            "   exported: false\n"
            "   managed: false\n"
            "   title: /tmp/hello\n"
            "   parameters:\n"
            "     {:content=>\"{md5}09f7e02f1290be211da707a266f153b3\",\n"
            "      :ctime=>2011-11-15 11:32:10 -0800,\n"
            "      :ensure=>:file,\n"
            "      :group=>0,\n"
            "      :mode=>\"644\",\n"
            "      :type=>\"file\"}\n"
            "   tags: [\"file\"]\n"
            "   type: File\n");
}

TEST_F(ResourceLayoutTest, SearchShowsAHashForEachTitle) {
  const Json resource = {{"exported", false}, {"parameters", {{"ensure", "1.2-3"}}}, {"title", "zsh"}};
  EXPECT_EQ(Text("search", {{"zsh", resource}}),
            "   zsh:\n"
            "     {\"exported\"=>false,\n"
            "      \"title\"=>\"zsh\",\n"
            "      \"parameters\"=>{:ensure=>\"1.2-3\"}}\n");
}

TEST_F(ResourceLayoutTest, WideParametersStandUnderTheirFirst) {
  const Json resource = {{"parameters", {{"comment", std::string(40, 'x')}, {"ensure", "present"}, {"uid", 0}}}};
  EXPECT_EQ(Text("search", {{"root", resource}}),
            "   root:\n"
            "     {\"parameters\"=>{:comment=>\"" +
                std::string(40, 'x') +
                "\",\n"
                "                     :ensure=>:present,\n"
                "                     :uid=>0}}\n");
}

TEST_F(ResourceLayoutTest, ControlCharactersCannotReachTheTerminal) {
  const std::string text =
      Text("find", {{"title", "\x1b[2J"}, {"parameters", {{"ctime", "\x1b[2J"}, {"\x1b", "\x07"}}}});
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
  EXPECT_EQ(text.find('\x07'), std::string::npos) << text;
}

}  // namespace
}  // namespace orch::cli
