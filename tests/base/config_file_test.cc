#include "base/config_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/config_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;

std::string ParseError(absl::string_view text) {
  const absl::StatusOr<ConfigFile> file = ConfigFile::Parse(text, "hub.yaml");
  return file.ok() ? "" : std::string(file.status().message());
}

class ConfigReaderTest : public testing::Test {
 protected:
  // Fails the test when `text` does not parse.
  ConfigReader Read(absl::string_view text) {
    absl::StatusOr<ConfigFile> file = ConfigFile::Parse(text, "hub.yaml");
    EXPECT_TRUE(file.ok()) << file.status();
    if (file.ok()) file_ = *std::move(file);
    return ConfigReader(&file_);
  }
  ConfigFile file_ = ConfigFile::Empty("hub.yaml");
};

TEST_F(ConfigReaderTest, FlattensNestedSections) {
  ConfigReader read = Read("listen: 127.0.0.1:0\ntls:\n  mode: plaintext\nlimits: {nodes: 7}\n");
  EXPECT_EQ(read.String("listen", ""), "127.0.0.1:0");
  EXPECT_EQ(read.String("tls.mode", ""), "plaintext");
  EXPECT_EQ(read.Int("limits.nodes", 1, 1, 100), 7);
  EXPECT_TRUE(read.Finish().ok());
}

TEST_F(ConfigReaderTest, ReadsKeysWrittenWithDotsLikeSections) {
  ConfigReader read = Read("tls.mode: on\n");
  EXPECT_EQ(read.String("tls.mode", ""), "on");
  EXPECT_TRUE(read.Finish().ok());
}

TEST_F(ConfigReaderTest, AbsentAndEmptyValuesTakeTheDefault) {
  ConfigReader read = Read("ca:\nname: ~\n");
  EXPECT_EQ(read.String("ca", "none"), "none");
  EXPECT_EQ(read.String("name", "root"), "root");
  EXPECT_EQ(read.Int("workers", 8, 1, 10), 8);
  EXPECT_TRUE(read.Finish().ok());
}

TEST_F(ConfigReaderTest, AnEmptyFileHasNoKeys) {
  for (const absl::string_view text : {"", "# nothing\n", "---\n", "---\n...\n"}) {
    ConfigReader read = Read(text);
    EXPECT_EQ(read.String("listen", "x"), "x");
    EXPECT_TRUE(read.Finish().ok()) << text;
  }
}

TEST_F(ConfigReaderTest, AQuotedEmptyTextIsAValue) {
  ConfigReader read = Read("file: \"\"\n");
  EXPECT_EQ(read.String("file", "default"), "");
}

TEST_F(ConfigReaderTest, NamesFileLineAndNearestKeyOfAnUnknownOne) {
  ConfigReader read = Read("identity: hub\nlimits:\n  nodse: 3\n");
  read.String("identity", "");
  read.Int("limits.nodes", 1, 1, 10);
  EXPECT_EQ(read.Finish().message(), "hub.yaml:3: key 'limits.nodse' is unknown; did you mean 'limits.nodes'?");
}

TEST_F(ConfigReaderTest, NamesAMisspeltKeyBeforeTheOneItWasMeantToBe) {
  ConfigReader read = Read("hubb: a:1\n");
  read.RequiredString("hub");
  EXPECT_THAT(std::string(read.Finish().message()),
              StartsWith("hub.yaml:1: key 'hubb' is unknown; did you mean 'hub'?"));
}

TEST_F(ConfigReaderTest, RefusesAValueWhereASectionBelongs) {
  ConfigReader read = Read("tls: on\n");
  read.String("tls.mode", "");
  EXPECT_THAT(std::string(read.Finish().message()), HasSubstr("hub.yaml:1: key 'tls': a section"));
}

TEST_F(ConfigReaderTest, RefusesASectionWhereAValueBelongs) {
  ConfigReader read = Read("listen:\n  port: 1\n");
  read.String("listen", "");
  EXPECT_THAT(std::string(read.Finish().message()), HasSubstr("hub.yaml:2: key 'listen.port': 'listen' takes a value"));
}

