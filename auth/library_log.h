// Redirects the log lines of gRPC and Protocol Buffers from standard error to our log, at the level debug. The
// libraries write a line for each peer that fails a handshake or sends text that is not UTF-8, so that anybody who can
// connect could fill a disk. Our own code logs the important ones, counted and bounded.
#pragma once

namespace orch::auth {

// main calls this before it makes any channel or server.
void RouteLibraryLogs();

}  // namespace orch::auth
