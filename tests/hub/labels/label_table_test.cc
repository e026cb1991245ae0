#include "services/hub/labels/label_table.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hub/labels/fake_record_store.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class LabelTableTest : public ::testing::Test {
 protected:
  LabelTableTest() {
    table_.SetListener([this](const std::vector<std::string>& identities) {
      told_.insert(told_.end(), identities.begin(), identities.end());
    });
  }
  absl::Status Apply(std::vector<std::string> identities, auth::Labels set, std::vector<std::string> remove = {}) {
    absl::Status status = absl::UnknownError("not done yet");
    table_.Apply({std::move(identities), std::move(set), std::move(remove)},
                 [&](absl::StatusOr<std::vector<std::string>> changed) {
                   status = changed.status();
                   if (changed.ok()) changed_ = *std::move(changed);
                 });
    return status;
  }
  FakeRecordStore store_;
  LabelTable table_{&store_, {.max_identities = 3}};
  std::vector<std::string> told_, changed_;
};

TEST_F(LabelTableTest, SetsAndRemovesLabelsOfNodesThatWereNeverSeen) {
  ASSERT_TRUE(Apply({"web1", "web2"}, {{"role", "web"}, {"env", "prod"}}).ok());
  EXPECT_THAT(changed_, UnorderedElementsAre("web1", "web2"));
  EXPECT_THAT(told_, UnorderedElementsAre("web1", "web2"));
  ASSERT_TRUE(Apply({"web1", "web2"}, {{"role", "db"}}, {"env", "unheard_of"}).ok());
  EXPECT_THAT(table_.Of("web1"), ElementsAre(Pair("role", "db")));
  ASSERT_TRUE(Apply({"web1"}, {}, {"role"}).ok());
  EXPECT_THAT(table_.Of("web1"), IsEmpty());
  EXPECT_EQ(table_.size(), 1u) << "a node without labels takes no place";
}

TEST_F(LabelTableTest, AChangeOfNothingIsNotStored) {
  ASSERT_TRUE(Apply({"web1"}, {{"role", "web"}}).ok());
  store_.held = true;
  EXPECT_TRUE(Apply({"web1"}, {{"role", "web"}}).ok());
  EXPECT_THAT(changed_, IsEmpty());
  EXPECT_THAT(store_.waiting, IsEmpty());
}

TEST_F(LabelTableTest, CountsOnlyWhatIsStoredAndKeepsTheOrder) {
  store_.held = true;
  std::vector<std::string> ended;
  for (const char* role : {"a", "b"}) {
    table_.Apply({{"web1"}, {{"role", role}, {absl::StrCat("is_", role), "yes"}}, {}},
                 [&, role](const absl::StatusOr<std::vector<std::string>>& changed) {
                   ended.push_back(absl::StrCat(role, changed.ok() ? " ok" : " failed"));
                 });
  }
  EXPECT_THAT(table_.Of("web1"), IsEmpty());
  ASSERT_EQ(store_.waiting.size(), 1u) << "the second change builds on the first";
  store_.Commit();
  EXPECT_THAT(table_.Of("web1"), ElementsAre(Pair("is_a", "yes"), Pair("role", "a")));
  store_.Commit();
  EXPECT_THAT(table_.Of("web1"), ElementsAre(Pair("is_a", "yes"), Pair("is_b", "yes"), Pair("role", "b")));
  EXPECT_THAT(ended, ElementsAre("a ok", "b ok"));
}

TEST_F(LabelTableTest, AFullDiskChangesNothingAndTheNextChangeGoesOn) {
  store_.held = true;
  std::vector<absl::Status> ended;
  for (int i = 0; i < 2; ++i) {
    table_.Apply({{"web1"}, {{"role", absl::StrCat(i)}}, {}},
                 [&](const absl::StatusOr<std::vector<std::string>>& changed) { ended.push_back(changed.status()); });
  }
  store_.Commit(absl::ResourceExhaustedError("the disk is full"));
  EXPECT_THAT(table_.Of("web1"), IsEmpty());
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_THAT(std::string(ended[0].message()), HasSubstr("the disk is full"));
  EXPECT_THAT(told_, IsEmpty());
  store_.Commit();
  EXPECT_THAT(table_.Of("web1"), ElementsAre(Pair("role", "1")));
}

TEST_F(LabelTableTest, AChangeFromWithinACallbackIsStoredOnce) {
  store_.held = true;
  table_.Apply({{"web1"}, {{"role", "a"}}, {}}, [this](const auto&) {
    table_.Apply({{"web2"}, {{"role", "b"}}, {}}, [](const auto&) {});
  });
  store_.Commit();
  ASSERT_EQ(store_.waiting.size(), 1u);
  store_.Commit();
  EXPECT_THAT(store_.waiting, IsEmpty());
  EXPECT_THAT(table_.Of("web2"), ElementsAre(Pair("role", "b")));
}

