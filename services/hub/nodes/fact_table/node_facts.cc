#include "services/hub/nodes/fact_table/node_facts.h"

namespace orch::hub {

Json NodeFacts::facts() const {
  Json facts = Json::object();
  for (const auto& [name, column] : facts_) facts[name] = column.values.ToJson(column.rows.at(slot_));
  return facts;
}

std::vector<std::string> NodeFacts::classes() const { return NamesOf(classes_, slot_); }

}  // namespace orch::hub
