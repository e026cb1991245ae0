#include "actions/core/action.h"

#include <utility>

namespace orch::actions {

Reply Reply::Aborted(std::string message, Json data) {
  Reply reply;
  reply.status_code = kAborted;
  reply.status_message = std::move(message);
  reply.data = std::move(data);
  return reply;
}

Reply Reply::Failure(ErrorKind error_kind, std::string message, Json data) {
  Reply reply;
  reply.status_code = kUnknownError;
  reply.status_message = std::move(message);
  reply.error_kind = error_kind;
  reply.data = std::move(data);
  return reply;
}

}  // namespace orch::actions
