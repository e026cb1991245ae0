// Outdated packages as the guide shows them: one line a package, then exit code and manager.
#pragma once

#include <string>

#include "actions/ddl/ddl.h"
#include "cli/jobs/answer.h"
#include "cli/views/data_layout.h"

namespace orch::cli {

class UpdatesLayout final : public DataLayout {
 public:
  std::string Text(const Answer& answer, const ddl::Action& action) const override;
};

}  // namespace orch::cli
