// A bus of its own with something on it that answers as systemd's manager does. Needs dbus-daemon.
#pragma once

#include <sys/types.h>
#include <systemd/sd-bus.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>

namespace orch::actions {

// Units: web (starts and stops), quick (its job ends before the call is answered), bad (its job
// fails), slow (its job never ends), dies (its start is done, it runs for a moment), stays (its stop is
// done, it runs on), once (does its work and ends), late (runs a moment after its start). Everything else is
// not found.
class FakeSystemd {
 public:
  explicit FakeSystemd(const std::string& folder);
  ~FakeSystemd();
  bool ready() const { return ready_; }  // false without dbus-daemon

  void Add(sd_bus* bus);
  int OnUnitCall(sd_bus_message* call, const char* verb);
  std::string StateOf(const std::string& path, const char* property);

 private:
  bool StartBus(const std::string& folder);

  pid_t daemon_ = -1;
  std::string address_;
  bool ready_ = false;
  std::atomic<bool> stop_{false};
  std::thread thread_;
  std::map<std::string, bool> running_;  // by unit; the thread's alone
  unsigned jobs_ = 0;
  int looks_ = 0;  // at the unit's state since its last job
};

}  // namespace orch::actions
