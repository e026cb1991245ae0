// A small DDL for tests: action ping takes nothing, action greet takes a name and a secret.
#pragma once

#include <string>

#include "absl/strings/str_replace.h"

namespace orch::hub {

inline std::string SampleDdl(const std::string& name, const std::string& version) {
  return absl::StrReplaceAll(R"({
  "metadata": {"name": "$NAME", "description": "for tests", "author": "x", "license": "Apache-2.0",
               "version": "$VERSION", "url": "https://example.com", "timeout": 5},
  "actions": [
    {"action": "ping", "description": "answers", "display": "always", "impact": "read", "input": {},
     "output": {"pong": {"description": "time", "display_as": "Time"}}, "aggregate": []},
    {"action": "greet", "description": "greets", "display": "always", "impact": "read",
     "input": {
       "who": {"prompt": "Who", "description": "whom to greet", "type": "string", "validation": "^[a-z]+$",
               "optional": false, "maxlength": 10},
       "secret": {"prompt": "Secret", "description": "a secret", "type": "string", "validation": ".",
                  "optional": true, "maxlength": 10, "sensitive": true}},
     "output": {}, "aggregate": []}
  ]})",
                             {{"$NAME", name}, {"$VERSION", version}});
}

}  // namespace orch::hub