TEST_F(ConfigReaderTest, AnEmptyKnownSectionIsLawfulAndAnUnknownOneIsNot) {
  ConfigReader read = Read("tls: {}\n");
  read.String("tls.mode", "");
  EXPECT_TRUE(read.Finish().ok());
  ConfigReader wrong = Read("tsl: {}\n");
  wrong.String("tls.mode", "");
  EXPECT_FALSE(wrong.Finish().ok());
}

TEST_F(ConfigReaderTest, ReadsDurationsWithAndWithoutUnit) {
  ConfigReader read = Read("a: 500ms\nb: 30s\nc: 5m\nd: 1h\ne: 12\nf: 0.5\ng: 1h30m\n");
  const absl::Duration max = absl::Hours(2);
  EXPECT_EQ(read.Duration("a", {}, {}, max), absl::Milliseconds(500));
  EXPECT_EQ(read.Duration("b", {}, {}, max), absl::Seconds(30));
  EXPECT_EQ(read.Duration("c", {}, {}, max), absl::Minutes(5));
  EXPECT_EQ(read.Duration("d", {}, {}, max), absl::Hours(1));
  EXPECT_EQ(read.Duration("e", {}, {}, max), absl::Seconds(12));
  EXPECT_EQ(read.Duration("f", {}, {}, max), absl::Milliseconds(500));
  EXPECT_EQ(read.Duration("g", {}, {}, max), absl::Minutes(90));
  EXPECT_TRUE(read.Finish().ok());
}

TEST_F(ConfigReaderTest, RefusesWrongDurationsAndKeepsTheDefault) {
  for (const absl::string_view value : {"soon", "-5s", "3h", "inf", "1.2.3", "5 parsecs", "nan"}) {
    ConfigReader read = Read(absl::StrCat("heartbeat: ", value, "\n"));
    EXPECT_EQ(read.Duration("heartbeat", absl::Seconds(30), absl::Seconds(1), absl::Hours(1)), absl::Seconds(30));
    EXPECT_THAT(std::string(read.Finish().message()), StartsWith("hub.yaml:1: heartbeat: '")) << value;
  }
}

TEST_F(ConfigReaderTest, RefusesNumbersOutOfRangeOrNotWhole) {
  for (const absl::string_view value : {"0", "101", "ten", "1.5", "0x10", "99999999999999999999", "[1]"}) {
    ConfigReader read = Read(absl::StrCat("\n\nworkers: ", value, "\n"));
    EXPECT_EQ(read.Int("workers", 8, 1, 100), 8);
    EXPECT_THAT(std::string(read.Finish().message()), StartsWith("hub.yaml:3: workers: ")) << value;
  }
}

TEST_F(ConfigReaderTest, ReadsEveryWordForTrueAndFalse) {
  ConfigReader read = Read("a: yes\nb: 'On'\nc: 1\nd: no\ne: OFF\nf: false\ng: perhaps\n");
  EXPECT_TRUE(read.Bool("a", false));
  EXPECT_TRUE(read.Bool("b", false));
  EXPECT_TRUE(read.Bool("c", false));
  EXPECT_FALSE(read.Bool("d", true));
  EXPECT_FALSE(read.Bool("e", true));
  EXPECT_FALSE(read.Bool("f", true));
  EXPECT_TRUE(read.Bool("g", true));
  EXPECT_THAT(std::string(read.Finish().message()), HasSubstr("hub.yaml:7: g: 'perhaps'"));
}

TEST_F(ConfigReaderTest, ReadsListsAndScalarsSplitAtCommas) {
  ConfigReader read = Read("a: [x, 'y,z']\nb: x, y,,z\nc: []\nd:\n  - one\n  - two\n");
  EXPECT_THAT(read.List("a", {}), ElementsAre("x", "y,z"));
  EXPECT_THAT(read.List("b", {}), ElementsAre("x", "y", "z"));
  EXPECT_THAT(read.List("c", {"default"}), IsEmpty());
  EXPECT_THAT(read.List("d", {}), ElementsAre("one", "two"));
  EXPECT_THAT(read.List("e", {"default"}), ElementsAre("default"));
  EXPECT_TRUE(read.Finish().ok());
}

