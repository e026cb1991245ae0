// The properties of a node that a filter tests. The caller of Matches, Narrow or Explain implements it; returned
// references stay valid for that call. One thread.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::filter {

class NodeView {
 public:
  virtual ~NodeView() = default;
  virtual absl::string_view identity() const = 0;
  virtual const Json& facts() const = 0;                        // an object
  virtual const std::vector<std::string>& classes() const = 0;  // empty if the list cannot be read
  virtual const std::vector<std::string>& plugins() const = 0;
};

}  // namespace orch::filter
