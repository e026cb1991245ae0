// What the hub itself has stored of keys, tokens and bans, as the keyring asks for it. Implemented by the hub and by
// fakes in tests. Called on the door's thread for every handshake: never blocks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "auth/key.h"

namespace orch::auth {

class KeySource {
 public:
  virtual ~KeySource() = default;

  enum class NodeKey {
    kNone,      // nothing is stored for this node: keys from a PSK count
    kAdmitted,  // this key is the node's
    kWaiting,   // this key was enrolled and waits for approval
    kOther,     // the node has a key of its own, and it is another one
  };
  // Sets `*bytes` if the key is admitted.
  virtual NodeKey FindNodeKey(absl::string_view name, absl::string_view key_id, std::string* bytes) const = 0;
  // The key of the handshake of a token; empty if the token is unknown or has expired.
  virtual std::string FindToken(absl::string_view id) const = 0;
  virtual bool IsBanned(PeerKind kind, absl::string_view name) const = 0;
  // Somebody who has logged in.
  struct Login {
    std::vector<std::string> groups;
    uint32_t lowest_generation = 0;  // of keys that count
  };
  // False if nobody of that name has.
  virtual bool FindLogin(absl::string_view name, Login* login) const = 0;
};

}  // namespace orch::auth
