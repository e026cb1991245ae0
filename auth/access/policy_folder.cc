#include "auth/access/policy_folder.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/durable_file.h"
#include "base/file_stamp.h"
#include "base/foreign_text.h"
#include "base/status_macros.h"
#include "base/trusted_file.h"

namespace orch::auth {
namespace {

constexpr absl::string_view kPolicySuffix = ".policy";
constexpr absl::string_view kGroupsFile = "groups";
constexpr absl::string_view kDefaultPlugin = "default";

// The names of policy files and groups in the folder, sorted. A folder that is not there has none.
absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::string name = at->path().filename().string();
    if (absl::StartsWith(name, ".") || (name != kGroupsFile && !absl::EndsWith(name, kPolicySuffix))) continue;
    names.push_back(std::move(name));
    if (names.size() > kMaxPolicyFiles) {
      return absl::ResourceExhaustedError(absl::StrCat("it holds more than ", kMaxPolicyFiles, " policy files"));
    }
  }
  if (error && error.value() != ENOENT) {
    return absl::UnavailableError(absl::StrCat("it cannot be read: ", error.message()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string StampOf(const std::string& folder) {
  if (folder.empty()) return "";
  std::string stamp = FileStamp(folder);
  const absl::StatusOr<std::vector<std::string>> names = ListFolder(folder);
  if (!names.ok()) return absl::StrCat(stamp, " ", names.status().message());
  for (const std::string& name : *names)
    absl::StrAppend(&stamp, "\n", name, " ", FileStamp(absl::StrCat(folder, "/", name)));
  return stamp;
}

}  // namespace

// Reads one folder into a PolicySet.
class PolicyFolderReader {
 public:
  explicit PolicyFolderReader(const PolicyFolder::Options& options) : options_(options) {}

  std::shared_ptr<const PolicySet> Read() {
    set_->folder_ = options_.folder;
    set_->allow_unconfigured_ = options_.allow_unconfigured || options_.folder.empty();
    if (options_.folder.empty()) return set_;
    const absl::StatusOr<std::vector<std::string>> names = ListFolder(options_.folder);
    if (!names.ok()) {
      set_->unreadable_ = std::string(names.status().message());
      set_->problems_.push_back(
          {options_.folder, absl::StrCat("the folder of policies denies everything: ", set_->unreadable_), true});
      return set_;
    }
    ReadGroups(*names);
    for (const std::string& name : *names) {
      if (name != kGroupsFile) ReadPolicy(name);
    }
    return set_;
  }

 private:
  absl::StatusOr<std::string> Load(const std::string& path) {
    struct stat found;
    if (stat(path.c_str(), &found) != 0) return ErrnoStatus(errno, absl::StrCat("cannot find ", path));
    if (!S_ISREG(found.st_mode)) return absl::FailedPreconditionError(absl::StrCat(path, " is no regular file"));
    if (options_.check_owners) {
      if ((found.st_mode & S_IWOTH) != 0) {
        return absl::PermissionDeniedError(absl::StrCat("every user may write it; run: chmod o-w ", path));
      }
      ORCH_RETURN_IF_ERROR(CheckOnlyWeWrite(path, "policy file", FolderWriters::kGroup));
    }
    ORCH_ASSIGN_OR_RETURN(std::string text, ReadFile(path, kMaxPolicyFileBytes));
    bytes_ += text.size();
    if (bytes_ <= kMaxPolicyFolderBytes) return text;
    return absl::ResourceExhaustedError(
        absl::StrCat("the policy files together hold more than the ", kMaxPolicyFolderBytes, " bytes accepted"));
  }

  void Refuse(const std::string& path, const absl::Status& why) {
    set_->problems_.push_back({path, absl::StrCat("the file denies everything: ", why.message()), true});
  }

  void ReadGroups(const std::vector<std::string>& names) {
    if (!std::binary_search(names.begin(), names.end(), kGroupsFile)) return;
    const std::string path = absl::StrCat(options_.folder, "/", kGroupsFile);
    set_->files_.push_back(path);
    const absl::StatusOr<std::string> text = Load(path);
    if (!text.ok()) Refuse(path, text.status());
    groups_ = text.ok() ? PolicyGroups::Parse(*text, path, &set_->problems_) : PolicyGroups::Unreadable(path);
  }

  void ReadPolicy(const std::string& name) {
    const std::string plugin(absl::StripSuffix(name, kPolicySuffix));
    if (plugin == kDefaultPlugin && !options_.use_default) return;
    const std::string path = absl::StrCat(options_.folder, "/", name);
    set_->files_.push_back(path);
    const absl::StatusOr<std::string> text = Load(path);
    if (!text.ok()) Refuse(path, text.status());
    ActionPolicy policy = text.ok() ? ActionPolicy::Parse(*text, path, groups_, &set_->problems_)
                                    : ActionPolicy::Unreadable(path, std::string(text.status().message()));
    if (plugin == kDefaultPlugin) {
      set_->default_ = std::make_unique<ActionPolicy>(std::move(policy));
    } else {
      set_->policies_.emplace(plugin, std::move(policy));
    }
  }

  const PolicyFolder::Options options_;
  const std::shared_ptr<PolicySet> set_ = std::make_shared<PolicySet>();
  PolicyGroups groups_;
  size_t bytes_ = 0;
};

const ActionPolicy* PolicySet::FileOf(absl::string_view plugin) const {
  const auto found = policies_.find(plugin);
  return found != policies_.end() ? &found->second : default_.get();
}

PolicyDecision PolicySet::WithoutFile(absl::string_view plugin) const {
  if (!unreadable_.empty())
    return {false, folder_, absl::StrCat("the folder of policies denies everything: ", unreadable_)};
  if (allow_unconfigured_) return {true, "", ""};
  return {false, absl::StrCat(folder_, "/", plugin, kPolicySuffix), "there is no policy file for this plugin"};
}

PolicyDecision PolicySet::Evaluate(const Caller& caller, absl::string_view plugin, absl::string_view action,
                                   const filter::NodeView& node, filter::DataFunctions* functions) const {
  const ActionPolicy* const file = unreadable_.empty() ? FileOf(plugin) : nullptr;
  return file == nullptr ? WithoutFile(plugin) : file->Evaluate(caller, action, node, functions);
}

std::vector<PolicyLine> PolicySet::LinesFor(const Caller& caller, absl::string_view plugin,
                                            absl::string_view action) const {
  const ActionPolicy* const file = unreadable_.empty() ? FileOf(plugin) : nullptr;
  if (file != nullptr) return file->LinesFor(caller, action);
  return {{WithoutFile(plugin), {}, {}}};
}

bool PolicySet::HasDataFunctions(absl::string_view plugin) const {
  const ActionPolicy* file = FileOf(plugin);
  return file != nullptr && file->has_data_functions();
}

PolicyFolder::PolicyFolder(Options options) { SetOptions(std::move(options)); }

std::shared_ptr<const PolicySet> PolicyFolder::current() const {
  MutexLock lock(&mu_);
  return current_;
}

void PolicyFolder::SetOptions(Options options) {
  std::string stamp = StampOf(options.folder);
  std::shared_ptr<const PolicySet> set = PolicyFolderReader(options).Read();
  MutexLock lock(&mu_);
  options_ = std::move(options);
  stamp_ = std::move(stamp);
  current_ = std::move(set);
}

bool PolicyFolder::ReloadIfChanged() {
  Options options;
  std::string before;
  {
    MutexLock lock(&mu_);
    options = options_;
    before = stamp_;
  }
  // Taken before reading, so that the next look sees a write in between.
  std::string stamp = StampOf(options.folder);
  if (stamp == before) return false;
  std::shared_ptr<const PolicySet> set = PolicyFolderReader(options).Read();
  MutexLock lock(&mu_);
  if (stamp_ != before) return true;  // another thread was quicker; the next look finds what it missed
  stamp_ = std::move(stamp);
  current_ = std::move(set);
  return true;
}

}  // namespace orch::auth
