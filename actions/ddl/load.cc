// Loads a Plugin from the text of its DDL.
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "actions/ddl/ddl.h"
#include "actions/ddl/load_fields.h"
#include "actions/ddl/place.h"
#include "actions/ddl/requirement.h"
#include "base/digest.h"
#include "base/status_macros.h"

namespace orch::ddl {
namespace {

constexpr size_t kMaxNameBytes = 128;
constexpr double kMaxTimeoutSeconds = 7 * 86400;
constexpr size_t kMaxAggregates = 64;

bool IsShortName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_';
  });
}

bool IsFieldName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
  });
}

absl::StatusOr<std::string> LoadShortName(const Place& place, absl::string_view key) {
  ORCH_ASSIGN_OR_RETURN(std::string name, place.Text(key));
  if (IsShortName(name)) return name;
  return place.Member(key)->Error(
      absl::StrCat("'", name, "' is not a name of a-z, 0-9 and _ (at most ", kMaxNameBytes, " characters)"));
}

absl::StatusOr<std::optional<absl::Duration>> LoadTimeout(const Place& place) {
  const std::optional<Place> member = place.Member("timeout");
  if (!member) return std::nullopt;
  if (!member->value().is_number() || !(member->value().get<double>() > 0) ||
      member->value().get<double>() > kMaxTimeoutSeconds) {
    return member->Error(absl::StrCat("must be a number of seconds above 0 and at most ", kMaxTimeoutSeconds));
  }
  return absl::Seconds(member->value().get<double>());
}

absl::Status LoadMetadata(const Place& top, Plugin* plugin) {
  const std::optional<Place> metadata = top.Member("metadata");
  if (!metadata)
    return top.Error("'metadata' is missing; it holds name, description, author, license, version, url, timeout");
  ORCH_RETURN_IF_ERROR(metadata->RequireObject());
  ORCH_ASSIGN_OR_RETURN(plugin->name, LoadShortName(*metadata, "name"));
  ORCH_ASSIGN_OR_RETURN(plugin->description, metadata->Text("description"));
  ORCH_ASSIGN_OR_RETURN(plugin->author, metadata->Text("author"));
  ORCH_ASSIGN_OR_RETURN(plugin->license, metadata->Text("license"));
  ORCH_ASSIGN_OR_RETURN(plugin->version, metadata->Text("version"));
  ORCH_ASSIGN_OR_RETURN(plugin->url, metadata->Text("url"));
  ORCH_ASSIGN_OR_RETURN(plugin->provider, metadata->TextOr("provider", ""));
  ORCH_ASSIGN_OR_RETURN(const std::optional<absl::Duration> timeout, LoadTimeout(*metadata));
  if (!timeout) return metadata->Error("'timeout' is missing; give it in seconds");
  plugin->timeout = *timeout;
  ORCH_ASSIGN_OR_RETURN(plugin->requires_orch, LoadRequires(*metadata));
  return absl::OkStatus();
}

absl::Status LoadDisplayAndImpact(const Place& place, Action* action) {
  ORCH_ASSIGN_OR_RETURN(const std::string display, place.TextOr("display", "failed"));
  if (display == "always") {
    action->display = Display::kAlways;
  } else if (display == "ok") {
    action->display = Display::kOk;
  } else if (display == "failed") {
    action->display = Display::kFailed;
  } else {
    return place.Member("display")->Error(absl::StrCat("'", display, "' must be ok, failed or always"));
  }
  ORCH_ASSIGN_OR_RETURN(const std::string impact, place.TextOr("impact", "change"));
  if (impact != "read" && impact != "change") {
    return place.Member("impact")->Error(absl::StrCat("'", impact, "' must be read or change"));
  }
  action->impact = impact == "read" ? Impact::kRead : Impact::kChange;
  return absl::OkStatus();
}

// `input` and `output` are objects with a description for each name.
template <typename Field, typename Load>
absl::Status LoadFields(const Place& action, absl::string_view key, Load load, std::vector<Field>* fields) {
  const std::optional<Place> all = action.Member(key);
  if (!all) return absl::OkStatus();
  ORCH_RETURN_IF_ERROR(all->RequireObject());
  if (all->value().size() > kMaxFields) return all->Error(absl::StrCat("holds more than ", kMaxFields, " names"));
  for (const auto& item : all->value().items()) {
    if (!IsFieldName(item.key())) {
      return all->Error(absl::StrCat("'", item.key(), "' is not a name of letters, digits, _ - and ."));
    }
    const std::optional<Place> place = all->Member(item.key());
    if (!place) return all->Error(absl::StrCat("'", item.key(), "' is null; an object {…} is expected"));
    ORCH_ASSIGN_OR_RETURN(Field field, load(item.key(), *place));
    fields->push_back(std::move(field));
  }
  return absl::OkStatus();
}

