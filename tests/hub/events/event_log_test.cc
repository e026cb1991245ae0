#include "services/hub/events/event_log.h"

#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hub/fakes.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Event = v1::WatchEventsResponse;
using Nodes = v1::WatchNodesResponse;

class EventLogTest : public ::testing::Test {
 protected:
  using Sink = FakeSink<Event>;
  ManualClock clock_;
  EventLog log_{&clock_, "0011", 3};

  std::shared_ptr<Sink> Watch(const std::string& cursor = "", bool nodes = false, bool jobs = false) {
    v1::WatchEventsRequest request;
    request.set_cursor(cursor);
    request.set_nodes(nodes);
    request.set_jobs(jobs);
    auto sink = std::make_shared<Sink>();
    auto id = log_.Add(request, sink);
    EXPECT_TRUE(id.ok()) << id.status();
    id_ = id.value_or(0);
    caught_up_.Clear();
    if (!sink->responses.empty() && sink->responses.back().kind() == Event::KIND_UNSPECIFIED) {
      caught_up_ = sink->responses.back();
      sink->responses.pop_back();
    }
    return sink;
  }
  void Node(const std::string& identity) { log_.OnNode(Nodes::NODE_CONNECTED, identity); }
  void Job(Event::Kind kind, const std::string& id) {
    log_.OnJob(kind, id, [&] {
      v1::Job job;
      job.set_job_id(id);
      return job;
    });
  }
  static std::vector<std::string> Names(const Sink& sink) {
    std::vector<std::string> names;
    for (const Event& event : sink.responses) {
      names.push_back(event.kind() == Event::GAP ? "gap" : event.has_job() ? event.job().job_id() : event.identity());
    }
    return names;
  }
  EventLog::WatchId id_ = 0;
  Event caught_up_;  // what the last Watch was told in the end
};

TEST_F(EventLogTest, AWatchIsToldWhatComes) {
  Node("before");
  const auto sink = Watch();
  Node("a");
  Job(Event::JOB_ACCEPTED, "j");
  EXPECT_THAT(Names(*sink), ElementsAre("a", "j"));
  EXPECT_EQ(sink->responses[0].kind(), Event::NODE_CONNECTED);
  EXPECT_EQ(sink->responses[0].time_us(), absl::ToUnixMicros(clock_.Now()));
}

TEST_F(EventLogTest, AKindCanBeLeftOut) {
  const auto nodes = Watch("", true, false), jobs = Watch("", false, true), both = Watch("", true, true);
  Node("a");
  Job(Event::JOB_ACCEPTED, "j");
  EXPECT_THAT(Names(*nodes), ElementsAre("a"));
  EXPECT_THAT(Names(*jobs), ElementsAre("j"));
  EXPECT_THAT(Names(*both), ElementsAre("a", "j"));
}

TEST_F(EventLogTest, ACursorGoesOnWhereItWas) {
  const auto first = Watch();
  for (const char* name : {"a", "b", "c"}) Node(name);
  EXPECT_THAT(Names(*Watch(first->responses[0].cursor())), ElementsAre("b", "c"));
  EXPECT_THAT(Names(*Watch(first->responses[2].cursor())), IsEmpty());
}

TEST_F(EventLogTest, AWatchIsToldOnceWhereItHasCaughtUp) {
  const auto none = Watch();
  const std::string cursor = caught_up_.cursor();
  EXPECT_NE(cursor, "");
  Node("a");
  Node("b");
  EXPECT_THAT(Names(*none), ElementsAre("a", "b"));
  const auto resumed = Watch(cursor);
  EXPECT_THAT(Names(*resumed), ElementsAre("a", "b"));
  EXPECT_EQ(caught_up_.cursor(), resumed->responses[1].cursor());
}

TEST_F(EventLogTest, AClientThatIsSlowIsToldLaterThatItHasCaughtUp) {
  Node("a");
  v1::WatchEventsRequest request;
  request.set_cursor(kFirstEvent);
  auto sink = std::make_shared<Sink>();
  sink->room = 1;
  const EventLog::WatchId id = *log_.Add(request, sink);
  EXPECT_THAT(sink->responses, SizeIs(1));
  sink->room = 5;
  log_.OnDrained(id);
  ASSERT_THAT(sink->responses, SizeIs(2));
  EXPECT_EQ(sink->responses[1].kind(), Event::KIND_UNSPECIFIED);
  log_.OnDrained(id);
  EXPECT_THAT(sink->responses, SizeIs(2));
}

TEST_F(EventLogTest, AllThatIsKeptCanBeAskedFor) {
  Node("a");
  Node("b");
  EXPECT_THAT(Names(*Watch("first")), ElementsAre("a", "b"));
}

