// Many light nodes in one process and one thread, each with a connection of its own.
//
//   light_swarm --port=PORT --credentials=FILE --ddl=FILE [--nodes=1000] [--proto=orch|nats|raw] [--tls=1]
//       [--at_once=400] [--heartbeat_s=30] [--backoff_s=1] [--backoff_max_s=60] [--reply_bytes=0]
//
// Prints REGISTERED, LOST and BACK (connections.h). Each line on stdin is answered with the counts so far; the end of
// stdin ends the program.
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "tests/bench/swarm/connections.h"
#include "tests/bench/swarm/dialect.h"
#include "tests/bench/swarm/node_voice.h"
#include "tests/bench/swarm/options.h"

int main(int argc, char** argv) {
  namespace swarm = orch::swarm;
  const swarm::Options arguments(argc, argv);
  rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  signal(SIGPIPE, SIG_IGN);
  srand48(getpid());

  swarm::Connections::Options options;
  options.port = static_cast<uint16_t>(arguments.Number("port", 0));
  options.nodes = static_cast<size_t>(arguments.Number("nodes", 1000));
  options.at_once = static_cast<size_t>(arguments.Number("at_once", 400));
  options.tls = arguments.Number("tls", 0) != 0;
  options.backoff_s = arguments.Number("backoff_s", 1);
  options.backoff_max_s = arguments.Number("backoff_max_s", 60);
  options.heartbeat_s = arguments.Number("heartbeat_s", 30);
  const std::string proto = arguments.Text("proto", "orch");
  const swarm::NodeVoice voice(arguments.Psk(), arguments.File("ddl"),
                               static_cast<size_t>(arguments.Number("reply_bytes", 0)));
  swarm::Counts counts;
  swarm::Connections connections(options, &voice, &counts,
                                 [&](swarm::OnRegistered on_registered) -> std::unique_ptr<swarm::Dialect> {
                                   if (proto == "nats")
                                     return MakeNatsDialect(&voice, &counts, std::move(on_registered));
                                   if (proto == "raw") return MakeRawDialect(&voice, &counts, std::move(on_registered));
                                   return MakeOrchDialect(&voice, options.tls, &counts, std::move(on_registered));
                                 });
  connections.Watch(STDIN_FILENO);
  while (true) {
    if (!connections.Step()) continue;
    char line[256];
    if (read(STDIN_FILENO, line, sizeof line) <= 0) return 0;
    std::printf("COUNTS registered=%zu commands=%" PRIu64 " acks=%" PRIu64 " heartbeats=%" PRIu64
                " heartbeat_acks=%" PRIu64 " pings=%" PRIu64 " failures=%" PRIu64 " goodbyes=%" PRIu64
                " others=%" PRIu64 "\n",
                connections.registered(), counts.commands, counts.acks, counts.heartbeats, counts.heartbeat_acks,
                counts.pings, counts.failures, counts.goodbyes, counts.others);
    std::fflush(stdout);
  }
}
