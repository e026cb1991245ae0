// Filters made to be slow, against a real hub: they are given up, and hold up nobody else.
#include <memory>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/hub/nodes/fact_table/step_budget.h"
#include "tests/cluster/cluster.h"

namespace orch {
namespace {

using ::testing::HasSubstr;

// No DFA fits into memory for it, so RE2 takes some 30 ms for each text of 4 KB.
constexpr char kHeavy[] = "z=/[ab]*a[ab]{900}c/";

v1::FindNodesRequest Heavy() {
  v1::FindNodesRequest request;
  auto* option = request.mutable_target()->mutable_filter()->add_options();
  option->set_kind(v1::FilterOption::FACT);
  option->set_text(kHeavy);
  return request;
}

// Facts of 900 KB: one long text, or 225 texts that a regular expression may search.
std::string FactsWith(bool one_text) {
  std::string facts = R"({"z":[)", text;
  for (int i = 0; i < 225; ++i) {
    std::string piece = absl::StrCat(i);
    for (int at = 0; piece.size() < 4000; ++at) piece += (at * at + i) % 3 == 0 ? 'a' : 'b';
    if (!one_text) absl::StrAppend(&facts, i > 0 ? "," : "", "\"", piece, "\"");
    text += piece;
  }
  if (one_text) absl::StrAppend(&facts, "\"", text, "\"");
  return facts + "]}";
}

grpc::Status Find(TestClient* client, const v1::FindNodesRequest& request, grpc::ClientContext* context,
                  size_t* found) {
  auto reader = client->stub().FindNodes(context, request);
  v1::FindNodesResponse response;
  while (reader->Read(&response)) *found += response.identities_size();
  return reader->Finish();
}

TEST_F(ClusterTest, ALongTextIsNotSearched) {
  StartHub();
  auto options = AgentOptions("a");
  options.facts_json = FactsWith(/*one_text=*/true);
  const auto node = Attach(options);
  const auto client = Connect();
  size_t found = 0;
  const absl::Duration begin = clock_.Steady();
  EXPECT_TRUE(Find(client.get(), Heavy(), client->Context().get(), &found).ok());
  EXPECT_LT(clock_.Steady() - begin, absl::Seconds(1)) << "it took 5 to 12 s";
  EXPECT_EQ(found, 0u);
}

TEST_F(ClusterTest, TwentyHeavyFiltersHoldUpNobodyElse) {
  StartHub();
  auto options = AgentOptions("a");
  options.facts_json = FactsWith(/*one_text=*/false);
  const auto node = Attach(options);
  const auto heavy = Connect("heavy"), operators = Connect("operators");
  std::vector<std::unique_ptr<grpc::ClientContext>> calls;
  std::vector<grpc::Status> ends(20);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < ends.size(); ++i) calls.push_back(heavy->Context());
  for (size_t i = 0; i < ends.size(); ++i) {
    threads.emplace_back([&, i] {
      size_t found = 0;
      ends[i] = Find(heavy.get(), Heavy(), calls[i].get(), &found);
    });
  }
  // The first is given up at its budget; what goes on beside it is not slower than an operator can bear.
  absl::Duration worst;
  const absl::Duration until = clock_.Steady() + 3 * hub::kMaxQuestionTime;
  while (clock_.Steady() < until) {
    const absl::Duration begin = clock_.Steady();
    const auto ping = operators->Invoke(PingSpec());
    ASSERT_TRUE(ping.status.ok()) << ping.status.error_message();
    EXPECT_EQ(ping.summary.ok(), 1u);
    size_t found = 0;
    ASSERT_TRUE(Find(operators.get(), {}, operators->Context().get(), &found).ok());
    worst = std::max(worst, clock_.Steady() - begin);
  }
  EXPECT_LT(worst, absl::Seconds(1));
  // Work of cancelled calls ends, and what waits is not begun: the caller has its share again.
  for (const auto& call : calls) call->TryCancel();
  for (std::thread& thread : threads) thread.join();
  int refused = 0;
  for (const grpc::Status& end : ends) {
    refused += end.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED ? 1 : 0;
    EXPECT_TRUE(end.error_code() == grpc::StatusCode::CANCELLED ||
                end.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED)
        << end.error_message();
  }
  const absl::Duration begin = clock_.Steady();
  size_t found = 0;
  EXPECT_TRUE(Find(heavy.get(), {}, heavy->Context().get(), &found).ok());
  EXPECT_EQ(found, 1u);
  EXPECT_LT(clock_.Steady() - begin, hub::kMaxQuestionTime) << "cancelled work went on";
  EXPECT_EQ(operators->HubStatus().nodes_connected(), 1u);
  RecordProperty("refused", refused);
}

TEST_F(ClusterTest, AHeavyFilterSaysThatItIs) {
  StartHub();
  auto options = AgentOptions("a");
  options.facts_json = FactsWith(/*one_text=*/false);
  const auto node = Attach(options);
  const auto client = Connect();
  v1::JobSpec spec = PingSpec();
  *spec.mutable_target() = Heavy().target();
  const auto job = client->Invoke(spec);
  EXPECT_EQ(job.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(job.status.error_message(), HasSubstr("processor time"));
  EXPECT_TRUE(node->commands().empty());
}

}  // namespace
}  // namespace orch