TEST_F(EventLogTest, AForeignCursorIsRefused) {
  Node("a");
  for (const char* cursor : {"0012:3298534883329", "0011:", "0011:x", "3298534883329", "0011:99999999999999"}) {
    v1::WatchEventsRequest request;
    request.set_cursor(cursor);
    const absl::Status status = log_.Add(request, std::make_shared<Sink>()).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << cursor;
    EXPECT_THAT(status.message(), HasSubstr("cursor"));
  }
}

TEST_F(EventLogTest, ACursorOlderThanTheRingTellsOfTheGap) {
  const auto first = Watch();
  Node("a");
  Node("b");
  for (size_t i = 0; i < kMaxEvents; ++i) Node("n");
  const auto again = Watch(first->responses[0].cursor());
  ASSERT_THAT(again->responses, SizeIs(kMaxEvents + 1));
  EXPECT_EQ(again->responses[0].kind(), Event::GAP);
  EXPECT_EQ(again->responses[0].lost(), 1u);  // b
  // The gap's own cursor leads behind it.
  EXPECT_THAT(Watch(again->responses[0].cursor())->responses, SizeIs(kMaxEvents));
}

TEST_F(EventLogTest, ACursorOfTheHubsLastLifeTellsOfAGapOfUnknownSize) {
  EventLog before(&clock_, "0011", 2);
  auto sink = std::make_shared<Sink>();
  ASSERT_TRUE(before.Add({}, sink).ok());
  before.OnNode(Nodes::NODE_STALE, "a");
  Node("b");
  const auto again = Watch(sink->responses[0].cursor());
  EXPECT_THAT(Names(*again), ElementsAre("gap", "b"));
  EXPECT_EQ(again->responses[0].lost(), 0u);
}

TEST_F(EventLogTest, AClientThatIsSlowMissesNothingWhileTheRingHasIt) {
  const auto sink = Watch();
  sink->room = 1;
  for (const char* name : {"a", "b", "c"}) Node(name);
  EXPECT_THAT(Names(*sink), ElementsAre("a"));
  sink->room = 10;
  log_.OnDrained(id_);
  Node("d");
  EXPECT_THAT(Names(*sink), ElementsAre("a", "b", "c", "d"));
}

TEST_F(EventLogTest, AClientSlowerThanTheRingIsToldWhatItLost) {
  const auto sink = Watch();
  sink->room = 1;
  Node("a");
  for (size_t i = 0; i < kMaxEvents + 5; ++i) Node("n");
  sink->room = 2;
  log_.OnDrained(id_);
  EXPECT_THAT(Names(*sink), ElementsAre("a", "gap", "n"));
  EXPECT_EQ(sink->responses[1].lost(), 5u);
}

TEST_F(EventLogTest, ProgressIsToldAtMostOnceASecondAJob) {
  const auto sink = Watch();
  for (int i = 0; i < 5; ++i) Job(Event::JOB_PROGRESS, "j");
  Job(Event::JOB_PROGRESS, "k");
  clock_.Advance(absl::Milliseconds(999));
  Job(Event::JOB_PROGRESS, "j");
  clock_.Advance(absl::Milliseconds(1));
  Job(Event::JOB_PROGRESS, "j");
  Job(Event::JOB_FINISHED, "j");
  EXPECT_THAT(Names(*sink), ElementsAre("j", "k", "j", "j"));
  EXPECT_EQ(sink->responses.back().kind(), Event::JOB_FINISHED);
}

TEST_F(EventLogTest, AWatchThatIsRemovedIsToldNothing) {
  const auto sink = Watch();
  log_.Remove(id_);
  Node("a");
  EXPECT_THAT(sink->responses, IsEmpty());
  log_.OnDrained(id_);
}

TEST_F(EventLogTest, AnEndReachesEveryWatch) {
  const auto a = Watch(), b = Watch();
  log_.EndAll(absl::UnavailableError("stopping"));
  EXPECT_EQ(a->end.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(b->ended);
}

TEST(EventSpecTest, ShowsNeitherInputsNorALongTarget) {
  v1::JobSpec spec;
  spec.set_plugin("package");
  spec.set_inputs_json("{\"a\":1}");
  spec.mutable_target()->add_identities("n1");
  EXPECT_EQ(StripForEvent(spec).inputs_json(), "");
  EXPECT_EQ(StripForEvent(spec).target().identities_size(), 1);
  for (int i = 0; i < 1000; ++i) spec.mutable_target()->add_identities("node" + std::to_string(i));
  EXPECT_EQ(StripForEvent(spec).target().identities_size(), 0);
  EXPECT_EQ(StripForEvent(spec).plugin(), "package");
}

}  // namespace
}  // namespace orch::hub
