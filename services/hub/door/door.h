// Accepts connections and hands them to gRPC. gRPC's own listener dies for good at the limit of
// open files and lets silent peers hold their place; this one keeps a spare descriptor, caps
// connections whose peer has not authenticated (in all, and by source address), and cuts those
// that take too long. Owns one thread; the rest is thread-safe.
#pragma once

#include <grpcpp/server_builder.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace orch::hub {

class Door {
 public:
  struct Options {
    size_t max_unauthenticated = 500;
    size_t max_unauthenticated_per_source = 200;
    absl::Duration authenticate_within = absl::Seconds(10);
  };
  // Binds each "address:port" (IPv6 in brackets). Unavailable names the address and the reason.
  static absl::StatusOr<std::unique_ptr<Door>> Listen(const std::vector<std::string>& addresses, Options options,
                                                      const Clock* clock);
  ~Door();

  // With the ports that were really bound.
  const std::vector<std::string>& addresses() const { return addresses_; }
  // Once, after the server has started: accepts until StopAccepting.
  void Serve(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor);
  // The peer ("ipv4:127.0.0.1:4711" as gRPC names it) has shown who it is.
  void Authenticated(absl::string_view peer);
  void StopAccepting();

  struct Counters {
    std::atomic<uint64_t> accepted{0};
    std::atomic<uint64_t> turned_away{0};  // over a cap
    std::atomic<uint64_t> cut_off{0};      // did not authenticate in time
  };
  const Counters& counters() const { return counters_; }
  size_t unauthenticated() const;

 private:
  struct Stranger {
    int fd;  // a duplicate: sees the end of the connection, can cut it
    std::string source;
    absl::Duration since;
  };

  Door(Options options, const Clock* clock) : options_(options), clock_(clock) {}
  absl::Status Bind(const std::string& address);
  void Run();
  void AcceptAll(int listener);
  void Admit(int fd, int listener);
  // False when a cap is reached; else the stranger is noted.
  bool Note(int fd, const std::string& peer, const std::string& source);
  void Forget(const std::string& peer);
  void ForgetLocked(const std::string& peer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CutOffSlow();

  const Options options_;
  const Clock* const clock_;
  std::vector<std::string> addresses_;
  std::vector<int> listeners_;
  int epoll_ = -1;
  int wake_ = -1;   // eventfd: stop
  int spare_ = -1;  // given up for a moment when descriptors run out; thread only
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  Counters counters_;
  std::atomic<bool> stopping_{false};

  mutable Mutex mu_;
  absl::flat_hash_map<std::string, Stranger> strangers_ ABSL_GUARDED_BY(mu_);  // by peer
  absl::flat_hash_map<int, std::string> peer_of_fd_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<std::string, size_t> per_source_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;
};

}  // namespace orch::hub
