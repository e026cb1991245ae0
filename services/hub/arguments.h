// The command line of orch-hub, parsed and checked. Pure: it reads no file and prints nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "auth/peer.h"
#include "services/hub/init.h"

namespace orch::hub {

// What `orch-hub key` prints.
struct KeyOptions {
  auth::PeerKind kind = auth::PeerKind::kNode;
  std::string name;  // the node's identity, or the client's name
  bool pem = false;
  bool replace = false;  // keys issued before for this name are refused from now on
  std::string expires;   // "90d", "12h" or a time; empty: never
  uint32_t days = 365;   // how long the certificate is valid
};

struct Arguments {
  enum class Mode { kServe, kCheckConfig, kInit, kKey, kShowText };
  Mode mode = Mode::kServe;
  std::string config_file;
  InitOptions init;  // for kInit
  KeyOptions key;    // for kKey
  std::string text;  // for kShowText: a help screen or the version
};

// `words`: the arguments without the program's name. InvalidArgument names the option or the word,
// and the remedy.
absl::StatusOr<Arguments> ParseArguments(const std::vector<std::string>& words);

}  // namespace orch::hub
