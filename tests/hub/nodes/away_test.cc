#include "services/hub/nodes/away.h"

#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hub/fakes.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class AwayTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  Registry registry_{&clock_, {}};
  FakeNode stream_;
  CountingRandom random_;

  void Add(const std::string& identity, bool attached, const std::string& os = "Debian") {
    v1::Node node;
    node.set_identity(identity);
    node.set_facts_json("{\"os\":\"" + os + "\"}");
    node.add_collectives("mcollective");
    v1::PluginRef* plugin = node.add_plugins();
    plugin->set_name("rpcutil");
    plugin->set_ddl_sha256(std::string(32, 'd'));
    ASSERT_TRUE(registry_.Attach(node, &stream_, "ipv4:1", "k1").ok());
    if (!attached) registry_.Detach(identity, &stream_, "it was cut");
  }
  v1::AwayNodes Away(const v1::Target& target, const std::string& plugin = "rpcutil") {
    const auto query = ParseTarget(target, &random_);
    EXPECT_TRUE(query.ok()) << query.status();
    ChooseOptions options;
    options.plugin = plugin;
    options.named_disconnected = true;
    const FleetSnapshot fleet = registry_.Freeze(query->columns);
    StepBudget budget;
    return *FindAway(*query, fleet, plugin, Choose(*query, fleet, options, &budget)->nodes, &budget);
  }
  static v1::Target With(v1::FilterOption::Kind kind, const std::string& text) {
    v1::Target target;
    auto* option = target.mutable_filter()->add_options();
    option->set_kind(kind);
    option->set_text(text);
    return target;
  }
  std::vector<std::string> Meant(const std::vector<std::string>& names) {
    std::vector<std::string> meant;
    for (const v1::Suggestion& suggestion :
         SuggestIdentities(names, registry_.facts().names(), registry_.facts().live())) {
      meant.push_back(suggestion.name() + "=" + suggestion.identity());
    }
    return meant;
  }
};

TEST_F(AwayTest, NamesKnownNodesThatMatchAndAreNotConnected) {
  Add("here", true);
  Add("c", false);
  Add("b", false);
  Add("red", false, "RedHat");
  EXPECT_THAT(Away({}).identities(), ElementsAre("b", "c", "red"));
  EXPECT_EQ(Away({}).count(), 3u);
  EXPECT_THAT(Away(With(v1::FilterOption::FACT, "os=Debian")).identities(), ElementsAre("b", "c"));
  EXPECT_THAT(Away({}, "package").identities(), IsEmpty()) << "they do not have the plugin";
  v1::Target other;
  other.set_collective("eu");
  EXPECT_EQ(Away(other).count(), 0u);
}

TEST_F(AwayTest, NodesThatAreTargetsThoughAwayAreNotNamedAgain) {
  Add("here", true);
  Add("named", false);
  EXPECT_EQ(Away(With(v1::FilterOption::IDENTITY, "named")).count(), 0u);
}

TEST_F(AwayTest, ALimitThatIsSatisfiedMissesNobody) {
  for (const char* name : {"a", "b"}) Add(name, true);
  for (const char* name : {"c", "d"}) Add(name, false);
  v1::Target target;
  target.set_limit(2);
  EXPECT_EQ(Away(target).count(), 0u);
  target.set_limit(3);
  EXPECT_EQ(Away(target).count(), 2u);
  target.set_limit(0);
  target.set_limit_percent(50);
  EXPECT_EQ(Away(target).count(), 2u) << "half of all is more when all are here";
}

TEST_F(AwayTest, CountsAllAndNamesTheFirst) {
  for (size_t i = 0; i < kMaxAwayNamed + 5; ++i) Add("n" + std::to_string(10'000 + i), false);
  const v1::AwayNodes away = Away({});
  EXPECT_EQ(away.count(), kMaxAwayNamed + 5);
  ASSERT_THAT(away.identities(), SizeIs(kMaxAwayNamed));
  EXPECT_EQ(away.identities(0), "n10000");
  EXPECT_EQ(away.identities(kMaxAwayNamed - 1), "n10999");
}

TEST_F(AwayTest, SaysHowManyAreOnTheirWayBack) {
  v1::Node stored;
  stored.set_identity("back");
  stored.set_presence(v1::CONNECTED);
  registry_.Restore(stored, Registry::CheckStored(stored), "");
  stored.set_identity("long-gone");
  stored.set_presence(v1::DISCONNECTED);
  registry_.Restore(stored, Registry::CheckStored(stored), "");
  EXPECT_EQ(Away({}, "").count(), 2u);
  EXPECT_EQ(Away({}, "").returning(), 1u);
  clock_.Advance(kReturnWithin);
  EXPECT_EQ(Away({}, "").count(), 2u);
  EXPECT_EQ(Away({}, "").returning(), 0u);
}

TEST_F(AwayTest, AShortNameSuggestsTheWholeOne) {
  Add("web1.example.net", true);
  Add("web10.example.net", true);
  Add("db1", false);
  Add("Mail.example.net", true);
  Add("twin.example.net", true);
  Add("twin.example.org", true);
  EXPECT_THAT(Meant({"web1"}), ElementsAre("web1=web1.example.net"));
  EXPECT_THAT(Meant({"db1.example.net"}), ElementsAre("db1.example.net=db1"));
  EXPECT_THAT(Meant({"mail.EXAMPLE.net"}), ElementsAre("mail.EXAMPLE.net=Mail.example.net"));
  EXPECT_THAT(Meant({"WEB1"}), ElementsAre("WEB1=web1.example.net"));
  EXPECT_THAT(Meant({"twin"}), IsEmpty()) << "two fit";
  EXPECT_THAT(Meant({"web1.example.org"}), IsEmpty()) << "another domain is another host";
  EXPECT_THAT(Meant({"web"}), IsEmpty());
  EXPECT_THAT(Meant({}), IsEmpty());
}

}  // namespace
}  // namespace orch::hub
