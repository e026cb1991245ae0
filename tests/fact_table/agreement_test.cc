// FactTable::Select against filter::Narrow, node by node: on every node of the golden vectors and on
// random facts under random filters, before and after random changes.
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/json.h"
#include "filter/filter.h"
#include "filter/node_view.h"
#include "gtest/gtest.h"
#include "services/hub/nodes/fact_table/fact_table.h"
#include "tests/fact_table/ask.h"

namespace orch::hub {
namespace {

using filter::Filter;
using filter::Option;
using filter::OptionKind;

struct Node : public filter::NodeView {
  std::string name;
  Json all_facts = Json::object();
  std::vector<std::string> class_list, plugin_list;

  absl::string_view identity() const override { return name; }
  const Json& facts() const override { return all_facts; }
  const std::vector<std::string>& classes() const override { return class_list; }
  const std::vector<std::string>& plugins() const override { return plugin_list; }
};

// The table's answer for each node must be Narrow's. Returns how many nodes were chosen.
size_t ExpectAgreement(const FactTable& table, const std::map<std::string, Node>& nodes, const Filter& filter,
                       const std::string& shown) {
  const FactSnapshot::Selection selection = Select(table, filter);
  for (const auto& [name, node] : nodes) {
    const filter::Verdict verdict = filter::Narrow(filter, node);
    const bool chosen = selection.nodes.contains(table.Find(name));
    EXPECT_EQ(chosen, verdict != filter::Verdict::kNo) << shown << " on " << name << " " << node.all_facts.dump();
    EXPECT_EQ(chosen && selection.ask_nodes, verdict == filter::Verdict::kAskNode) << shown;
  }
  EXPECT_LE(selection.nodes.size(), nodes.size());
  return selection.nodes.size();
}

std::vector<Json> Vectors() {
  std::vector<Json> vectors;
  for (const auto& entry : std::filesystem::directory_iterator(ORCH_VECTORS_FOLDER)) {
    if (entry.path().extension() != ".jsonl") continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) vectors.push_back(Json::parse(line));
  }
  return vectors;
}

absl::StatusOr<Filter> ParseVector(const Json& vector) {
  static const std::map<std::string, OptionKind> kKinds = {
      {"fact", OptionKind::kFact},     {"class", OptionKind::kClass},       {"identity", OptionKind::kIdentity},
      {"plugin", OptionKind::kPlugin}, {"combined", OptionKind::kCombined}, {"compound", OptionKind::kCompound}};
  if (vector["kind"] == "options") {
    auto options = filter::OptionsFromWords(vector["filter"].get<std::vector<std::string>>());
    return options.ok() ? Filter::Parse(*options) : absl::StatusOr<Filter>(options.status());
  }
  const Option option{kKinds.at(vector["kind"]), vector["filter"]};
  return Filter::Parse({&option, 1});
}

TEST(FactTableAgreementTest, SelectsAsNarrowOnAllNodesOfTheVectors) {
  FactTable table;
  std::map<std::string, Node> nodes;
  std::set<std::string> seen;
  std::vector<Filter> filters;
  std::vector<std::string> shown;
  for (const Json& vector : Vectors()) {
    const Json& given = vector["node"];
    if (seen.insert(given.dump()).second) {
      Node node;
      // A name of its own for each, the vector's identity as its start.
      node.name = absl::StrCat(given["identity"].get<std::string>(), ".", nodes.size());
      node.all_facts = given["facts"];
      if (given["classes"].is_array()) node.class_list = given["classes"].get<std::vector<std::string>>();
      node.plugin_list = given["plugins"].get<std::vector<std::string>>();
      ASSERT_TRUE(table.Upsert(node.name, node.all_facts, node.class_list, node.plugin_list, {}).ok());
      nodes[node.name] = node;
    }
    absl::StatusOr<Filter> filter = ParseVector(vector);
    if (!filter.ok()) continue;
    filters.push_back(*std::move(filter));
    shown.push_back(vector["filter"].dump().substr(0, 200));
  }
  ASSERT_GT(nodes.size(), 100u);
  ASSERT_GT(filters.size(), 1000u);
  size_t chosen = 0;
  for (size_t i = 0; i < filters.size(); ++i) chosen += ExpectAgreement(table, nodes, filters[i], shown[i]);
  EXPECT_GT(chosen, filters.size());
}

// Small pools of names and values, so that filters meet facts often and in every shape.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  size_t Below(size_t limit) { return random_() % limit; }
  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    return from[Below(from.size())];
  }

  Json Value(int depth) {
    static const std::vector<Json> kScalars = {nullptr,  true,     false,    10, 10.0,  -5,  "10",
                                               "Debian", "RedHat", "5.10.3", "", "web", 0.5, "a"};
    const size_t shape = depth > 2 ? 0 : Below(6);
    if (shape < 4) return Pick(kScalars);
    Json value = shape == 4 ? Json::array() : Json::object();
    for (size_t i = Below(4); i > 0; --i) {
      if (shape == 4) {
        value.push_back(Value(depth + 1));
      } else {
        value[Pick(kNames)] = Value(depth + 1);
      }
    }
    return value;
  }
  Json Facts() {
    Json facts = Json::object();
    for (size_t i = Below(6); i > 0; --i) facts[Below(8) == 0 ? Path() : Pick(kNames)] = Value(0);
    return facts;
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (size_t i = Below(4); i > 0; --i) names.push_back(Pick(kNames));
    return names;
  }
  std::string Path() {
    std::string path = Pick(kNames);
    while (Below(2) == 0) absl::StrAppend(&path, ".", Below(4) == 0 ? absl::StrCat(Below(3)) : Pick(kNames));
    return path;
  }
  std::string Statement() {
    static const std::vector<std::string> kValues = {"10", "10.0", "'Debian'", "5.9", "''", "-5", "web", "'true'", "a"};
    static const std::vector<std::string> kPatterns = {"/^D/", "/DEB/i", "/1/", "/./", "/^$/", "/[a-z]$/"};
    static const std::vector<std::string> kOrder = {"=", "!=", "<", "<=", ">", ">="};
    static const std::vector<std::string> kSearch = {"=", "!=", "=~", "!~"};
    switch (Below(8)) {
      case 0:
        return Pick(kNames);
      case 1:
        return Pick(kPatterns);
      case 2:
        return "fstat('/x').size>0";
      case 3:
      case 4:
        return absl::StrCat(Path(), Pick(kSearch), Pick(kPatterns));
      default:
        return absl::StrCat(Path(), Pick(kOrder), Pick(kValues));
    }
  }
  std::string Compound(int depth) {
    const size_t shape = depth > 3 ? 0 : Below(5);
    if (shape == 3) return absl::StrCat("not (", Compound(depth + 1), ")");
    if (shape == 4)
      return absl::StrCat("(", Compound(depth + 1), Below(2) == 0 ? " and " : " or ", Compound(depth + 1), ")");
    return Statement();
  }

 private:
  const std::vector<std::string> kNames = {"a", "b", "os", "nics", "web", "deep"};
  std::mt19937 random_;
};

