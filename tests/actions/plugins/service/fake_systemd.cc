#include "tests/actions/plugins/service/fake_systemd.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace orch::actions {
namespace {

constexpr char kPath[] = "/org/freedesktop/systemd1";
constexpr char kUnits[] = "/org/freedesktop/systemd1/unit";
constexpr char kManager[] = "org.freedesktop.systemd1.Manager";

int OnSubscribe(sd_bus_message* call, void*, sd_bus_error*) { return sd_bus_reply_method_return(call, ""); }

int OnLoad(sd_bus_message* call, void*, sd_bus_error*) {
  const char* unit;
  if (sd_bus_message_read(call, "s", &unit) < 0) return -EINVAL;
  const std::string name(absl::StripSuffix(unit, ".service"));
  return sd_bus_reply_method_return(call, "o", absl::StrCat(kUnits, "/", name).c_str());
}

int OnStart(sd_bus_message* call, void* fake, sd_bus_error*) {
  return static_cast<FakeSystemd*>(fake)->OnUnitCall(call, "start");
}
int OnStop(sd_bus_message* call, void* fake, sd_bus_error*) {
  return static_cast<FakeSystemd*>(fake)->OnUnitCall(call, "stop");
}

int OnProperty(sd_bus*, const char* path, const char*, const char* property, sd_bus_message* reply, void* fake,
               sd_bus_error*) {
  return sd_bus_message_append(reply, "s", static_cast<FakeSystemd*>(fake)->StateOf(path, property).c_str());
}

const sd_bus_vtable kManagerTable[] = {SD_BUS_VTABLE_START(0),
                                       SD_BUS_METHOD("Subscribe", "", "", OnSubscribe, SD_BUS_VTABLE_UNPRIVILEGED),
                                       SD_BUS_METHOD("LoadUnit", "s", "o", OnLoad, SD_BUS_VTABLE_UNPRIVILEGED),
                                       SD_BUS_METHOD("StartUnit", "ss", "o", OnStart, SD_BUS_VTABLE_UNPRIVILEGED),
                                       SD_BUS_METHOD("RestartUnit", "ss", "o", OnStart, SD_BUS_VTABLE_UNPRIVILEGED),
                                       SD_BUS_METHOD("StopUnit", "ss", "o", OnStop, SD_BUS_VTABLE_UNPRIVILEGED),
                                       SD_BUS_SIGNAL("JobRemoved", "uoss", 0),
                                       SD_BUS_VTABLE_END};

const sd_bus_vtable kServiceTable[] = {SD_BUS_VTABLE_START(0), SD_BUS_PROPERTY("Type", "s", OnProperty, 0, 0),
                                       SD_BUS_PROPERTY("Result", "s", OnProperty, 0, 0), SD_BUS_VTABLE_END};

const sd_bus_vtable kUnitTable[] = {SD_BUS_VTABLE_START(0), SD_BUS_PROPERTY("LoadState", "s", OnProperty, 0, 0),
                                    SD_BUS_PROPERTY("ActiveState", "s", OnProperty, 0, 0), SD_BUS_VTABLE_END};

int AnyUnit(sd_bus*, const char*, const char*, void* userdata, void** found, sd_bus_error*) {
  *found = userdata;
  return 1;
}

}  // namespace

FakeSystemd::FakeSystemd(const std::string& folder) {
  if (!StartBus(folder)) return;
  setenv("DBUS_SYSTEM_BUS_ADDRESS", address_.c_str(), 1);
  sd_bus* bus = nullptr;
  if (sd_bus_open_system(&bus) < 0) return;
  Add(bus);
  ready_ = sd_bus_request_name(bus, "org.freedesktop.systemd1", 0) >= 0;
  thread_ = std::thread([this, bus] {
    while (!stop_) {
      if (sd_bus_process(bus, nullptr) == 0) sd_bus_wait(bus, 50'000);
    }
    sd_bus_flush_close_unref(bus);
  });
}

FakeSystemd::~FakeSystemd() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
  if (daemon_ > 0) {
    kill(daemon_, SIGKILL);
    waitpid(daemon_, nullptr, 0);
  }
}

bool FakeSystemd::StartBus(const std::string& folder) {
  const std::string config = absl::StrCat(folder, "/bus.conf");
  std::ofstream(config) << "<busconfig><type>session</type><listen>unix:path=" << folder << "/bus</listen>"
                        << "<auth>EXTERNAL</auth><policy context=\"default\"><allow send_destination=\"*\"/>"
                        << "<allow receive_sender=\"*\"/><allow own=\"*\"/></policy></busconfig>";
  int pipe_fds[2];
  if (pipe(pipe_fds) != 0) return false;
  daemon_ = fork();
  if (daemon_ == 0) {
    close(pipe_fds[0]);
    const std::string print = absl::StrCat("--print-address=", pipe_fds[1]);
    const std::string file = absl::StrCat("--config-file=", config);
    execlp("dbus-daemon", "dbus-daemon", file.c_str(), print.c_str(), "--nofork", nullptr);
    _exit(127);
  }
  close(pipe_fds[1]);
  char buffer[256];
  const ssize_t size = read(pipe_fds[0], buffer, sizeof buffer);  // the address, or the end when it failed
  close(pipe_fds[0]);
  if (size <= 0) return false;
  address_ = std::string(absl::StripSuffix(absl::string_view(buffer, size), "\n"));
  return true;
}

void FakeSystemd::Add(sd_bus* bus) {
  sd_bus_add_object_vtable(bus, nullptr, kPath, kManager, kManagerTable, this);
  sd_bus_add_fallback_vtable(bus, nullptr, kUnits, "org.freedesktop.systemd1.Unit", kUnitTable, AnyUnit, this);
  sd_bus_add_fallback_vtable(bus, nullptr, kUnits, "org.freedesktop.systemd1.Service", kServiceTable, AnyUnit, this);
}

int FakeSystemd::OnUnitCall(sd_bus_message* call, const char* verb) {
  const char *unit, *mode;
  if (sd_bus_message_read(call, "ss", &unit, &mode) < 0) return -EINVAL;
  sd_bus* bus = sd_bus_message_get_bus(call);
  const std::string name(absl::StripSuffix(unit, ".service"));
  const std::string job = absl::StrCat(kPath, "/job/", ++jobs_);
  const bool fails = name == "bad";
  if (!fails) running_[name] = std::strcmp(verb, "start") == 0 || name == "stays";
  looks_ = 0;
  const auto end = [&] {
    return sd_bus_emit_signal(bus, kPath, kManager, "JobRemoved", "uoss", jobs_, job.c_str(), unit,
                              fails ? "failed" : "done");
  };
  if (name == "quick") end();
  const int sent = sd_bus_reply_method_return(call, "o", job.c_str());
  if (name != "quick" && name != "slow") end();
  return sent;
}

std::string FakeSystemd::StateOf(const std::string& path, const char* property) {
  const std::string name = path.substr(path.rfind('/') + 1);
  if (std::strcmp(property, "LoadState") == 0) {
    bool known = false;
    for (const char* unit : {"web", "quick", "bad", "slow", "dies", "stays", "once", "late"}) known |= name == unit;
    return known ? "loaded" : "not-found";
  }
  if (std::strcmp(property, "Type") == 0) return name == "once" ? "oneshot" : "simple";
  if (std::strcmp(property, "Result") == 0) return "success";
  ++looks_;
  if (name == "once" || (name == "dies" && looks_ > 2) || (name == "late" && looks_ < 3)) return "inactive";
  const auto found = running_.find(name);
  return found != running_.end() && found->second ? "active" : "inactive";
}

}  // namespace orch::actions
