#include "cli/views/node_text.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "cli/terminal/style.h"
#include "cli/terminal/value_text.h"
#include "cli/views/label_text.h"

namespace orch::cli {
namespace {

std::string When(absl::Time time) { return absl::FormatTime("%Y-%m-%d %H:%M:%S %z", time, absl::LocalTimeZone()); }

std::string StatLine(absl::string_view label, absl::string_view value) {
  return absl::StrFormat("%29s: %s\n", label, Printable(value));
}

// Returns a statistic by name, or "unknown" if the node sent none.
std::string Stat(const Json& stats, const char* name) {
  return stats.contains(name) ? DisplayValue(stats[name]) : "unknown";
}

std::string StartTime(const Json& stats) {
  const auto found = stats.find("starttime");
  if (found == stats.end() || !found->is_number_integer()) return "unknown";
  return When(absl::FromUnixSeconds(found->get<int64_t>()));
}

std::string CpuSeconds(const Json& stats, const char* name) {
  const auto times = stats.find("times");
  if (times == stats.end() || !times->is_object() || !times->contains(name)) return "unknown";
  return absl::StrCat(DisplayValue((*times)[name]), " seconds");
}

std::vector<std::string> PluginNames(const v1::Node& node) {
  std::vector<std::string> names;
  for (const v1::PluginRef& plugin : node.plugins()) names.push_back(plugin.name());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> Classes(const v1::Node& node) {
  const std::set<std::string> sorted(node.classes().begin(), node.classes().end());
  return {sorted.begin(), sorted.end()};
}

std::string Statistics(const Inventory& inventory) {
  const v1::Node& node = inventory.node;
  const Json& stats = inventory.stats;
  std::string text = "   Server Statistics:\n";
  text += StatLine("Version", stats.contains("version") ? Stat(stats, "version") : node.version());
  text += StatLine("Start Time", StartTime(stats));
  text += StatLine("Config File", Stat(stats, "configfile"));
  text += StatLine("Collectives", absl::StrJoin(node.collectives(), ", "));
  text += StatLine("Main Collective", node.main_collective());
  text += StatLine("Process ID", Stat(stats, "pid"));
  text += StatLine("Total Messages", Stat(stats, "total"));
  text += StatLine("Messages Passed Filters", Stat(stats, "passed"));
  text += StatLine("Messages Filtered", Stat(stats, "filtered"));
  text += StatLine("Expired Messages", Stat(stats, "ttlexpired"));
  text += StatLine("Replies Sent", Stat(stats, "replies"));
  text += StatLine("Total Processor Time", CpuSeconds(stats, "utime"));
  text += StatLine("System Time", CpuSeconds(stats, "stime"));
  return text;
}

std::vector<std::string> Problems(const v1::Node& node) {
  std::vector<std::string> problems(node.problems().begin(), node.problems().end());
  for (const v1::PluginProblem& problem : node.plugin_problems()) {
    problems.push_back(absl::StrCat("plugin ", problem.plugin(), ": ", problem.reason()));
  }
  return problems;
}

std::string LastSeen(const v1::Node& node) { return WhenSeen(node.last_seen_us()); }

std::string ProblemsBlock(const v1::Node& node) {
  if (node.problems_size() == 0 && node.plugin_problems_size() == 0) return "";
  std::string text = "   Problems:\n";
  for (const std::string& problem : Problems(node)) absl::StrAppend(&text, "      ", Printable(problem), "\n");
  return absl::StrCat(text, "\n");
}

// Says when and why a node that is away disconnected.
std::string Departure(const v1::Node& node) {
  if (node.presence() != v1::DISCONNECTED) return "";
  std::string text;
  if (node.gone_us() > 0) text += StatLine("Gone Since", When(absl::FromUnixMicros(node.gone_us())));
  if (!node.gone_reason().empty()) text += StatLine("Why It Went", node.gone_reason());
  return text;
}

std::string Presence(const v1::Node& node) {
  std::string text;
  if (node.presence() != v1::CONNECTED) {
    absl::StrAppend(&text, "   Presence:\n", StatLine("State", PresenceName(node.presence())),
                    StatLine("Last Seen", LastSeen(node)), Departure(node), "\n");
  }
  return absl::StrCat(text, ProblemsBlock(node));
}

std::string FactsBlock(const Json& facts) {
  std::string text = "   Facts:\n";
  if (facts.empty()) text += "      No facts known\n";
  for (const auto& fact : facts.items()) {
    absl::StrAppend(&text, "      ", Printable(fact.key()), " => ", DisplayValue(fact.value()), "\n");
  }
  return text;
}

std::string ClassesBlock(const v1::Node& node) {
  const std::vector<std::string> classes = Classes(node);
  size_t width = 30;
  for (const std::string& name : classes) width = std::max(width, DisplayWidth(Printable(name)));
  return absl::StrCat("   Configuration Management Classes:\n",
                      classes.empty() ? "      No classes applied\n" : InColumns(classes, 4, width, 3), "\n");
}

std::string PluginsBlock(const v1::Node& node) {
  const std::vector<std::string> plugins = PluginNames(node);
  return absl::StrCat("   Agents:\n", plugins.empty() ? "      No agents installed\n" : InColumns(plugins, 6, 15, 3),
                      "\n");
}

}  // namespace

std::string PresenceName(v1::Presence presence) { return absl::AsciiStrToLower(v1::Presence_Name(presence)); }

std::string WhenSeen(int64_t time_us) { return time_us == 0 ? "never" : When(absl::FromUnixMicros(time_us)); }

std::vector<std::string> PresenceHeadings(bool labels) {
  if (!labels) return {"NODE", "STATE", "LAST SEEN", "WHY IT WENT"};
  return {"NODE", "STATE", "LAST SEEN", "LABELS", "WHY IT WENT"};
}

std::vector<std::string> PresenceRow(const v1::Node& node, bool labels) {
  std::vector<std::string> row = {Printable(node.identity()), PresenceName(node.presence()), LastSeen(node)};
  if (labels) row.push_back(LabelsText(node));
  row.push_back(Printable(node.gone_reason()));
  return row;
}

Json PresenceJson(const v1::Node& node) {
  return {{"identity", node.identity()},
          {"presence", PresenceName(node.presence())},
          {"first_seen", node.first_seen_us() / 1'000'000},
          {"last_seen", node.last_seen_us() / 1'000'000},
          {"connected_since", node.connected_since_us() / 1'000'000},
          {"gone", node.gone_us() / 1'000'000},
          {"gone_reason", node.gone_reason()},
          {"collectives", std::vector<std::string>(node.collectives().begin(), node.collectives().end())},
          {"claimed_collectives",
           std::vector<std::string>(node.claimed_collectives().begin(), node.claimed_collectives().end())},
          {"labels", LabelsJson(node)},
          {"version", node.version()},
          {"peer", node.peer()}};
}

std::string KnownNodeText(const Inventory& inventory) {
  const v1::Node& node = inventory.node;
  std::string text = absl::StrCat("Node ", Printable(node.identity()), ":\n\n", "   Presence:\n",
                                  StatLine("State", PresenceName(node.presence())),
                                  StatLine("Last Seen", LastSeen(node)), Departure(node));
  if (node.connected_since_us() > 0) {
    text += StatLine("Connected Since", When(absl::FromUnixMicros(node.connected_since_us())));
  }
  if (node.first_seen_us() > 0) text += StatLine("First Seen", When(absl::FromUnixMicros(node.first_seen_us())));
  absl::StrAppend(&text, StatLine("Address", node.peer()), StatLine("Version", node.version()),
                  StatLine("Key", node.key_id()), StatLine("Collectives", absl::StrJoin(node.collectives(), ", ")));
  if (node.claimed_collectives_size() > 0) {
    text += StatLine("Not Granted Collectives", absl::StrJoin(node.claimed_collectives(), ", "));
  }
  if (!node.labels().empty()) text += StatLine("Labels", LabelsText(node));
  text += "\n";
  return absl::StrCat(text, ProblemsBlock(node), PluginsBlock(node), ClassesBlock(node), FactsBlock(inventory.facts));
}

Json KnownNodeJson(const Inventory& inventory) {
  const v1::Node& node = inventory.node;
  Json json = PresenceJson(node);
  json["main_collective"] = node.main_collective();
  json["key_id"] = node.key_id();
  json["problems"] = Problems(node);
  json["agents"] = PluginNames(node);
  json["classes"] = Classes(node);
  json["facts"] = inventory.facts;
  return json;
}

std::string InventoryText(const Inventory& inventory) {
  std::string text = absl::StrCat("Inventory for ", Printable(inventory.node.identity()), ":\n\n",
                                  Presence(inventory.node), Statistics(inventory), "\n", PluginsBlock(inventory.node));
  if (!inventory.data_plugins.empty()) {
    absl::StrAppend(&text, "   Data Plugins:\n", InColumns(inventory.data_plugins, 6, 15, 3), "\n");
  }
  return absl::StrCat(text, ClassesBlock(inventory.node), FactsBlock(inventory.facts));
}

Json InventoryJson(const Inventory& inventory) {
  const v1::Node& node = inventory.node;
  return {{"identity", node.identity()},
          {"presence", PresenceName(node.presence())},
          {"last_seen", node.last_seen_us() / 1'000'000},
          {"gone_reason", node.gone_reason()},
          {"collectives", std::vector<std::string>(node.collectives().begin(), node.collectives().end())},
          {"main_collective", node.main_collective()},
          {"version", node.version()},
          {"peer", node.peer()},
          {"key_id", node.key_id()},
          {"problems", Problems(node)},
          {"agents", PluginNames(node)},
          {"data_plugins", inventory.data_plugins},
          {"classes", Classes(node)},
          {"facts", inventory.facts},
          {"stats", inventory.stats}};
}

}  // namespace orch::cli
