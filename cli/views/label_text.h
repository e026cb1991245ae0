// Labels of nodes as people and scripts see them. Pure.
#pragma once

#include <map>
#include <string>

#include "base/json.h"
#include "orch/v1/fleet.pb.h"

namespace orch::cli {

// "env=prod role=web", by name; empty without labels.
std::string LabelsText(const v1::Node& node);
Json LabelsJson(const v1::Node& node);

}  // namespace orch::cli
