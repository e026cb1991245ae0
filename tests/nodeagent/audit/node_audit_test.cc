#include "services/nodeagent/gate/node_audit.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "actions/ddl/ddl.h"
#include "auth/message_mac.h"
#include "base/digest.h"
#include "base/manual_executor.h"
#include "base/random.h"
#include "gmock/gmock.h"
#include "services/nodeagent/gate/command_gate.h"
#include "tests/nodeagent/fakes.h"

namespace orch::nodeagent {
namespace {

using testing::HasSubstr;

constexpr char kNode[] = "node1.example.com";

class RecordedAudit final : public auth::AuditSink {
 public:
  absl::Status Write(const auth::AuditRecord& record) override {
    if (full) return absl::ResourceExhaustedError("the disk is full");
    records.push_back(record);
    return absl::OkStatus();
  }
  bool required() const override { return must; }
  std::vector<auth::AuditRecord> records;
  bool full = false;
  bool must = false;
};

class NodeAuditTest : public testing::Test {
 protected:
  NodeAuditTest() { gate_.SetKey(key_); }
  v1::TaskUpdate Handle(const std::string& action, const std::string& inputs = "") {
    v1::Command command;
    command.set_attempt_id(std::string(31, '0') + std::to_string(++jobs_));
    command.set_plugin("fake");
    command.set_action(action);
    command.set_inputs_json(inputs);
    command.set_caller("client=alice");
    v1::Envelope envelope;
    envelope.set_direction(v1::Envelope::TO_NODE);
    envelope.set_kind(v1::Envelope::COMMAND);
    envelope.set_attempt_id(command.attempt_id());
    envelope.set_identity(kNode);
    envelope.set_body(command.SerializeAsString());
    auth::SealEnvelope(key_, Sha256(envelope.body()), clock_.Now(), auth::kMessageTtl, &random_, &envelope);
    last_ = envelope;
    const size_t before = updates_.All().size();
    gate_.Handle(envelope);
    v1::TaskUpdate update;
    EXPECT_TRUE(update.ParseFromString(updates_.Await(before + 1)[before].body()));
    return update;
  }

  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  SystemRandom random_;
  RecordedAudit audit_;
  auth::Key key_{"k1", std::string(32, 'k')};
  Inbox<int> runs_;
  Inbox<v1::Envelope> updates_;
  AgentState state_{&clock_, {}, MakeMoment(std::make_shared<FakePlugin>([this](const auto&, const auto&) {
                      runs_.Put(1);
                      actions::Reply reply;
                      reply.data["text"] = "x";
                      return reply;
                    }))};
  CommandGate gate_{
      kNode, TaskRunner::Options{2, 10},
      CommandGate::Dependencies{
          .clock = &clock_, .random = &random_, .executor = &executor_, .state = &state_, .audit = &audit_},
      [this](v1::Envelope update) { updates_.Put(std::move(update)); }};
  v1::Envelope last_;
  int jobs_ = 0;
};

TEST_F(NodeAuditTest, AdmittedCommandAndItsEndAreRecorded) {
  EXPECT_EQ(Handle("read").reply().state(), v1::OK);
  ASSERT_EQ(audit_.records.size(), 2u);
  EXPECT_EQ(audit_.records[0].event, "task.run");
  EXPECT_EQ(audit_.records[0].decision, "allowed");
  EXPECT_EQ(audit_.records[0].caller, "client=alice");
  EXPECT_EQ(audit_.records[0].details["plugin"], "fake");
  EXPECT_EQ(audit_.records[1].event, "task.end");
  EXPECT_EQ(audit_.records[1].caller, "client=alice");
  EXPECT_EQ(audit_.records[1].details["state"], "OK");
  EXPECT_EQ(audit_.records[1].details["job"], audit_.records[0].details["job"]);
}

TEST_F(NodeAuditTest, RefusedCommandIsRecordedOnce) {
  EXPECT_EQ(Handle("no_such_action", R"({"password":"secret"})").reply().state(), v1::DENIED);
  ASSERT_EQ(audit_.records.size(), 1u);
  EXPECT_EQ(audit_.records[0].decision, "refused");
  EXPECT_THAT(audit_.records[0].reason, HasSubstr("no_such_action"));
  // Nothing says which inputs of an unknown action are sensitive, so all of them may be.
  EXPECT_EQ(audit_.records[0].details["inputs"]["password"], "***");
}

TEST_F(NodeAuditTest, NothingRunsThatMustBeRecordedAndCannot) {
  audit_.full = audit_.must = true;
  const v1::TaskUpdate update = Handle("read");
  EXPECT_EQ(update.reply().state(), v1::DENIED);
  EXPECT_THAT(update.reply().status_message(), HasSubstr("audit.required"));
  EXPECT_TRUE(runs_.All().empty());
  audit_.must = false;
  EXPECT_EQ(Handle("read").reply().state(), v1::OK);
}

TEST_F(NodeAuditTest, ForgedAndRepeatedMessagesAreAddedUp) {
  Handle("read");
  audit_.records.clear();
  v1::Envelope forged = last_;
  forged.set_mac(std::string(32, 'm'));
  for (int i = 0; i < 100; ++i) {
    gate_.Handle(forged);
    gate_.Handle(last_);
  }
  EXPECT_TRUE(audit_.records.empty());
  gate_.FlushAudit(/*all=*/true);
  ASSERT_EQ(audit_.records.size(), 2u);
  for (const auth::AuditRecord& record : audit_.records) {
    EXPECT_EQ(record.event, "message");
    EXPECT_EQ(record.decision, "refused");
    EXPECT_EQ(record.details["count"], 100);
  }
}

// A plugin with one input, which its description marks as sensitive or not.
class LoginPlugin final : public actions::Plugin {
 public:
  explicit LoginPlugin(bool sensitive)
      : ddl_(ddl::LoadPlugin(
                 absl::StrCat(
                     R"({"metadata":{"name":"login","description":"d","author":"a","license":"l","version":"1",)"
                     R"("url":"https://example.com/","timeout":9},"actions":[{"action":"set","description":"d",)"
                     R"("display":"failed","impact":"change","output":{},"input":{"word":{"prompt":"p",)"
                     R"("description":"d","type":"string","optional":true,"validation":".","maxlength":90,)"
                     R"("sensitive":)",
                     sensitive ? "true" : "false", "}}}]}"),
                 "login.json")
                 .value()) {}
  const std::shared_ptr<const ddl::Plugin>& ddl() const override { return ddl_; }
  actions::Reply Run(const actions::Request&, const actions::Context&) override { return {}; }

