// A node's package managers for tests: scripts in a folder.
#pragma once

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/actions/core/fake_node.h"

namespace orch::actions {

// A node whose package managers are scripts in a folder of its own.
class PackagePluginTest : public ActionTest {
 protected:
  void SetUp() override {
    std::string name = absl::StrCat(::testing::TempDir(), "/orch_package_XXXXXX");
    folder_ = mkdtemp(name.data());
    options_.settings["package.path"] = folder_;
    options_.settings["package.root"] = folder_;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // A script in which $S is the folder, and every call is noted.
  void Program(const std::string& name, const std::string& script) {
    const std::string path = absl::StrCat(folder_, "/", name);
    std::ofstream(path) << "#!/bin/sh\nS=" << folder_ << "\necho \"" << name << " $*\" >> $S/calls\n" << script << "\n";
    chmod(path.c_str(), 0755);
  }
  std::string Calls() {
    std::ifstream file(absl::StrCat(folder_, "/calls"));
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  // Installed versions are files: $S/installed.NAME holds the version.
  void Apt() {
    Program("dpkg-query", R"(for name; do :; done
case "$*" in *--*) ;; *) printf 'ii a 1.0 amd64\nrc b 1 amd64\nii c 2.0 all\nhi d 1 all\n'; exit 0;; esac
[ -f $S/installed.$name ] && { read v < $S/installed.$name; printf 'ii \t%s\tamd64\t%s\n' "$v" $name; exit 0; }
[ -f $S/config.$name ] && { printf 'rc \t1.0\tamd64\t%s\n' $name; exit 0; }
echo "no packages found matching $name" >&2; exit 1)");
    Program("apt-cache", R"(for name; do :; done
case $1 in madison) echo "  $name |  2.0-1 | http://deb.example.com bookworm/main amd64 Packages";;
  policy) case $name in unknown) ;;
    g+) printf 'gcc:\n  Installed: (none)\n  Candidate: 12\n  Version table:\n     12 500\n';;
    *) printf '%s:\n  Installed: (none)\n  Candidate: 2.0-1\n  Version table:\n' ${name%%:*}
       for v in 2.0-1 1.5-1 1.0+ 1.0-1; do printf '     %s 500\n        500 http://deb.example.com Packages\n' $v; done;;
    esac;; esac)");
    Program("apt-get", R"(for name; do :; done
[ "$DEBIAN_FRONTEND" = noninteractive ] || exit 9
case "$*" in
  *--simulate*) echo 'Inst vim [9.0-1] (9.1-1 Debian:12/stable [amd64])'; exit 0;;
  *update) echo 'Reading package lists...'; exit 0;;
  *'install --'*|*'downgrades --'*|*'upgrade --'*)
    [ $name = broken ] && { echo 'E: Unable to correct problems, you have held broken packages.' >&2; exit 100; }
    [ $name = locked ] && { echo 'E: Could not get lock /x. It is held by process 42 (apt)' >&2; exit 100; }
    case $name in *=*) echo ${name#*=} > $S/installed.${name%%=*};; *) echo 2.0-1 > $S/installed.$name;; esac;;
  *'remove --'*) /bin/mv $S/installed.$name $S/config.$name;;
  *'purge --'*) /bin/rm -f $S/installed.$name $S/config.$name;;
esac
echo "did: $*")");
  }
  Reply Package(const std::string& action, const std::string& package) {
    return Run("package", action, {{"package", package}});
  }

  std::string folder_;
};

}  // namespace orch::actions