TEST_F(LabelTableTest, SurvivesARestart) {
  ASSERT_TRUE(Apply({"web1"}, {{"role", "web"}, {"note", "grün"}}).ok());
  table_.SetFromCertificate("web1", {{"role", "db"}, {"pp_zone", "dmz"}});
  table_.SetFromCertificate("web2", {{"pp_zone", "dmz"}});
  store_.records[{"label", "broken"}] = R"({"role":7})";
  LabelTable next(&store_, {.max_identities = 3});
  ASSERT_TRUE(next.Load().ok());
  EXPECT_THAT(next.Of("web1"), ElementsAre(Pair("note", "grün"), Pair("pp_zone", "dmz"), Pair("role", "web")));
  EXPECT_THAT(next.Of("web2"), ElementsAre(Pair("pp_zone", "dmz")));
  EXPECT_EQ(next.size(), 2u);
}

TEST_F(LabelTableTest, TheOperatorsValueWinsAndTheCertificatesIsBackWhenItIsRemoved) {
  table_.SetFromCertificate("web1", {{"role", "db"}});
  EXPECT_THAT(table_.Of("web1"), ElementsAre(Pair("role", "db")));
  ASSERT_TRUE(Apply({"web1"}, {{"role", "web"}}).ok());
  EXPECT_THAT(table_.Of("web1"), ElementsAre(Pair("role", "web")));
  ASSERT_TRUE(Apply({"web1"}, {}, {"role"}).ok());
  EXPECT_THAT(table_.Of("web1"), ElementsAre(Pair("role", "db")));
  table_.SetFromCertificate("web1", {});
  EXPECT_THAT(table_.Of("web1"), IsEmpty());
  EXPECT_THAT(store_.records, IsEmpty());
}

TEST_F(LabelTableTest, AForgottenNodeHasNoLabelsEvenAfterARestart) {
  ASSERT_TRUE(Apply({"web1"}, {{"role", "web"}}).ok());
  table_.SetFromCertificate("web1", {{"pp_zone", "dmz"}});
  table_.Forget("web1");
  EXPECT_THAT(table_.Of("web1"), IsEmpty());
  EXPECT_THAT(store_.records, IsEmpty());
}

TEST_F(LabelTableTest, EnrolmentAddsItsLabels) {
  ASSERT_TRUE(Apply({"web1"}, {{"env", "prod"}}).ok());
  absl::Status status = absl::UnknownError("not done");
  table_.Set("web1", {{"role", "web"}}, [&](const absl::Status& done) { status = done; });
  EXPECT_TRUE(status.ok());
  EXPECT_THAT(table_.Of("web1"), ElementsAre(Pair("env", "prod"), Pair("role", "web")));
}

TEST_F(LabelTableTest, RefusesWhatIsNoLabelAndNamesIt) {
  const auto refusal = [this](auth::Labels set, std::vector<std::string> remove = {}) {
    return std::string(Apply({"web1"}, std::move(set), std::move(remove)).message());
  };
  EXPECT_THAT(refusal({{"Role", "web"}}), HasSubstr("'Role' is no name of a label"));
  EXPECT_THAT(refusal({{"a.b", "web"}}), HasSubstr("no name of a label"));
  EXPECT_THAT(refusal({{std::string(64, 'a'), "x"}}), HasSubstr("no name of a label"));
  EXPECT_THAT(refusal({{"role", std::string(256, 'x')}}), HasSubstr("256 bytes"));
  EXPECT_THAT(refusal({{"role", "a\nb"}}), HasSubstr("printable"));
  EXPECT_THAT(refusal({{"role", "\xff"}}), HasSubstr("printable"));
  EXPECT_THAT(refusal({{"role", "a\u202e"}}), HasSubstr("printable"));
  EXPECT_THAT(refusal({{"role", "web"}}, {"role"}), HasSubstr("both set and removed"));
  EXPECT_THAT(refusal({}), HasSubstr("no label is set"));
  EXPECT_THAT(std::string(Apply({"../etc"}, {{"a", "b"}}).message()), HasSubstr("no node's identity"));
  EXPECT_THAT(table_.Of("web1"), IsEmpty());
}

TEST_F(LabelTableTest, IsBounded) {
  ASSERT_TRUE(Apply({"n1", "n2", "n3"}, {{"role", "web"}}).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(Apply({"n4"}, {{"role", "web"}})));
  table_.SetFromCertificate("n4", {{"pp_role", "web"}});
  EXPECT_THAT(table_.Of("n4"), IsEmpty());
  EXPECT_TRUE(Apply({"n1"}, {{"env", "prod"}}).ok()) << "known ones still change";
  auth::Labels many;
  for (size_t i = 0; i < auth::kMaxLabels; ++i) many[absl::StrCat("l", i)] = "x";
  EXPECT_TRUE(absl::IsResourceExhausted(Apply({"n1"}, many))) << "with those that it has, these are too many";
  EXPECT_TRUE(Apply({"n1"}, many, {"role", "env"}).ok());
  EXPECT_TRUE(
      absl::IsInvalidArgument(Apply(std::vector<std::string>(LabelTable::kMaxNodesOfChange + 1, "n1"), {{"a", "b"}})));
  store_.held = true;
  for (size_t i = 0; i < LabelTable::kMaxWaitingChanges; ++i) {
    table_.Apply({{"n1"}, {{"l0", absl::StrCat(i)}}, {}}, [](const auto&) {});
  }
  EXPECT_TRUE(absl::IsResourceExhausted(Apply({"n1"}, {{"l0", "y"}})));
}

}  // namespace
}  // namespace orch::hub
