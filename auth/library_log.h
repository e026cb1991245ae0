// What gRPC and Protocol Buffers would print on standard error goes to our log at debug level. They
// write a line for each peer that fails a handshake or sends text that is not UTF-8, so that anybody
// who can connect could fill a disk; what matters of it reaches the log through us, counted and bounded.
#pragma once

namespace orch::auth {

// First thing in main, before any channel or server.
void RouteLibraryLogs();

}  // namespace orch::auth
