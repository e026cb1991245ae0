// One message of a gRPC stream, as bytes. A plain value.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace orch {

struct GrpcMessage {
  std::string head;
  std::shared_ptr<const std::string> rest;  // follows the head; shared with other streams; may be null
  size_t size() const { return head.size() + (rest != nullptr ? rest->size() : 0); }
};

}  // namespace orch
