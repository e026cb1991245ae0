// The layout of most actions: keys sorted, the DDL's labels right-aligned, lists and hashes over
// several lines.
#pragma once

#include <string>

#include "actions/ddl/ddl.h"
#include "cli/jobs/answer.h"
#include "cli/views/data_layout.h"

namespace orch::cli {

class LabelLayout final : public DataLayout {
 public:
  std::string Text(const Answer& answer, const ddl::Action& action) const override;
};

// Returns the label that the DDL gives to the output `key`, or the key itself.
std::string OutputLabel(const ddl::Action& action, const std::string& key);

}  // namespace orch::cli
