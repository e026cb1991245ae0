// The command `orchctl hub status`.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "cli/commands/command.h"
#include "cli/options/words.h"
#include "cli/terminal/exit_codes.h"
#include "cli/views/json_text.h"

namespace orch::cli {
namespace {

template <typename Map>
Json ToObject(const Map& map) {
  Json object = Json::object();
  for (const auto& [key, value] : map) object[key] = value;
  return object;
}

Json DoorJson(const v1::DoorStatus& door) {
  return {{"strangers", door.strangers()},
          {"connections", door.connections()},
          {"penalised_networks", door.penalised_networks()},
          {"accepted", door.accepted()},
          {"turned_away", door.turned_away()},
          {"cut_off", door.cut_off()},
          {"let_in", door.let_in()},
          {"cut", door.cut()},
          {"by_proof", ToObject(door.by_proof())},
          {"whole_psk", std::vector<std::string>(door.whole_psk().begin(), door.whole_psk().end())}};
}

Json ConflictsJson(const v1::GetHubStatusResponse& status) {
  Json list = Json::array();
  for (const v1::IdentityConflict& conflict : status.identity_conflicts()) {
    list.push_back({{"identity", conflict.identity()},
                    {"peers", std::vector<std::string>(conflict.peers().begin(), conflict.peers().end())},
                    {"since", conflict.since_us() / 1'000'000},
                    {"last", conflict.last_us() / 1'000'000},
                    {"replacements", conflict.replacements()}});
  }
  return list;
}

Json StatusJson(const v1::GetHubStatusResponse& status) {
  return {{"version", status.version()},
          {"identity", status.hub_identity()},
          {"listen_address", status.listen_address()},
          {"mtls", status.mtls()},
          {"started", status.started_us() / 1'000'000},
          {"hub_time", status.hub_time_us() / 1'000'000},
          {"nodes_connected", status.nodes_connected()},
          {"nodes_stale", status.nodes_stale()},
          {"nodes_disconnected", status.nodes_disconnected()},
          {"nodes_returning", status.nodes_returning()},
          {"identity_conflicts", ConflictsJson(status)},
          {"nodes_by_key", ToObject(status.nodes_by_key())},
          {"jobs_running", status.jobs_running()},
          {"jobs_paused", status.jobs_paused()},
          {"tasks_queued", status.tasks_queued()},
          {"store", status.store()},
          {"jobs_stored", status.jobs_stored()},
          {"store_bytes", status.store_bytes()},
          {"jobs_total", status.jobs_total()},
          {"replies_total", status.replies_total()},
          {"refused", ToObject(status.refused())},
          {"resident_bytes", status.resident_bytes()},
          {"clock_skew_ms", ToObject(status.clock_skew_ms())},
          {"door", DoorJson(status.door())},
          {"problems", std::vector<std::string>(status.problems().begin(), status.problems().end())},
          {"approvals_waiting", status.approvals_waiting()},
          {"audit_seq", status.audit_seq()},
          {"caller", status.caller()}};
}

std::string Pairs(const Json& object) {
  std::string text;
  for (const auto& item : object.items()) {
    if (item.value() != 0)
      absl::StrAppend(&text, text.empty() ? "" : ", ", Printable(item.key()), "=", PrintableJson(item.value()));
  }
  return text.empty() ? "none" : text;
}

// One line of `orchctl hub status`.
std::string StatusLine(const char* label, const std::string& value) {
  return absl::StrFormat("%22s: %s\n", label, Printable(value));
}

// The lines about connections.
std::string DoorText(const v1::DoorStatus& door) {
  std::string text;
  const auto line = [&text](const char* label, const std::string& value) { text += StatusLine(label, value); };
  line("Connections", absl::StrCat(door.connections(), " (", Pairs(ToObject(door.by_proof())), "), ", door.strangers(),
                                   " not proved yet"));
  line("Door Since Start", absl::StrCat(door.let_in(), " let in, ", door.cut_off(), " too slow, ", door.turned_away(),
                                        " turned away, ", door.cut(), " cut"));
  if (door.penalised_networks() > 0) line("Networks Shut Out", absl::StrCat(door.penalised_networks()));
  if (door.whole_psk_size() > 0) {
    line("Hold A Whole PSK",
         absl::StrCat(absl::StrJoin(door.whole_psk(), ", "), "; give each its own key: orch-hub key node|client NAME"));
  }
  return text;
}

std::string StatusText(const v1::GetHubStatusResponse& status) {
  const absl::Time started = absl::FromUnixMicros(status.started_us());
  const absl::Duration up = absl::FromUnixMicros(status.hub_time_us()) - started;
  std::string text = absl::StrCat("Hub ", Printable(status.hub_identity()), ":\n\n");
  const auto line = [&text](const char* label, const std::string& value) { text += StatusLine(label, value); };
  line("Version", status.version());
  line("Listening On", status.listen_address());
  line("Started", absl::FormatTime("%Y-%m-%d %H:%M:%S %z", started, absl::LocalTimeZone()));
  line("Up", absl::FormatDuration(absl::Trunc(up, absl::Seconds(1))));
  for (const std::string& problem : status.problems()) line("PROBLEM", problem);
  if (status.approvals_waiting() > 0) {
    line("Wait For Approval", absl::StrCat(status.approvals_waiting(), " jobs; orchctl approval list"));
  }
  line("mTLS", status.mtls());
  line("You Are", status.caller());
  line("Nodes Connected", absl::StrCat(status.nodes_connected()));
  line("Nodes Stale", absl::StrCat(status.nodes_stale()));
  line("Nodes Disconnected", absl::StrCat(status.nodes_disconnected()));
  if (status.nodes_returning() > 0) {
    line("Nodes Coming Back", absl::StrCat(status.nodes_returning(), " of these: the hub has just started"));
  }
  for (const v1::IdentityConflict& conflict : status.identity_conflicts()) {
    line("Identity Conflict",
         absl::StrCat("two agents use ", conflict.identity(), ", from ", absl::StrJoin(conflict.peers(), " and "),
                      "; give one of them an identity of its own"));
  }
  line("Nodes By Key", Pairs(ToObject(status.nodes_by_key())));
  line("Jobs Running", absl::StrCat(status.jobs_running()));
  line("Jobs Paused", absl::StrCat(status.jobs_paused()));
  line("Tasks Queued", absl::StrCat(status.tasks_queued()));
  line("Jobs Kept", absl::StrCat(status.jobs_stored(), status.store().empty() ? "" : " in ", status.store()));
  line("Jobs In All", absl::StrCat(status.jobs_total()));
  line("Replies In All", absl::StrCat(status.replies_total()));
  text += DoorText(status.door());
  if (status.clock_skew_ms_size() > 0) line("Clocks Off (ms)", Pairs(ToObject(status.clock_skew_ms())));
  line("Refused", Pairs(ToObject(status.refused())));
  line("Audit Records", status.audit_seq() == 0 ? "none" : absl::StrCat(status.audit_seq()));
  line("Resident Memory", absl::StrFormat("%.1f MiB", static_cast<double>(status.resident_bytes()) / 1048576.0));
  return text;
}

class HubCommand final : public Command {
 public:
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    if (words != std::vector<std::string>{"status"}) {
      return absl::InvalidArgumentError("usage: orchctl hub status");
    }
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    ORCH_ASSIGN_OR_RETURN(const v1::GetHubStatusResponse status, hub->GetHubStatus());
    context->Print(context->options().format == Format::kHuman
                       ? StatusText(status)
                       : JsonText(StatusJson(status), context->env().out_is_terminal));
    return kExitOk;
  }
  NextWord Next(const std::vector<std::string>& words) const override {
    return words.empty() ? NextWord::Words({"status"}) : NextWord();
  }
};

}  // namespace

std::unique_ptr<Command> MakeHubCommand() { return std::make_unique<HubCommand>(); }

}  // namespace orch::cli
