// Tells a callback whether the object that made it still exists. The object owns a Lifetime, declared after the members
// that its callbacks use; each callback captures a Watch and asks it before it touches the object:
//
//   executor_->PostAfter(pause, [this, alive = lifetime_.watch()] {
//     if (!alive.ended()) Resend();
//   });
//
// The object must end on the thread that runs its callbacks: asking ended() elsewhere proves nothing about the next
// moment. Watches may be copied and destroyed on any thread.
#pragma once

#include <memory>

namespace orch {

class Lifetime {
 public:
  class Watch {
   public:
    bool ended() const { return token_.expired(); }

   private:
    friend class Lifetime;
    explicit Watch(const std::shared_ptr<const char>& token) : token_(token) {}

    std::weak_ptr<const char> token_;
  };

  Lifetime() = default;
  Lifetime(const Lifetime&) = delete;
  Lifetime& operator=(const Lifetime&) = delete;

  Watch watch() const { return Watch(token_); }
  // Ends it before the destructor does; further calls do nothing.
  void End() { token_ = nullptr; }

 private:
  std::shared_ptr<const char> token_ = std::make_shared<const char>();
};

}  // namespace orch