 private:
  const std::shared_ptr<const ddl::Plugin> ddl_;
};

TEST(NodeAuditInputsTest, SecretStaysMaskedWhenALaterDescriptionDoesNotMarkIt) {
  ManualClock clock;
  RecordedAudit sink;
  NodeAudit audit(&sink, &clock);
  v1::Command command;
  command.set_attempt_id("1");
  command.set_plugin("login");
  command.set_action("set");
  command.set_inputs_json(R"({"word":"hunter2"})");
  const auto catalog_of = [](bool sensitive) {
    auto catalog = std::make_shared<actions::Catalog>();
    catalog->Add(std::make_shared<LoginPlugin>(sensitive));
    return catalog;
  };
  ASSERT_TRUE(audit.OnAdmitted(command, catalog_of(true)).ok());
  ASSERT_TRUE(audit.OnAdmitted(command, catalog_of(false)).ok());
  EXPECT_EQ(sink.records[0].details["inputs"]["word"], "***");
  EXPECT_EQ(sink.records[1].details["inputs"]["word"], "***");
  NodeAudit open(&sink, &clock);
  ASSERT_TRUE(open.OnAdmitted(command, catalog_of(false)).ok());
  EXPECT_EQ(sink.records[2].details["inputs"]["word"], "hunter2");
}

}  // namespace
}  // namespace orch::nodeagent
