#include "cli/commands/plugin_templates.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/json.h"

namespace orch::cli {
namespace {

constexpr char kShell[] = R"sh(#!/bin/sh
# PLUGIN: say here what it is for. Called once for each request: the request is the JSON file
# $CHORIA_EXTERNAL_REQUEST, the reply goes to $CHORIA_EXTERNAL_REPLY. Needs jq(1).
# What it prints goes to the node's log.
set -eu
request=$CHORIA_EXTERNAL_REQUEST
reply=$CHORIA_EXTERNAL_REPLY

# The input of this name; empty when it was not given.
input() { jq -r --arg name "$1" '.data[$name] | select(. != null)' "$request"; }
# Replies with one output.
answer() {
  jq -n --arg name "$1" --arg value "$2" '{statuscode: 0, statusmsg: "OK", data: {($name): $value}}' >"$reply"
}
# Replies that it did not work: code 1 is "it failed", 5 any other reason.
fail() {
  jq -n --argjson code "$1" --arg why "$2" '{statuscode: $code, statusmsg: $why, data: {}}' >"$reply"
}

# Asked at start whether this node can run it.
case $CHORIA_EXTERNAL_PROTOCOL in
  *activation_request) echo '{"activate": true}' >"$reply"; exit 0 ;;
esac

case $(jq -r .action "$request") in
CASES  *) fail 2 "no such action" ;;
esac
)sh";
constexpr char kShellCase[] = R"sh(  ACTION)
    answer message "$(input message)" ;;
)sh";

constexpr char kPython[] = R"py(#!/usr/bin/env python3
"""PLUGIN: say here what it is for.

Called once for each request: the request is the JSON file $CHORIA_EXTERNAL_REQUEST, the reply goes
to $CHORIA_EXTERNAL_REPLY. What it prints goes to the node's log.
"""
import json
import os


COMMON


if __name__ == "__main__":
    with open(os.environ["CHORIA_EXTERNAL_REQUEST"]) as file:
        asked = json.load(file)
    with open(os.environ["CHORIA_EXTERNAL_REPLY"], "w") as file:
        json.dump(reply_to(asked), file)
)py";

constexpr char kPythonWorker[] = R"py(#!/usr/bin/env python3
"""PLUGIN: say here what it is for.

Stays alive between requests: each line of standard input is a request in JSON, each answer one line
of standard output. So print to standard error only; it goes to the node's log.
"""
import json
import sys


COMMON


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(reply_to(json.loads(line))), flush=True)
)py";
// The part that both Python programs have in place of COMMON.
constexpr char kPythonCommon[] = R"py(FUNCTIONS
ACTIONS = {TABLE}


def reply_to(request):
    if request["protocol"].endswith("activation_request"):
        return {"activate": True}  # asked at start whether this node can run it
    action = ACTIONS.get(request["action"])
    if action is None:
        return {"statuscode": 2, "statusmsg": "no such action", "data": {}}
    try:
        return {"statuscode": 0, "statusmsg": "OK", "data": action(request["data"])}
    except Exception as error:
        return {"statuscode": 1, "statusmsg": str(error), "data": {}})py";
constexpr char kPythonFunction[] = R"py(def do_ACTION(data):
    """Inputs come in `data`; the outputs are returned. An exception is a failure with its text."""
    return {"message": data["message"]}


)py";

std::string ForEach(absl::string_view text, const std::vector<std::string>& actions) {
  std::string all;
  for (const std::string& action : actions) all += absl::StrReplaceAll(text, {{"ACTION", action}});
  return all;
}

}  // namespace

std::string TemplateDdl(const std::string& plugin, const std::vector<std::string>& actions, PluginLanguage language) {
  Json list = Json::array();
  for (const std::string& action : actions) {
    list.push_back(
        {{"action", action},
         {"description", absl::StrCat("What ", action, " does")},
         {"display", "always"},
         {"impact", "read"},
         {"input",
          {{"message",
            {{"prompt", "Message"},
             {"description", "What to say back"},
             {"type", "string"},
             {"optional", false},
             {"default", "hello"},
             {"validation", "shellsafe"},
             {"maxlength", 200}}}}},
         {"output", {{"message", {{"description", "What was said"}, {"display_as", "Message"}, {"type", "string"}}}}}});
  }
  const Json ddl = {{"$schema", "https://choria.io/schemas/mcorpc/ddl/v1/agent.json"},
                    {"metadata",
                     {{"name", plugin},
                      {"description", absl::StrCat("What ", plugin, " is for")},
                      {"author", "you@example.com"},
                      {"license", "Apache-2.0"},
                      {"version", "0.1.0"},
                      {"url", "https://example.com"},
                      {"timeout", 10},
                      {"provider", language == PluginLanguage::kPythonWorker ? "worker" : "external"}}},
                    {"actions", std::move(list)}};
  return absl::StrCat(DumpJson(ddl, 2), "\n");
}

std::string TemplateProgram(const std::string& plugin, const std::vector<std::string>& actions,
                            PluginLanguage language) {
  if (language == PluginLanguage::kShell)
    return absl::StrReplaceAll(kShell, {{"PLUGIN", plugin}, {"CASES", ForEach(kShellCase, actions)}});
  std::string table;
  for (const std::string& action : actions)
    absl::StrAppend(&table, table.empty() ? "" : ", ", "\"", action, "\": do_", action);
  const std::string program =
      absl::StrReplaceAll(language == PluginLanguage::kPython ? kPython : kPythonWorker, {{"COMMON", kPythonCommon}});
  return absl::StrReplaceAll(program, {{"PLUGIN", plugin},
                                       {"FUNCTIONS\n", ForEach(kPythonFunction, actions)},
                                       {"{TABLE}", absl::StrCat("{", table, "}")}});
}

}  // namespace orch::cli
