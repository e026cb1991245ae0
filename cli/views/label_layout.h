// The common layout: sorted keys, labels right-aligned, lists and hashes over several lines.
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

// The label that the DDL gives to the output `key`, else the key.
std::string OutputLabel(const ddl::Action& action, const std::string& key);

}  // namespace orch::cli
