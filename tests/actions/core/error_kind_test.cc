#include "actions/core/error_kind.h"

#include <gtest/gtest.h>

namespace orch::actions {
namespace {

TEST(ErrorKindTest, EveryKindHasATextOfItsOwn) {
  for (const ErrorKind kind :
       {ErrorKind::kNone, ErrorKind::kTimeout, ErrorKind::kCancelled, ErrorKind::kCrash, ErrorKind::kProtocol,
        ErrorKind::kOutputLimit, ErrorKind::kJournal, ErrorKind::kOutcomeLost, ErrorKind::kOther}) {
    EXPECT_EQ(ErrorKindFromText(ErrorKindText(kind)), kind) << ErrorKindText(kind);
  }
  EXPECT_EQ(ErrorKindText(ErrorKind::kNone), "");
  EXPECT_EQ(ErrorKindText(ErrorKind::kOutputLimit), "output-limit");
}

TEST(ErrorKindTest, AnUnknownTextIsOther) {
  for (const char* text : {"Timeout", "output_limit", "denied", "sulking"}) {
    EXPECT_EQ(ErrorKindFromText(text), ErrorKind::kOther) << text;
  }
}

}  // namespace
}  // namespace orch::actions