TEST(FactTableAgreementTest, SelectsAsNarrowOnRandomFactsThroughRandomChanges) {
  Generator generator(20240607);
  FactTable table;
  std::map<std::string, Node> nodes;
  size_t chosen = 0, asked = 0;
  for (int round = 0; round < 3000; ++round) {
    Node node;
    node.name = absl::StrCat("n", generator.Below(150));
    const Slot slot = table.Find(node.name);
    const size_t change = slot == kNoSlot ? 0 : generator.Below(4);
    if (change == 0) {
      node.all_facts = generator.Facts();
      node.class_list = generator.Names();
      node.plugin_list = generator.Names();
      ASSERT_TRUE(table.Upsert(node.name, node.all_facts, node.class_list, node.plugin_list, {}).ok());
      nodes[node.name] = node;
    } else if (change == 1) {
      table.Remove(slot);
      nodes.erase(node.name);
    } else if (change == 2) {
      const Json set = generator.Facts();
      const std::vector<std::string> removed = generator.Names();
      ASSERT_TRUE(table.ApplyFactsDelta(slot, set, removed).ok());
      for (const std::string& name : removed) nodes[node.name].all_facts.erase(name);
      nodes[node.name].all_facts.update(set);
      ASSERT_EQ(table.FreezeNode(slot).facts(), nodes[node.name].all_facts);
    } else {
      ASSERT_TRUE(table.SetClasses(slot, nodes[node.name].class_list = generator.Names()).ok());
    }
    ASSERT_EQ(table.size(), nodes.size());
    if (round < 100) continue;
    const Option option{OptionKind::kCompound, generator.Compound(0)};
    const absl::StatusOr<Filter> filter = Filter::Parse({&option, 1});
    ASSERT_TRUE(filter.ok()) << filter.status();
    chosen += ExpectAgreement(table, nodes, *filter, option.text);
    asked += filter->has_data_functions() ? 1 : 0;
    if (HasFailure()) return;
  }
  EXPECT_GT(chosen, 1000u);
  EXPECT_GT(asked, 100u);
}

}  // namespace
}  // namespace orch::hub
