#include "cli/commands/examples.h"

#include <functional>
#include <map>

#include "absl/strings/str_cat.h"

namespace orch::cli {

std::vector<std::string> ExamplesOf(absl::string_view command) {
  static const auto* const examples = new std::map<std::string, std::vector<std::string>, std::less<>>{
      {"", {"orchctl ping", "orchctl package openssl update -C role::web --canary 1", "orchctl help package"}},
      {"completion",
       {"source <(orchctl completion bash)", "orchctl completion zsh > ~/.zfunc/_orchctl",
        "orchctl completion fish > ~/.config/fish/completions/orchctl.fish"}},
      {"controller",
       {"orchctl controller stats --sort", "orchctl controller reload_agent package -W osfamily=Debian",
        "orchctl controller exit -I web01.example.com --yes"}},
      {"describe-filter",
       {R"(orchctl describe-filter -S "(osfamily=Debian or role=db) and not nginx")",
        "orchctl describe-filter -C role::web --node web01.example.com"}},
      {"events", {"orchctl events --jobs", "orchctl events --follow -j"}},
      {"facts",
       {"orchctl facts osfamily", "orchctl facts os.release.major -C role::web -n", "orchctl facts virtual -j"}},
      {"find",
       {R"(orchctl find -W "role::web osfamily=Debian")", "orchctl find -I 'web[01-20].example.com'",
        R"(orchctl find -S "fstat('/etc/motd').present=true")"}},
      {"help", {"orchctl help ping", "orchctl help rpcutil get_fact"}},
      {"hub", {"orchctl hub status", "orchctl hub status -j"}},
      {"inventory",
       {"orchctl inventory web01.example.com", "orchctl inventory --list-collectives",
        "orchctl inventory --collective-graph graph.dot"}},
      {"invoke",
       {"orchctl invoke rpcutil get_fact fact=osfamily", "orchctl invoke shell run command=uptime -C role::web --live",
        "orchctl invoke filemgr touch file=/tmp/x -I web01.example.com --dry-run"}},
      {"job", {"orchctl job list --since 1h", "orchctl job watch @last", "orchctl job retry-failed @last"}},
      {"job list", {"orchctl job list --state running", "orchctl job list --plugin package --since 2h -n 10"}},
      {"job show", {"orchctl job show @last", "orchctl job show 3f2a77c1 -j"}},
      {"job watch", {"orchctl job watch @last", "orchctl job watch 3f2a77c1 --jsonl"}},
      {"job replies",
       {"orchctl job replies @last --failed", "orchctl job replies 3f2a77c1 --senders=missing",
        "orchctl job replies 3f2a77c1 --state failed,timed_out --table"}},
      {"job cancel", {"orchctl job cancel @last", "orchctl job cancel 3f2a77c1 91c0d2aa --reason 'wrong day'"}},
      {"job pause", {"orchctl job pause @last", "orchctl job pause 3f2a77c1 --reason 'lunch'"}},
      {"job resume", {"orchctl job resume @last", "orchctl job resume 3f2a77c1"}},
      {"job retry-failed",
       {"orchctl job retry-failed @last", "orchctl job retry-failed 3f2a77c1 --state offline,expired",
        "orchctl job retry-failed 3f2a77c1 password=@secret.txt --dry-run"}},
      {"job prune", {"orchctl job prune --finished-before 30d --dry-run", "orchctl job prune --keep 1000"}},
      {"job locks", {"orchctl job locks", "orchctl job locks -j"}},
      {"node", {"orchctl node list --disconnected", "orchctl node show web01.example.com"}},
      {"node list", {"orchctl node list --disconnected", "orchctl node list -F osfamily=Debian -j"}},
      {"node show", {"orchctl node show web01.example.com", "orchctl node show web01.example.com -j"}},
      {"node forget",
       {"orchctl node forget web01.example.com", "orchctl node forget web01.example.com web02.example.com -j"}},
      {"package",
       {"orchctl package status openssl --sort", "orchctl package vim,curl install -C role::web --yes",
        "orchctl package openssl update --canary 1 --concurrency 10%"}},
      {"ping", {"orchctl ping", "orchctl ping -C role::web --graph", "orchctl ping --expect 20"}},
      {"plugin", {"orchctl plugin list", "orchctl plugin doc package"}},
      {"plugin list", {"orchctl plugin list", "orchctl plugin list -j"}},
      {"plugin doc", {"orchctl plugin doc package", "orchctl plugin doc data/fstat", "orchctl plugin doc service -j"}},
      {"plugin generate",
       {"orchctl plugin generate agent hello --actions greet",
        "orchctl plugin generate agent hello --actions greet,leave --language python -o plugins"}},
      {"plugin validate", {"orchctl plugin validate hello.json", "orchctl plugin validate /etc/orch/plugins.d -j"}},
      {"puppet",
       {"orchctl puppet status", "orchctl puppet runall 5 -C role::web",
        "orchctl puppet runonce --noop -I web01.example.com"}},
      {"puppetd", {"orchctl puppetd status", "orchctl puppetd runall 2"}},
      {"service", {"orchctl service nginx status", "orchctl service nginx restart -C role::web --batch 2"}},
      {"version", {"orchctl version", "orchctl --version"}}};
  const auto found = examples->find(command);
  return found == examples->end() ? std::vector<std::string>() : found->second;
}

std::string ExamplesText(const std::vector<std::string>& examples) {
  if (examples.empty()) return "";
  std::string text = "\nExamples\n";
  for (const std::string& example : examples) absl::StrAppend(&text, "    ", example, "\n");
  return text;
}

}  // namespace orch::cli
