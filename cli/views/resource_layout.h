// Puppet resources as the guide shows them: one line a key, and below "parameters" and "Resource" the
// nested hash. Names of properties are symbols, as are the values of `ensure` and `returns` that are
// words; times stand without quotes.
#pragma once

#include <string>

#include "actions/ddl/ddl.h"
#include "cli/jobs/answer.h"
#include "cli/views/data_layout.h"

namespace orch::cli {

class ResourceLayout final : public DataLayout {
 public:
  std::string Text(const Answer& answer, const ddl::Action& action) const override;
};

}  // namespace orch::cli
