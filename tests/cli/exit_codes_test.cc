#include "cli/terminal/exit_codes.h"

#include <gtest/gtest.h>

namespace orch::cli {
namespace {

struct Case {
  Tally tally;
  bool allow_missing;
  int code;
};

TEST(ExitCodesTest, FollowTheTable) {
  const Case cases[] = {
      // targets, ok, failed, missing, named
      {{2, 2, 0, 0, false}, false, kExitOk},           {{2, 1, 1, 0, false}, false, kExitSomeFailed},
      {{2, 1, 0, 1, false}, false, kExitSomeFailed},   {{2, 1, 0, 1, false}, true, kExitOk},
      {{2, 1, 1, 1, false}, true, kExitSomeFailed},    {{2, 0, 0, 2, false}, false, kExitNoAnswer},
      {{2, 0, 0, 2, false}, true, kExitNoAnswer},      {{2, 0, 0, 2, true}, false, kExitNoNamedAnswer},
      {{0, 0, 0, 0, false}, false, kExitError},        {{0, 0, 0, 0, true}, false, kExitNoNamedAnswer},
      {{2, 0, 2, 0, true}, false, kExitSomeFailed},    {{2, 1, 0, 0, false, 1}, true, kExitSomeFailed},
      {{2, 0, 0, 0, true, 2}, false, kExitSomeFailed},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(ExitCodeOf(each.tally, each.allow_missing), each.code)
        << each.tally.ok << " " << each.tally.failed << " " << each.tally.missing << " " << each.tally.named;
  }
}

TEST(ExitCodesTest, AStatusCarriesItsCode) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), kExitOk);
  EXPECT_EQ(ExitCodeOf(absl::PermissionDeniedError("a file of ours")), kExitError);
  EXPECT_EQ(ExitCodeOf(WithExitCode(absl::UnavailableError("x"), kExitNoHub)), kExitNoHub);
}

}  // namespace
}  // namespace orch::cli
