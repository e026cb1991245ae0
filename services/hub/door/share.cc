#include "services/hub/door/share.h"

namespace orch::hub {

ShareLimits NodeShare() {
  ShareLimits limits;
  limits.connections = 2;  // the present connection, and its successor
  limits.calls = 2;
  limits.watches = 2;
  limits.calls_per_second = 2;
  limits.call_burst = 20;
  limits.bytes_per_second = 4e6;
  limits.byte_burst = 32e6;
  return limits;
}

ShareLimits ClientShare() { return ShareLimits(); }

ShareLimits LoginShare() {
  ShareLimits limits;
  limits.connections = limits.calls = limits.watches = 128;
  limits.calls_per_second = 10;
  limits.call_burst = 128;
  limits.bytes_per_second = 1e6;
  limits.byte_burst = 8e6;
  return limits;
}

Share::Share(ShareLimits limits)
    : limits_(limits),
      call_rate_(limits.calls_per_second, limits.call_burst),
      bytes_(limits.bytes_per_second, limits.byte_burst) {}

}  // namespace orch::hub
