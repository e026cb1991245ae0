#include "services/hub/jobs/check_spec.h"

#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::hub {
namespace {

using ::testing::HasSubstr;

v1::JobSpec Spec() {
  v1::JobSpec spec;
  spec.set_plugin("rpcutil");
  spec.set_action("ping");
  return spec;
}

TEST(CheckSpecTest, TakesWhatFitsTogether) {
  EXPECT_TRUE(CheckSpec(Spec()).ok());
  v1::JobSpec spec = Spec();
  spec.set_concurrency_percent(100);
  spec.set_max_failures(3);
  spec.set_canary(2);
  spec.set_canary_continue(true);
  spec.set_group_by("rack");
  spec.set_groups_at_once(1);
  spec.set_retries(kMaxRetries);
  spec.set_retry_sleep_ms(500);
  spec.set_splay_ms(60'000);
  spec.set_queue_offline(true);
  spec.set_ttl_ms(3'600'000);
  spec.set_lock("deploy");
  spec.set_idempotency_key("ticket-4711/step:2");
  EXPECT_TRUE(CheckSpec(spec).ok()) << CheckSpec(spec);
}

TEST(CheckSpecTest, SaysWhichFieldCannotBeMeant) {
  const struct {
    std::function<void(v1::JobSpec*)> change;
    const char* field;
  } wrong[] = {
      {[](v1::JobSpec* spec) { spec->clear_action(); }, "spec.action"},
      {[](v1::JobSpec* spec) { spec->set_timeout_ms(-1); }, "spec.timeout_ms"},
      {[](v1::JobSpec* spec) { spec->set_batch_sleep_ms(-5); }, "spec.batch_sleep_ms"},
      {[](v1::JobSpec* spec) { spec->set_splay_ms(86'400'001); }, "spec.splay_ms"},
      {[](v1::JobSpec* spec) { spec->set_batch_percent(101); }, "spec.batch_percent"},
      {[](v1::JobSpec* spec) { spec->set_batch_size(1), spec->set_batch_percent(1); }, "spec.batch_percent"},
      {[](v1::JobSpec* spec) { spec->set_concurrency(1), spec->set_concurrency_percent(1); }, "give one of them"},
      {[](v1::JobSpec* spec) { spec->set_max_failures_percent(200); }, "spec.max_failures_percent"},
      {[](v1::JobSpec* spec) { spec->set_batch_size(1), spec->set_concurrency(1); }, "exclude each other"},
      {[](v1::JobSpec* spec) { spec->set_canary_continue(true); }, "spec.canary"},
      {[](v1::JobSpec* spec) { spec->set_groups_at_once(1); }, "spec.group_by"},
      {[](v1::JobSpec* spec) { spec->set_group_by("rack"); }, "spec.group_concurrency"},
      {[](v1::JobSpec* spec) { spec->set_retries(kMaxRetries + 1); }, "spec.retries"},
      {[](v1::JobSpec* spec) { spec->set_retry_sleep_ms(1); }, "spec.retries"},
      {[](v1::JobSpec* spec) { spec->set_queue_offline(true); }, "spec.ttl_ms"},
      {[](v1::JobSpec* spec) { spec->set_ttl_ms(1); }, "spec.queue_offline"},
      {[](v1::JobSpec* spec) { spec->set_lock("two words"); }, "spec.lock"},
      {[](v1::JobSpec* spec) { spec->set_idempotency_key(std::string(129, 'x')); }, "spec.idempotency_key"},
  };
  for (const auto& [change, field] : wrong) {
    v1::JobSpec spec = Spec();
    change(&spec);
    const absl::Status status = CheckSpec(spec);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << field;
    EXPECT_THAT(std::string(status.message()), HasSubstr(field));
  }
}

}  // namespace
}  // namespace orch::hub
