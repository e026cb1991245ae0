// Fills one page of replies up to the limits of its query, in the same way for every store. Lives for one query; one
// thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "orch/v1/job.pb.h"
#include "services/hub/job_store/stored_job.h"

namespace orch::hub {

class PageFiller {
 public:
  // Both must outlive the filler.
  PageFiller(const ReplyQuery& query, ReplyPage* page) : query_(query), page_(page) {}
  bool Wants(v1::TaskState state) const;
  // False when the page is full; the reply is then the first one of the next page. `bytes`: the size of the reply.
  bool Add(uint64_t number, v1::Reply reply, size_t bytes);

 private:
  const ReplyQuery& query_;
  ReplyPage* const page_;
  size_t bytes_ = 0;
};

}  // namespace orch::hub
