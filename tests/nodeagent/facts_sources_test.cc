#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/nodeagent/facts/fact_collector.h"
#include "services/nodeagent/facts/fact_text.h"
#include "services/nodeagent/facts/facts_directory.h"
#include "services/nodeagent/facts/yaml_facts.h"

namespace orch::nodeagent {
namespace {

using ::testing::HasSubstr;

TEST(YamlFactsTest, FactsAreWhatFacterAndPuppetReadInThem) {
  const Json facts =
      ParseYamlFacts(
          "sha: 6063e25\nr_oct: 0o17\nexp: 1e3\nint: 10\nfloat: 10.0\nquoted: \"10\"\nmode: 0644\nword: yes\n"
          "none: ~\nbig: 123456789012345678901234567890\nversion: 1.2.3\n"
          "base: &base {role: db}\nsite:\n  <<: *base\n  dc: 2\n",
          "x.yaml")
          .value();
  EXPECT_EQ(
      DumpJson(facts),
      R"({"base":{"role":"db"},"big":123456789012345678901234567890,"exp":"1e3","float":10.0,"int":10,"mode":420,)"
      R"("none":null,"quoted":"10","r_oct":"0o17","sha":"6063e25","site":{"dc":2,"role":"db"},"version":"1.2.3",)"
      R"("word":true})");
}

TEST(YamlFactsTest, PuppetsOwnDocumentsGiveTheFactsWithinThem) {
  const Json wanted = {{"osfamily", "Debian"}, {"os", {{"name", "Debian"}}}, {"_timestamp", "2026-11-21"}};
  EXPECT_EQ(
      ParseYamlFacts("--- !ruby/object:Puppet::Node::Facts\nname: web1.example.com\nvalues:\n  osfamily: Debian\n"
                     "  os: {name: Debian}\n  !ruby/sym _timestamp: 2026-11-21\nexpiration: 2026-11-21 10:00:00\n",
                     "x.yaml")
          .value(),
      wanted);
  EXPECT_EQ(ParseYamlFacts("--- !ruby/object:Puppet::Node\nname: web1\nparameters:\n  osfamily: Debian\nclasses: {}\n",
                           "x.yaml")
                .value(),
            Json({{"osfamily", "Debian"}}));
  EXPECT_EQ(
      ParseFactFile("a.json", R"({"name": "web1", "values": {"role": "db"}, "timestamp": "t", "expiration": "e"})",
                    "a.json")
          .value(),
      Json({{"role", "db"}}));
  // Facts that merely look alike are facts.
  EXPECT_EQ(ParseYamlFacts("name: web1\nvalues: {a: 1}\n", "x").value(),
            Json({{"name", "web1"}, {"values", {{"a", 1}}}}));
  EXPECT_EQ(ParseYamlFacts("--- !ruby/hash:Mash\nrole: db\n", "x").value(), Json({{"role", "db"}}));
}

TEST(YamlFactsTest, NamesTheLineOfWhatIsWrong) {
  const auto message = [](const std::string& text) {
    return std::string(ParseYamlFacts(text, "x.yaml").status().message());
  };
  EXPECT_THAT(message("a: 1\nb: [1, 2\n"), HasSubstr("x.yaml:"));
  EXPECT_THAT(message("a: 1\nb: 2\na: 3\n"), HasSubstr("x.yaml:3: key 'a' is given twice"));
  EXPECT_THAT(message("- 1\n- 2\n"), HasSubstr("x.yaml: must be a mapping"));
  EXPECT_THAT(message("--- !ruby/object:Puppet::Transaction::Report\nhost: a\n"),
              HasSubstr("x.yaml: is Ruby's object Puppet::Transaction::Report"));
  EXPECT_THAT(message("--- !ruby/object:Puppet::Node::Facts\nname: a\n"), HasSubstr("without a mapping 'values'"));
  EXPECT_THAT(message(std::string((1u << 20) + 1, ' ')), HasSubstr("1 MiB"));
}

TEST(FactTextTest, FilesAsOtherSystemsWriteThemAreRead) {
  const Json wanted = {{"role", "web"}, {"dc", "2a"}};
  const std::string mark = "\xEF\xBB\xBF";
  EXPECT_EQ(ParseFactFile("a.txt", mark + "role=web\r\ndc=2a\r\n", "a").value(), wanted);
  EXPECT_EQ(ParseFactFile("a.yaml", mark + "role: web\r\ndc: 2a\r\n", "a").value(), wanted);
  EXPECT_EQ(ParseFactFile("a.json", mark + "{\"role\": \"web\",\r\n\"dc\": \"2a\"}\r\n", "a").value(), wanted);
  EXPECT_EQ(ParsePrintedFacts(mark + "role=web\r\ndc=2a\r\n", "a").value(), wanted);
  EXPECT_EQ(ParsePrintedFacts(mark + "{\"role\": \"web\", \"dc\": \"2a\"}\r\n", "a").value(), wanted);
  for (const char* name : {"a.txt", "a.yaml", "a.json"}) {
    EXPECT_THAT(std::string(ParseFactFile(name, "\xFF\xFEr", name).status().message()),
                HasSubstr(absl::StrCat(name, ": is UTF-16")));
    EXPECT_THAT(std::string(ParseFactFile(name, "caf\xE9=1: 1", name).status().message()),
                HasSubstr(absl::StrCat(name, ":1: is not UTF-8")));
  }
}

TEST(FactTextTest, AFileWithoutFactsIsNoFileThatSaysNone) {
  for (const char* name : {"a.txt", "a.yaml", "a.json", "a"}) {
    for (const char* text : {"", "\n \n", "\xEF\xBB\xBF\r\n"}) {
      EXPECT_EQ(ParseFactFile(name, text, name).status().message(), absl::StrCat(name, ": holds no facts"));
    }
  }
  EXPECT_FALSE(ParseFactFile("a.yaml", "# generated\n---\n", "a").ok());
  EXPECT_FALSE(ParseFactFile("a.txt", "# generated\n", "a").ok());
  EXPECT_EQ(ParseFactFile("a.yaml", "--- {}\n", "a").value(), Json::object());
  EXPECT_EQ(ParseFactFile("a.json", "{}", "a").value(), Json::object());
  // A program has ended, so that it has said all: nothing.
  EXPECT_EQ(ParsePrintedFacts("", "a").value(), Json::object());
  EXPECT_EQ(ParsePrintedFacts("# none\n", "a").value(), Json::object());
}

TEST(FactTextTest, ReadsKeyValueLines) {
  EXPECT_EQ(ParseTextFacts("# site\n\nrole=db\ndc = dc2\nurl=http://x/?a=b\nempty=\n", "x.txt").status().message(),
            "x.txt:4: write NAME=VALUE, the name without blanks");
  EXPECT_EQ(ParseTextFacts("role=db\r\nurl=http://x/?a=b\nempty=\n", "x.txt").value(),
            Json({{"role", "db"}, {"url", "http://x/?a=b"}, {"empty", ""}}));
}

TEST(FactTextTest, TellsTheFormatOfWhatAProgramPrinted) {
  EXPECT_EQ(ParsePrintedFacts("{\"a\": 1}", "x").value(), Json({{"a", 1}}));
  EXPECT_EQ(ParsePrintedFacts("a=1\nb=two words\n", "x").value(), Json({{"a", "1"}, {"b", "two words"}}));
  EXPECT_EQ(ParsePrintedFacts("a: 1\nurl: http://x/?b=c\n", "x").value(), Json({{"a", 1}, {"url", "http://x/?b=c"}}));
  EXPECT_FALSE(ParsePrintedFacts("cannot connect", "x").ok());
}

class FactsDirectoryTest : public ::testing::Test {
 protected:
  FactsDirectoryTest()
      : path_(absl::StrCat(testing::TempDir(), "/factsd_", getpid(), "_",
                           testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~FactsDirectoryTest() override { std::filesystem::remove_all(path_); }

  void Write(const std::string& name, const std::string& text, mode_t mode = 0644) {
    const std::string file = absl::StrCat(path_, "/", name);
    std::ofstream(file) << text;
    chmod(file.c_str(), mode);
  }
  CollectedFacts Collect(FactsDirectory* directory, bool run = true) {
    return MergeFacts(directory->Collect(run, nullptr), 1u << 20);
  }

  const std::string path_;
  SystemClock clock_;
};

TEST_F(FactsDirectoryTest, MergesEveryKindOfFileInOrderOfName) {
  Write("10.yaml", "role: db\nrack: 7\n");
  Write("20.json", R"({"rack": "r8"})");
  Write("30.txt", "dc=dc2\n");
  Write("40.sh", "#!/bin/sh\necho role=web\n", 0755);
  Write(".hidden.yaml", "x: 1\n");
  Write("old.yaml~", "x: 1\n");
  FactsDirectory directory(path_, absl::Seconds(10), &clock_);
  const CollectedFacts found = Collect(&directory);
  EXPECT_EQ(*found.facts, Json({{"role", "web"}, {"rack", "r8"}, {"dc", "dc2"}}));
  EXPECT_TRUE(found.problems.empty());
}

TEST_F(FactsDirectoryTest, AFolderThatIsNotThereHasNoFacts) {
  FactsDirectory directory(path_ + "/none", absl::Seconds(10), &clock_);
  EXPECT_TRUE(Collect(&directory).problems.empty());
}

TEST_F(FactsDirectoryTest, KeepsTheLastGoodFactsOfAWrongFileAndSaysStale) {
  Write("site.yaml", "role: db\n");
  FactsDirectory directory(path_, absl::Seconds(10), &clock_);
  EXPECT_EQ((*Collect(&directory).facts)["role"], "db");
  Write("site.yaml", "role: [db\n");
  CollectedFacts found = Collect(&directory);
  EXPECT_EQ((*found.facts)["role"], "db");
  ASSERT_EQ(found.problems.size(), 1u);
  EXPECT_THAT(found.problems[0], HasSubstr("site.yaml:"));
  EXPECT_THAT(found.problems[0], HasSubstr("stale"));
  Write("site.yaml", "role: web\n");
  found = Collect(&directory);
  EXPECT_EQ((*found.facts)["role"], "web");
  EXPECT_TRUE(found.problems.empty());
  std::filesystem::remove(path_ + "/site.yaml");
  EXPECT_EQ(*Collect(&directory).facts, Json::object());
}

TEST_F(FactsDirectoryTest, KeepsTheLastGoodFactsOfAFileThatIsEmptyForAMoment) {
  for (const std::string name : {"site.yaml", "site.json", "site.txt"}) {
    const std::string good = name == "site.yaml"   ? "role: cache\n"
                             : name == "site.json" ? R"({"role": "cache"})"
                                                   : "role=cache\n";
    Write(name, good);
    FactsDirectory directory(path_, absl::Seconds(10), &clock_);
    FactFiles files({absl::StrCat(path_, "/", name)});
    EXPECT_TRUE(Collect(&directory).problems.empty() && MergeFacts(files.Collect(), 1u << 20).problems.empty());
    for (const char* empty : {"", "\n"}) {
      Write(name, empty);
      for (const CollectedFacts& found : {Collect(&directory), MergeFacts(files.Collect(), 1u << 20)}) {
        EXPECT_EQ(*found.facts, Json({{"role", "cache"}})) << name;
        ASSERT_EQ(found.problems.size(), 1u) << name;
        EXPECT_THAT(found.problems[0], HasSubstr(absl::StrCat(name, ": holds no facts; its last good facts are kept")));
      }
    }
    Write(name, good);
    EXPECT_TRUE(Collect(&directory).problems.empty());
    std::filesystem::remove(absl::StrCat(path_, "/", name));
    EXPECT_EQ(*Collect(&directory).facts, Json::object());  // a file that was removed has no facts
  }
}

TEST_F(FactsDirectoryTest, EndsASlowProgramAndKeepsWhatItGaveBefore) {
  Write("slow.sh", "#!/bin/sh\necho role=db\n", 0755);
  FactsDirectory directory(path_, absl::Milliseconds(300), &clock_);
  EXPECT_EQ((*Collect(&directory).facts)["role"], "db");
  Write("slow.sh", "#!/bin/sh\nexec sleep 60\n", 0755);
  const CollectedFacts found = Collect(&directory);
  EXPECT_EQ((*found.facts)["role"], "db");
  ASSERT_EQ(found.problems.size(), 1u);
  EXPECT_THAT(found.problems[0], HasSubstr("did not end within 300ms"));
}

TEST_F(FactsDirectoryTest, ReportsFailingAndHugePrograms) {
  Write("fail.sh", "#!/bin/sh\necho role=db\nexit 3\n", 0755);
  Write("huge.sh", "#!/bin/sh\nexec head -c 3000000 /dev/zero\n", 0755);
  Write("unknown.conf", "x=1\n");
  FactsDirectory directory(path_, absl::Seconds(10), &clock_);
  const CollectedFacts found = Collect(&directory);
  EXPECT_EQ(*found.facts, Json::object());
  ASSERT_EQ(found.problems.size(), 3u);
  EXPECT_THAT(found.problems[0], HasSubstr("ended with status 3"));
  EXPECT_THAT(found.problems[1], HasSubstr("1 MiB"));
  EXPECT_THAT(found.problems[2], HasSubstr("neither executable"));
}

TEST_F(FactsDirectoryTest, DoesNotRunWhatOthersMayWrite) {
  Write("open.sh", "#!/bin/sh\necho role=db\n", 0777);
  chmod((path_ + "/open.sh").c_str(), 0777);
  FactsDirectory directory(path_, absl::Seconds(10), &clock_);
  const CollectedFacts found = Collect(&directory);
  EXPECT_FALSE(found.facts->contains("role"));
  EXPECT_THAT(found.problems[0], HasSubstr("others could write it"));
}

TEST_F(FactsDirectoryTest, AQuickCollectionRunsNoPrograms) {
  Write("run.sh", absl::StrCat("#!/bin/sh\ntouch ", path_, ".ran\necho role=db\n"), 0755);
  Write("a.yaml", "dc: 1\n");
  FactsDirectory directory(path_, absl::Seconds(10), &clock_);
  EXPECT_EQ(*Collect(&directory, /*run=*/false).facts, Json({{"dc", 1}}));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".ran"));
  EXPECT_EQ(Collect(&directory).facts->size(), 2u);
  EXPECT_EQ(Collect(&directory, /*run=*/false).facts->size(), 2u);
  std::filesystem::remove(path_ + ".ran");
}

TEST_F(FactsDirectoryTest, TheStampChangesWithFilesAndTheirContents) {
  const std::string empty = FactFilesStamp(path_, {});
  Write("a.yaml", "a: 1\n");
  const std::string one = FactFilesStamp(path_, {});
  EXPECT_NE(one, empty);
  EXPECT_EQ(FactFilesStamp(path_, {}), one);
  Write("a.yaml", "a: 12\n");
  EXPECT_NE(FactFilesStamp(path_, {}), one);
}

TEST_F(FactsDirectoryTest, LaterFilesOfTheListWin) {
  Write("first.yaml", "role: db\ndc: 1\n");
  Write("second.yaml", "role: web\n");
  FactFiles files({path_ + "/first.yaml", path_ + "/second.yaml", path_ + "/missing.yaml"});
  const CollectedFacts found = MergeFacts(files.Collect(), 1u << 20);
  EXPECT_EQ(*found.facts, Json({{"role", "web"}, {"dc", 1}}));
  ASSERT_EQ(found.problems.size(), 1u);
  EXPECT_THAT(found.problems[0], HasSubstr("missing.yaml"));
}

TEST_F(FactsDirectoryTest, FacterIsMergedOverBuiltInFactsAndKeptWhenItFails) {
  Write("facter", "#!/bin/sh\n[ \"$1\" = --json ] || exit 9\necho '{\"kernel\": \"FromFacter\", \"only\": 1}'\n", 0755);
  FactsConfig config;
  config.directory = path_ + "/none";
  config.facter = path_ + "/facter";
  FactCollector collector(config, &clock_);
  CollectedFacts found = collector.Collect(FactCollector::Depth::kFull, nullptr);
  EXPECT_EQ((*found.facts)["kernel"], "FromFacter");
  EXPECT_TRUE(found.facts->contains("osfamily"));
  Write("facter", "#!/bin/sh\nexit 1\n", 0755);
  found = collector.Collect(FactCollector::Depth::kFull, nullptr);
  EXPECT_EQ((*found.facts)["only"], 1);
  ASSERT_EQ(found.problems.size(), 1u);
  EXPECT_THAT(found.problems[0], HasSubstr("stale"));
}

TEST(MergeFactsTest, LeavesOutWhatWouldMakeTheWholeTooLarge) {
  const auto part = [](const std::string& source, Json facts) {
    return FactPart{source, std::make_shared<const Json>(std::move(facts)), ""};
  };
  const CollectedFacts found =
      MergeFacts({part("a", {{"x", 1}}), part("b", {{"big", std::string(200, 'x')}}), part("c", {{"y", 2}})}, 100);
  EXPECT_EQ(*found.facts, Json({{"x", 1}, {"y", 2}}));
  ASSERT_EQ(found.problems.size(), 1u);
  EXPECT_THAT(found.problems[0], HasSubstr("b is left out"));
}

}  // namespace
}  // namespace orch::nodeagent
