// The layout of Puppet resources in the PE 2.0 guide: one line per key, and the nested hash below
// "parameters" and "Resource". Names of properties are Ruby symbols, as are words as values of
// `ensure` and `returns`; times have no quotes.
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
