// The type of JSON values. base/json.h reads and writes them; base/json_number.h tells their numbers apart.
#pragma once

#include "nlohmann/json.hpp"

namespace orch {

using Json = nlohmann::json;

}  // namespace orch
