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

TEST(YamlFactsTest, KeepsTheTypesOfTheCoreSchemaApart) {
  const Json facts =
      ParseYamlFacts(
          "int: 10\nneg: -3\nfloat: 10.0\nexp: 1e3\nquoted: \"10\"\nsingle: 'true'\nyes: true\nno: False\n"
          "word: yes\nnone: ~\nempty:\nhex: 0x1F\noct: 0o17\nbig: 123456789012345678901234567890\n"
          "version: 1.2.3\ninf: .inf\nlist: [1, two, 3.5]\nmap: {a: {b: 1}}\nblock: |\n  10\ntag: !!str 5\n",
          "x.yaml")
          .value();
  EXPECT_TRUE(facts["int"].is_number_integer());
  EXPECT_EQ(facts["neg"], -3);
  EXPECT_TRUE(facts["float"].is_number_float());
  EXPECT_TRUE(facts["exp"].is_number_float());
  EXPECT_EQ(facts["quoted"], "10");
  EXPECT_EQ(facts["single"], "true");
  EXPECT_EQ(facts["yes"], true);
  EXPECT_EQ(facts["no"], false);
  EXPECT_EQ(facts["word"], "yes");
  EXPECT_TRUE(facts["none"].is_null());
  EXPECT_TRUE(facts["empty"].is_null());
  EXPECT_EQ(facts["hex"], 31);
  EXPECT_EQ(facts["oct"], 15);
  EXPECT_EQ(facts["big"], "123456789012345678901234567890");
  EXPECT_EQ(facts["version"], "1.2.3");
  EXPECT_EQ(facts["inf"], ".inf");
  EXPECT_EQ(facts["list"], Json({1, "two", 3.5}));
  EXPECT_EQ(facts["map"]["a"]["b"], 1);
  EXPECT_EQ(facts["block"], "10\n");
  EXPECT_EQ(facts["tag"], "5");
}

TEST(YamlFactsTest, NamesTheLineOfWhatIsWrong) {
  const auto message = [](const std::string& text) {
    return std::string(ParseYamlFacts(text, "x.yaml").status().message());
  };
  EXPECT_THAT(message("a: 1\nb: [1, 2\n"), HasSubstr("x.yaml:"));
  EXPECT_THAT(message("a: 1\nb: 2\na: 3\n"), HasSubstr("x.yaml:3: key 'a' is given twice"));
  EXPECT_THAT(message("- 1\n- 2\n"), HasSubstr("x.yaml:1: must be a mapping"));
  EXPECT_THAT(message("a: 1\n---\nb: 2\n"), HasSubstr("second document"));
  EXPECT_THAT(message("a: 1\n? [x]\n: 2\n"), HasSubstr("a key must be a text"));
}

TEST(YamlFactsTest, BoundsDepthSizeAndUnfoldedAliases) {
  std::string deep = "a: ";
  for (int i = 0; i < 40; ++i) deep += "[";
  for (int i = 0; i < 40; ++i) deep += "]";
  EXPECT_THAT(std::string(ParseYamlFacts(deep, "x").status().message()), HasSubstr("nested deeper"));
  std::string bomb = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 9; ++i) {
    absl::StrAppend(&bomb, "a", i, ": &a", i, " [");
    for (int k = 0; k < 10; ++k) absl::StrAppend(&bomb, k > 0 ? "," : "", "*a", i - 1);
    bomb += "]\n";
  }
  EXPECT_THAT(std::string(ParseYamlFacts(bomb, "x").status().message()), HasSubstr("1 MiB"));
  EXPECT_FALSE(ParseYamlFacts(std::string((1u << 20) + 1, ' '), "x").ok());
  EXPECT_EQ(ParseYamlFacts("", "x").value(), Json::object());
  EXPECT_EQ(ParseYamlFacts("# only a comment\n", "x").value(), Json::object());
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
