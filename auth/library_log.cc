#include "auth/library_log.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include "absl/strings/str_cat.h"
#include "base/log.h"

namespace orch::auth {
namespace {

void FromGrpc(gpr_log_func_args* args) {
  LogDebug(args->message, {{"library", "grpc"}, {"place", absl::StrCat(args->file, ":", args->line)}});
}

void FromProtobuf(google::protobuf::LogLevel level, const char* file, int line, const std::string& message) {
  // After a fatal message the library aborts, so the reason must be visible.
  const LogLevel ours = level == google::protobuf::LOGLEVEL_FATAL ? LogLevel::kError : LogLevel::kDebug;
  Log(ours, message, {{"library", "protobuf"}, {"place", absl::StrCat(file, ":", line)}});
}

}  // namespace

void RouteLibraryLogs() {
  gpr_set_log_function(&FromGrpc);
  google::protobuf::SetLogHandler(&FromProtobuf);
}

}  // namespace orch::auth
