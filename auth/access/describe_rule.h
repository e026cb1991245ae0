// Rules in words, for people who write or test them. Pure.
#pragma once

#include <string>
#include <vector>

#include "auth/access/access_rules.h"

namespace orch::auth {

// "access.yaml:10 (role web-operator): allow invoke of service.restart with service=nginx on nodes trusted.role=web".
std::string DescribeRule(const AccessRule& rule);
// What a rule that allows demands or limits: "at most 50 nodes", "a reason", "2 approvals of group=leads".
std::vector<std::string> DemandsOf(const AccessRule& rule);

}  // namespace orch::auth
