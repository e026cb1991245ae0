// Formats the data of one node's answer as text, without the node's name. Implementations are pure.
#pragma once

#include <string>

#include "actions/ddl/ddl.h"
#include "cli/jobs/answer.h"

namespace orch::cli {

class DataLayout {
 public:
  virtual ~DataLayout() = default;
  // Returns lines that end in newlines. `action` declares the labels of the outputs.
  virtual std::string Text(const Answer& answer, const ddl::Action& action) const = 0;
};

}  // namespace orch::cli