absl::Status LoadAggregates(const Place& place, Action* action) {
  const std::optional<Place> all = place.Member("aggregate");
  if (!all) return absl::OkStatus();
  if (!all->value().is_array()) return all->Error("must be an array of {function, args}");
  if (all->value().size() > kMaxAggregates) return all->Error(absl::StrCat("holds more than ", kMaxAggregates));
  for (size_t i = 0; i < all->value().size(); ++i) {
    ORCH_ASSIGN_OR_RETURN(Aggregate aggregate, LoadAggregate(all->Element(i)));
    const bool repeated =
        std::any_of(action->aggregates.begin(), action->aggregates.end(), [&aggregate](const Aggregate& other) {
          return other.function == aggregate.function && other.output == aggregate.output &&
                 other.arguments == aggregate.arguments;
        });
    if (!repeated) action->aggregates.push_back(std::move(aggregate));  // published DDLs list some twice
  }
  return absl::OkStatus();
}

// Allows the name of a file in the folder of the plugin, but no path.
absl::StatusOr<std::string> LoadScriptName(const Place& action) {
  ORCH_ASSIGN_OR_RETURN(std::string name, action.TextOr("implemented_by", ""));
  if (name.empty() || (IsFieldName(name) && name[0] != '.')) return name;
  return action.Member("implemented_by")
      ->Error(
          absl::StrCat("'", name, "' is no file name of letters, digits, _ - and .; it lies in the plugin's folder"));
}

absl::StatusOr<Action> LoadAction(const Place& place) {
  ORCH_RETURN_IF_ERROR(place.RequireObject());
  Action action;
  ORCH_ASSIGN_OR_RETURN(action.name, LoadShortName(place, "action"));
  ORCH_ASSIGN_OR_RETURN(action.description, place.Text("description"));
  ORCH_RETURN_IF_ERROR(LoadDisplayAndImpact(place, &action));
  ORCH_ASSIGN_OR_RETURN(action.idempotent, place.BoolOr("idempotent", false));
  ORCH_ASSIGN_OR_RETURN(action.streams, place.BoolOr("streams", false));
  ORCH_ASSIGN_OR_RETURN(action.additional_inputs, place.BoolOr("additional_inputs", false));
  ORCH_ASSIGN_OR_RETURN(action.timeout, LoadTimeout(place));
  ORCH_ASSIGN_OR_RETURN(action.implemented_by, LoadScriptName(place));
  ORCH_RETURN_IF_ERROR(LoadFields(place, "input", LoadInput, &action.inputs));
  ORCH_RETURN_IF_ERROR(LoadFields(place, "output", LoadOutput, &action.outputs));
  ORCH_RETURN_IF_ERROR(LoadAggregates(place, &action));
  return action;
}

template <typename Fields>
auto FindByName(const Fields& fields, absl::string_view name) -> decltype(&fields[0]) {
  for (const auto& field : fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

absl::StatusOr<std::shared_ptr<Plugin>> Load(absl::string_view json, absl::string_view source) {
  ORCH_ASSIGN_OR_RETURN(const Json text, ParseJsonObject(json, source, kMaxDdlBytes));
  const Place top(&text, std::string(source), "");
  auto plugin = std::make_shared<Plugin>();
  ORCH_RETURN_IF_ERROR(LoadMetadata(top, plugin.get()));
  const std::optional<Place> actions = top.Member("actions");
  if (!actions || !actions->value().is_array()) return top.Error("'actions' is missing; it is an array of actions");
  if (actions->value().size() > kMaxActions) {
    return actions->Error(absl::StrCat("holds more than ", kMaxActions, " actions"));
  }
  for (size_t i = 0; i < actions->value().size(); ++i) {
    const Place place = actions->Element(i);
    ORCH_ASSIGN_OR_RETURN(Action action, LoadAction(place));
    std::string name = action.name;
    if (!plugin->actions.emplace(name, std::move(action)).second) {
      return place.Error(absl::StrCat("action '", name, "' is declared twice"));
    }
  }
  plugin->json = json;
  plugin->sha256 = Sha256(json);
  return plugin;
}

}  // namespace

const Input* Action::FindInput(absl::string_view input) const { return FindByName(inputs, input); }
const Output* Action::FindOutput(absl::string_view output) const { return FindByName(outputs, output); }

const Action* Plugin::FindAction(absl::string_view action) const {
  const auto found = actions.find(std::string(action));
  return found == actions.end() ? nullptr : &found->second;
}

absl::StatusOr<std::shared_ptr<const Plugin>> LoadPlugin(absl::string_view json, absl::string_view source) {
  ORCH_ASSIGN_OR_RETURN(const std::shared_ptr<Plugin> plugin, Load(json, source));
  plugin->own_json = std::string(json);
  plugin->json = plugin->own_json;
  return plugin;
}

absl::StatusOr<std::shared_ptr<const Plugin>> LoadEmbeddedPlugin(absl::string_view json, absl::string_view source) {
  return Load(json, source);
}

}  // namespace orch::ddl
