#include "actions/external/program_plugin.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "actions/ddl/validate.h"
#include "actions/external/external_plugin.h"
#include "actions/external/legacy_plugin.h"
#include "actions/external/worker_plugin.h"
#include "actions/worker/warm_worker.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

struct Provider {
  absl::string_view name;
  absl::StatusOr<std::shared_ptr<ProgramPlugin>> (*make)(ProgramPlugin::Source source);
};

constexpr Provider kProviders[] = {
    {"external", ExternalPlugin::Create},
    {"legacy_json", LegacyPlugin::Create},
    {"worker", WorkerPlugin::Create},
};

}  // namespace

absl::StatusOr<std::shared_ptr<ProgramPlugin>> ProgramPlugin::Create(Source source) {
  const std::string wanted = source.ddl->provider;
  for (const Provider& provider : kProviders) {
    if (provider.name == wanted) return provider.make(std::move(source));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      source.files.DdlPath(), ": metadata.provider ", wanted.empty() ? "is missing" : "'",
      wanted.empty() ? "" : absl::StrCat(wanted, "' is not known"), "; set it to one of ",
      absl::StrJoin(kProviders, ", ",
                    [](std::string* out, const Provider& provider) { absl::StrAppend(out, provider.name); })));
}

Reply ProgramPlugin::Run(const Request& request, const Context& context) {
  const absl::StatusOr<const ddl::Action*> action = ddl::RequireAction(*source_.ddl, request.action);
  if (!action.ok()) {
    Reply reply;
    reply.status_code = kUnknownAction;
    reply.status_message = std::string(action.status().message());
    return reply;
  }
  Reply reply = RunAction(request, context, std::max(context.timeout - kEndReserve, context.timeout / 2));
  ddl::FillOutputDefaults(**action, &reply.data);
  return reply;
}

std::string ProgramPlugin::SettingsText() const {
  std::string text;
  for (const auto& [key, value] : source_.settings) {
    absl::StrAppend(&text, key, " = ", absl::StrReplaceAll(value, {{"\n", " "}, {"\r", " "}}), "\n");
  }
  return text;
}

Reply CouldNotCall(const Request& request, const absl::Status& why) {
  return ReplyForWorker(absl::Status(why.code(), absl::StrCat("Could not call external agent ", request.plugin, "#",
                                                              request.action, ": ", why.message())));
}

}  // namespace orch::actions
