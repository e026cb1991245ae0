// Is told about every refused peer, besides counters and log. Implemented outside the door. Called on any thread; must
// not block.
#pragma once

#include "absl/strings/string_view.h"
#include "auth/refusal.h"

namespace orch::hub {

class RefusalListener {
 public:
  virtual ~RefusalListener() = default;
  // The arguments are those of Refusals::Note.
  virtual void OnRefused(auth::Refusal refusal, absl::string_view name, absl::string_view address,
                         absl::string_view what, absl::string_view detail) = 0;
};

}  // namespace orch::hub
