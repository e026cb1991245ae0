#include "services/hub/job_store/page_filler.h"

#include <algorithm>
#include <utility>

namespace orch::hub {

bool PageFiller::Wants(v1::TaskState state) const {
  return query_.states.empty() || std::find(query_.states.begin(), query_.states.end(), state) != query_.states.end();
}

bool PageFiller::Add(uint64_t number, v1::Reply reply, size_t bytes) {
  const bool first = page_->replies.empty();
  if (!first && (page_->replies.size() >= query_.limit || bytes_ + bytes > query_.bytes)) {
    page_->next = number;
    return false;
  }
  bytes_ += bytes;
  page_->replies.push_back({number, std::move(reply)});
  return true;
}

}  // namespace orch::hub
