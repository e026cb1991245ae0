#include "services/hub/nodes/fact_table/column_view.h"

namespace orch::hub {

std::vector<std::string> NamesOf(const ColumnView& column, Slot slot) {
  std::vector<std::string> names;
  const ValueId list = column.rows.at(slot);
  if (list == kNoValue) return names;
  for (const ValueId name : column.values.parts(list)) names.push_back(column.values.text(name));
  return names;
}

}  // namespace orch::hub
