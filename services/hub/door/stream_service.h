// A gRPC stream that the door serves itself in place of gRPC: that of a node. The door gives the reader what the peer
// sends; the writer (stream_writer.h) takes what goes there. All on the door's thread; nothing blocks.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/streams/grpc_connection.h"
#include "services/hub/door/stream_writer.h"
#include "services/hub/door/visitor.h"

namespace orch::hub {

class StreamReader {
 public:
  virtual ~StreamReader() = default;
  virtual void OnMessage(std::string message) = 0;
  // Whether so much has come and is not handled that nothing more is to be read for now.
  virtual bool full() const = 0;
  // The last call.
  virtual void OnEnd(GrpcConnection::Handler::End end) = 0;
};

class StreamService {
 public:
  virtual ~StreamService() = default;
  // Whether calls of `method` are streams that this service takes. The other calls are gRPC's.
  virtual bool Serves(absl::string_view method) const = 0;
  // `visitor` calls a method that is served here. An error is the answer to the call.
  virtual absl::StatusOr<std::shared_ptr<StreamReader>> Open(const std::shared_ptr<Visitor>& visitor,
                                                             std::shared_ptr<StreamWriter> writer) = 0;
  // A turn of the door is over: what came in it may be handed on together. A turn comes at least four times a second.
  // `now`: Clock::Steady; infinite at the end, when there is no other turn.
  virtual void OnTurnEnd(absl::Duration now) = 0;
};

}  // namespace orch::hub
