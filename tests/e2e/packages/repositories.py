"""Package managers with a root folder of their own: real apt, dnf and zypper over local repositories.

Nothing of the machine changes: programs named apt-get, apt-cache, dpkg-query, dnf, zypper and rpm in a folder
of the test's call the real ones for another root. That folder goes into plugin.package.path.
"""
import os
import shutil
import subprocess

SPEC = """Name: {name}
Version: {version}
Release: {release}
{epoch}Summary: Made for a test
License: none
BuildArch: noarch
{requires}
%description
Made for a test.
%install
mkdir -p %{{buildroot}}/usr/share/{name} %{{buildroot}}/etc
echo {version} > %{{buildroot}}/usr/share/{name}/{version}
echo setting > %{{buildroot}}/etc/{name}.conf
%files
/usr/share/{name}/{version}
%config(noreplace) /etc/{name}.conf
"""


def run(*words, **options):
    options.setdefault("input", "")
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=120, **options)
    assert done.returncode == 0, f"{words}\n{done.stdout}"
    return done.stdout


class Root:
    """A root folder, and the programs that work on it."""

    def __init__(self, folder):
        self.root = folder / "root"
        self.repository = folder / "repository"
        self.bin = folder / "bin"
        for made in (self.root, self.repository, self.bin):
            made.mkdir(parents=True)

    def wrap(self, program, options, environment=""):
        path = self.bin / program
        path.write_text(f"#!/bin/sh\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\nexport PATH\n{environment}"
                        f"exec {shutil.which(program)} {options} \"$@\"\n")
        path.chmod(0o755)

    def settings(self):
        """Lines of the plugin package for agent.yaml."""
        return f"{{path: {self.bin}, root: {self.root}}}"


class Apt(Root):
    def __init__(self, folder):
        super().__init__(folder)
        for made in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial",
                     "etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/trusted.gpg.d", "var/log/apt"):
            (self.root / made).mkdir(parents=True)
        (self.root / "var/lib/dpkg/status").write_text("")
        (self.root / "var/lib/dpkg/available").write_text("")
        (self.root / "etc/apt/sources.list").write_text(f"deb [trusted=yes] file:{self.repository} ./\n")
        config = folder / "apt.conf"
        config.write_text(f'Dir "{self.root}/";\nDir::State::status "{self.root}/var/lib/dpkg/status";\n'
                          f'DPkg::Options {{ "--root={self.root}"; "--force-script-chrootless"; }};\n'
                          'APT::Sandbox::User "root";\nAcquire::Languages "none";\nAPT::Architecture "amd64";\n'
                          'APT::Architectures { "amd64"; };\n')
        environment = f"APT_CONFIG={config}\nexport APT_CONFIG\n"
        self.wrap("apt-get", "", environment)
        self.wrap("apt-cache", "", environment)
        self.wrap("dpkg-query", f"--admindir={self.root}/var/lib/dpkg")

    def hold(self, name, state="hold"):
        run("dpkg", f"--admindir={self.root}/var/lib/dpkg", "--set-selections", input=f"{name} {state}\n")

    def unhold(self, name):
        self.hold(name, "install")

    def add(self, name, version, depends=""):
        """A package in the repository; nodes see it after a refresh."""
        tree = self.repository / "tree"
        for made in ("DEBIAN", f"usr/share/{name}", "etc"):
            (tree / made).mkdir(parents=True)
        (tree / "DEBIAN/control").write_text(
            f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: Test <test@example.com>\n"
            + (f"Depends: {depends}\n" if depends else "") + "Description: made for a test\n")
        (tree / "DEBIAN/conffiles").write_text(f"/etc/{name}.conf\n")
        (tree / f"usr/share/{name}/version").write_text(version + "\n")
        (tree / f"etc/{name}.conf").write_text("setting\n")
        run("dpkg-deb", "--root-owner-group", "--build", tree, self.repository / f"{name}_{version.replace(':', '_')}_all.deb")
        shutil.rmtree(tree)
        (self.repository / "Packages").write_text(run("apt-ftparchive", "packages", ".", cwd=self.repository))
        (self.repository / "Release").unlink(missing_ok=True)
        (self.repository / "Release").write_text(run("apt-ftparchive", "release", ".", cwd=self.repository))

    def full_version(self, version):
        return version


class Rpm(Root):
    """What package managers over rpm share: a repository of packages made here."""

    def __init__(self, folder):
        super().__init__(folder)
        self.build = folder / "build"
        self.wrap("rpm", f"--root={self.root}")

    def add(self, name, version, depends=""):
        epoch, _, rest = version.rpartition(":")
        upstream, _, release = rest.partition("-")
        spec = self.build / f"{name}.spec"
        self.build.mkdir(exist_ok=True)
        spec.write_text(SPEC.format(name=name, version=upstream, release=release, epoch=f"Epoch: {epoch}\n" if epoch else "",
                                    requires=f"Requires: {depends}\n" if depends else ""))
        run("rpmbuild", "-bb", "--define", f"_topdir {self.build}", "--define", f"_rpmdir {self.repository}", spec,
            env=dict(os.environ, HOME=str(self.build)))
        run("createrepo_c", "--update", "-q", self.repository)

    def full_version(self, version):
        return version.rpartition(":")[2]


class Dnf(Rpm):
    def __init__(self, folder):
        super().__init__(folder)
        for made in ("etc/yum.repos.d", "var/log", "var/cache/dnf"):
            (self.root / made).mkdir(parents=True)
        (self.root / "etc/yum.repos.d/test.repo").write_text(
            f"[test]\nname=test\nbaseurl=file://{self.repository}\nenabled=1\ngpgcheck=0\nmetadata_expire=0\n")
        (self.root / "etc/dnf.conf").write_text("[main]\ngpgcheck=0\nclean_requirements_on_remove=True\n"
                                                "installonlypkgs=orch-kernel\ninstallonly_limit=5\n")
        self.wrap("dnf", f"--config={self.root}/etc/dnf.conf --installroot={self.root} --releasever=1 --noplugins "
                         f"--setopt=reposdir={self.root}/etc/yum.repos.d")


class Zypper(Rpm):
    def __init__(self, folder):
        super().__init__(folder)
        self.wrap("zypper", f"--root={self.root} --no-gpg-checks")

    def add(self, name, version, depends=""):
        super().add(name, version, depends)
        if not (self.root / "etc/zypp/repos.d/test.repo").exists():
            run(self.bin / "zypper", "--non-interactive", "addrepo", "-G", f"file://{self.repository}", "test")
