// What the hub says of nodes, whatever they say themselves: their labels, and which collectives they are in. The
// registry asks it. Implemented by Standings (services/hub/labels), and by fakes in tests. All calls on the hub's loop.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "auth/labels.h"

namespace orch::hub {

class NodeStandings {
 public:
  virtual ~NodeStandings() = default;

  // Empty: none. The reference lives until the labels of the node change.
  virtual const auth::Labels& LabelsOf(absl::string_view identity) const = 0;

  struct Collectives {
    std::vector<std::string> members;  // those in which the node is
    std::vector<std::string> claimed;  // those that the node names and the hub does not grant
  };
  // `named`: the collectives that the node names.
  virtual Collectives CollectivesOf(absl::string_view identity, const std::vector<std::string>& named) const = 0;

  // The handshake of the node's new stream has proved a certificate with these labels; none when it proved a key.
  virtual void OnProved(absl::string_view identity, const auth::Labels& certificate) = 0;
  // The node was forgotten.
  virtual void Forget(absl::string_view identity) = 0;
};

}  // namespace orch::hub
