// What the nodes of a benchmark say of themselves: sixty facts, some classes and a collective, most of them alike or of
// few values and some of each node's own, as on a real fleet. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace orch::swarm {

std::string CollectiveOf(size_t node);
std::vector<std::string> ClassesOf(size_t node);
// A JSON object.
std::string FactsOf(size_t node, const std::string& fqdn);

}  // namespace orch::swarm
