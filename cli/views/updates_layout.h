// The layout of outdated packages in the PE 2.0 guide: one line per package, then exit code and
// package manager.
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