TEST_F(ConfigReaderTest, RefusesAListWhereOneValueBelongs) {
  ConfigReader read = Read("identity: [a, b]\n");
  EXPECT_EQ(read.String("identity", "host"), "host");
  EXPECT_EQ(read.Finish().message(), "hub.yaml:1: identity: one value is expected, found a list");
}

TEST_F(ConfigReaderTest, NamesTheChoices) {
  ConfigReader read = Read("tls: {mode: maybe}\n");
  EXPECT_EQ(read.Choice("tls.mode", "on", {"on", "plaintext"}), "on");
  EXPECT_EQ(read.Finish().message(), "hub.yaml:1: tls.mode: 'maybe' is unknown; use on, plaintext");
}

TEST_F(ConfigReaderTest, RequiredKeysAreMissedByName) {
  ConfigReader read = Read("hub: ''\n");
  read.RequiredString("hub");
  read.RequiredString("credentials");
  EXPECT_EQ(read.Finish().message(), "hub.yaml:1: hub: is missing; this key must be set (and 1 more error)");
}

TEST_F(ConfigReaderTest, ASectionTakesAnyNameUnderItsPrefix) {
  ConfigReader read = Read("plugin:\n  package: {provider: apt}\nplugin.service.provider: sysv\npluginx: 1\n");
  EXPECT_THAT(read.Section("plugin"), ElementsAre(Pair("package.provider", "apt"), Pair("service.provider", "sysv")));
  EXPECT_THAT(std::string(read.Finish().message()), HasSubstr("hub.yaml:4: key 'pluginx' is unknown"));
}

TEST_F(ConfigReaderTest, FailPointsAtTheLineOfTheKey) {
  ConfigReader read = Read("a: 1\nlisten: nowhere\n");
  read.Int("a", 1, 0, 9);
  read.String("listen", "");
  read.Fail("listen", "no port");
  read.Fail("listen", "no address");
  const absl::Status status = read.Finish();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "hub.yaml:2: listen: no port (and 1 more error)");
}

TEST(ConfigFileTest, RefusesAKeyGivenTwiceAlsoAcrossSpellings) {
  EXPECT_EQ(ParseError("a: 1\nb: 2\na: 3\n"), "hub.yaml:3: key 'a' is given twice, first in line 1");
  EXPECT_EQ(ParseError("tls:\n  mode: on\ntls.mode: off\n"),
            "hub.yaml:3: key 'tls.mode' is given twice, first in line 2");
}

TEST(ConfigFileTest, RefusesAnchorsAliasesAndTags) {
  EXPECT_THAT(ParseError("a: &x 1\nb: 2\n"), HasSubstr("hub.yaml:1:4: anchors"));
  EXPECT_THAT(ParseError("a: &x [1]\nb: *x\n"), HasSubstr("anchors"));
  EXPECT_THAT(ParseError("a: !!binary aGk=\n"), HasSubstr("tag"));
}

TEST(ConfigFileTest, RefusesAnExpandingDocumentQuickly) {
  std::string bomb = "a0: &a0 [x]\n";
  for (int i = 1; i < 60; ++i) absl::StrAppend(&bomb, "a", i, ": &a", i, " [*a", i - 1, ",*a", i - 1, "]\n");
  EXPECT_THAT(ParseError(bomb), HasSubstr("anchors"));
}

TEST(ConfigFileTest, RefusesShapesWithoutKeys) {
  EXPECT_THAT(ParseError("just words\n"), HasSubstr("a mapping"));
  EXPECT_THAT(ParseError("- a\n- b\n"), HasSubstr("a mapping"));
  EXPECT_THAT(ParseError("a: [[1]]\n"), HasSubstr("a list in a list"));
  EXPECT_THAT(ParseError("a: [{b: 1}]\n"), HasSubstr("found a mapping"));
  EXPECT_THAT(ParseError("? [x]\n: y\n"), HasSubstr("a key is expected"));
  EXPECT_THAT(ParseError("'': y\n"), HasSubstr("a key is empty"));
  EXPECT_THAT(ParseError("a: 1\n---\nb: 2\n"), HasSubstr("more than one"));
}

