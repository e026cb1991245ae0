#include "actions/core/error_kind.h"

namespace orch::actions {
namespace {

struct KindName {
  ErrorKind kind;
  absl::string_view text;
};

constexpr KindName kKindNames[] = {
    {ErrorKind::kNone, ""},
    {ErrorKind::kTimeout, "timeout"},
    {ErrorKind::kCancelled, "cancelled"},
    {ErrorKind::kCrash, "crash"},
    {ErrorKind::kProtocol, "protocol"},
    {ErrorKind::kOutputLimit, "output-limit"},
    {ErrorKind::kJournal, "journal"},
    {ErrorKind::kOutcomeLost, "outcome-lost"},
    {ErrorKind::kOther, "other"},
};

}  // namespace

absl::string_view ErrorKindText(ErrorKind kind) {
  for (const KindName& name : kKindNames) {
    if (name.kind == kind) return name.text;
  }
  return "other";
}

ErrorKind ErrorKindFromText(absl::string_view text) {
  for (const KindName& name : kKindNames) {
    if (name.text == text) return name.kind;
  }
  return ErrorKind::kOther;
}

}  // namespace orch::actions
