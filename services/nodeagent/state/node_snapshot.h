// What a node tells the hub about itself, at one moment, and how two moments differ. Plain
// immutable values: any thread. Never holds a secret.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "actions/core/catalog.h"
#include "base/json.h"
#include "orch/v1/node_service.pb.h"

namespace orch::nodeagent {

inline constexpr size_t kMaxProblems = 64;
inline constexpr size_t kMaxProblemBytes = 512;

struct NodeSnapshot {
  std::string identity;
  std::string version;
  std::vector<std::string> collectives;
  std::string main_collective;
  std::vector<std::string> classes;
  std::shared_ptr<const Json> facts = std::make_shared<Json>(Json::object());  // never null
  std::vector<std::string> problems;  // plugins aside: their problems are the catalog's
  std::shared_ptr<const actions::Catalog> catalog = std::make_shared<actions::Catalog>();  // never null

  std::vector<std::string> PluginNames() const;  // sorted
};

// The whole, for Register.
void FillNode(const NodeSnapshot& snapshot, v1::Node* node);

// The DDL's text by its hash among the snapshot's plugins; nullptr when there is none.
const std::string* FindDdl(const NodeSnapshot& snapshot, absl::string_view sha256);

// Facts that change by themselves all the time: uptime, free memory, load. They never cause a
// message of their own before an hour has passed; they travel with the next one that has a cause.
bool IsVolatileFact(absl::string_view name);

enum class Change { kNone, kVolatile, kReal };

// What `after` has that `before` had not. `delta` always carries the volatile facts too.
Change ComputeDelta(const NodeSnapshot& before, const NodeSnapshot& after, v1::Delta* delta);

// Bounds a list of problems in number and length, so that it always fits a message.
std::vector<std::string> CapProblems(std::vector<std::string> problems);

}  // namespace orch::nodeagent
