#include "actions/core/command_runner.h"

#include "base/process/process_spec.h"
#include "gtest/gtest.h"

namespace orch::actions {
namespace {

TEST(CommandRunnerTest, GivesOutWhatIsPrintedWhileTheProgramRuns) {
  const SystemClock clock;
  std::string out, err;
  Context context{.clock = &clock, .timeout = absl::Seconds(30)};
  context.on_output = [&](ProcessStream stream, absl::string_view piece) {
    (stream == ProcessStream::kOut ? out : err) += std::string(piece);
  };
  const absl::StatusOr<CommandOutput> ran =
      CommandRunner(context, "").Run({"sh", "-c", "printf one; printf two >&2; printf three; exit 3"});
  ASSERT_TRUE(ran.ok()) << ran.status();
  EXPECT_EQ(ran->exit_code, 3);
  EXPECT_EQ(out, "onethree");
  EXPECT_EQ(err, "two");
  EXPECT_EQ(ran->out, out);
}

}  // namespace
}  // namespace orch::actions
