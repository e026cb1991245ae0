#include "tests/nodeagent/fakes.h"

#include "absl/strings/str_replace.h"

namespace orch::nodeagent {
namespace {

constexpr char kDdl[] = R"({
  "metadata": {"name": "NAME", "description": "For tests", "author": "tests", "license": "Apache-2.0",
               "version": "1.2.3", "url": "https://example.com/", "timeout": 60},
  "actions": [
    {"action": "read", "description": "Reads", "display": "always", "impact": "read",
     "input": {"text": {"prompt": "Text", "description": "Some text", "type": "string", "optional": true,
                        "default": "hello", "validation": "^[a-z]*$", "maxlength": 10}},
     "output": {"text": {"description": "The text", "display_as": "Text", "type": "string"},
                "extra": {"description": "Has a default", "display_as": "Extra", "type": "string", "default": "none"}}},
    {"action": "change", "description": "Changes", "display": "failed", "impact": "change", "input": {}, "output": {}},
    {"action": "strict", "description": "Needs an input", "display": "failed", "impact": "read",
     "input": {"needed": {"prompt": "Needed", "description": "A number", "type": "integer", "optional": false}},
     "output": {}},
    {"action": "sized", "description": "Has a time of its own", "display": "failed", "impact": "read", "timeout": 7,
     "input": {}, "output": {}},
    {"action": "talk", "description": "Prints", "display": "failed", "impact": "read", "streams": true, "input": {},
     "output": {}}
  ]
})";

}  // namespace

FakePlugin::FakePlugin(Body body, int max_concurrency, const std::string& name)
    : body_(std::move(body)),
      max_concurrency_(max_concurrency),
      ddl_(ddl::LoadPlugin(absl::StrReplaceAll(kDdl, {{"NAME", name}}), "fake.json").value()) {}

std::shared_ptr<NodeSnapshot> MakeSnapshot(std::shared_ptr<actions::Plugin> plugin) {
  return std::make_shared<NodeSnapshot>(*MakeMoment(std::move(plugin)).snapshot);
}

AgentState::Moment MakeMoment(std::shared_ptr<actions::Plugin> plugin) {
  auto snapshot = std::make_shared<NodeSnapshot>();
  snapshot->identity = "node1.example.com";
  snapshot->version = "0.1.0";
  snapshot->collectives = {"mcollective", "eu"};
  snapshot->main_collective = "mcollective";
  snapshot->classes = {"apache", "role::web"};
  snapshot->facts = std::make_shared<Json>(Json{{"osfamily", "Debian"}, {"processorcount", 4}, {"uptime_seconds", 10}});
  auto catalog = std::make_shared<actions::Catalog>();
  catalog->Add(std::move(plugin));
  snapshot->SetPlugins(*catalog);
  return {std::move(snapshot), std::move(catalog)};
}

}  // namespace orch::nodeagent