TEST(ConfigFileTest, NamesLineAndColumnOfWrongSyntax) {
  EXPECT_THAT(ParseError("a: 1\nb: [1, 2\n"), StartsWith("hub.yaml:"));
  EXPECT_THAT(ParseError("a: 1\n\tb: 2\n"), StartsWith("hub.yaml:2:"));
  EXPECT_THAT(ParseError("a: 'x\nb: 2\n\n"), HasSubstr("not valid YAML"));
}

TEST(ConfigFileTest, RefusesDepthAndSizeBeyondTheLimits) {
  std::string deep;
  for (int i = 0; i < 33; ++i) absl::StrAppend(&deep, std::string(i, ' '), "k:\n");
  EXPECT_THAT(ParseError(deep), HasSubstr("deeper than 32"));
  EXPECT_THAT(ParseError(absl::StrCat("a: ", std::string(20000, '['))), HasSubstr("hub.yaml:1:"));
  EXPECT_THAT(ParseError(std::string((1u << 20) + 1, '#')), HasSubstr("1048576 bytes"));
}

TEST(ConfigFileTest, AnyBytesAreAnErrorOrAFileButNeverACrash) {
  const std::string seed = "a: [1, 2]\nb: {c: 'd'}\n# x\ne: |\n  text\n";
  for (size_t place = 0; place < seed.size(); ++place) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = seed;
      text[place] = static_cast<char>(byte);
      const absl::StatusOr<ConfigFile> file = ConfigFile::Parse(text, "x");
      ASSERT_TRUE(file.ok() || absl::StartsWith(file.status().message(), "x:")) << file.status();
    }
  }
}

TEST(ConfigFileTest, LoadNamesTheFileThatIsNotThere) {
  const absl::StatusOr<ConfigFile> file = ConfigFile::Load(absl::StrCat(testing::TempDir(), "/no-such.yaml"));
  EXPECT_EQ(file.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(file.status().message()), HasSubstr("no-such.yaml"));
}

TEST(ConfigFileTest, LoadReadsAFile) {
  const std::string path = absl::StrCat(testing::TempDir(), "/config_file_test.yaml");
  std::ofstream(path) << "name: value\n";
  const absl::StatusOr<ConfigFile> file = ConfigFile::Load(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(ConfigReader(&*file).String("name", ""), "value");
  std::remove(path.c_str());
}

// Whoever may write an agent's configuration says which hub commands it.
TEST(ConfigFileTest, LoadRefusesAFileThatOthersMayWriteOrReplace) {
  std::string folder = absl::StrCat(testing::TempDir(), "/config-file-XXXXXX");
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = absl::StrCat(folder, "/agent.yaml");
  std::ofstream(path) << "name: value\n";
  for (const auto& [mode, folder_mode] :
       std::vector<std::pair<mode_t, mode_t>>{{0666, 0755}, {0602, 0755}, {0644, 0757}}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    ASSERT_EQ(chmod(folder.c_str(), folder_mode), 0);
    const absl::Status status = ConfigFile::Load(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << absl::StrFormat("%04o %04o", mode, folder_mode);
    EXPECT_THAT(std::string(status.message()), testing::AllOf(HasSubstr(path), HasSubstr("chmod o-w ")));
  }
  for (const auto& [mode, folder_mode] :
       std::vector<std::pair<mode_t, mode_t>>{{0664, 0775}, {0644, 01777}, {0400, 0700}}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    ASSERT_EQ(chmod(folder.c_str(), folder_mode), 0);
    EXPECT_TRUE(ConfigFile::Load(path).ok()) << ConfigFile::Load(path).status();
  }
  std::filesystem::remove_all(folder);
}

TEST(ConfigFileTest, LoadTakesAPipeAsItIs) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], "name: value\n", 12), 12);
  close(ends[1]);
  const absl::StatusOr<ConfigFile> file = ConfigFile::Load(absl::StrCat("/dev/fd/", ends[0]));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(ConfigReader(&*file).String("name", ""), "value");
  close(ends[0]);
}

}  // namespace
}  // namespace orch
