"""A real puppetserver on loopback and the files of its agents, all below one temporary folder.

    with PuppetSite() as site:                   # about 30 s; its port and CA are its own
        config = site.add_agent("web1.example.net")   # path of a puppet.conf for `puppet --config`
        site.run_agent("web1.example.net")            # one real run, in the foreground

Nothing below /etc/puppet, /var/lib/puppet or /run is written. The server runs as the user puppet when
started by root, as its own unit has it, and with at most 1 GB of heap.
"""
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import time

SERVER_NAME = "puppetserver.example.net"
JAR = pathlib.Path("/usr/share/puppetserver/puppetserver.jar")
SYSTEM_CONF = pathlib.Path("/etc/puppet/puppetserver")
START_SECONDS = 240
PACKAGES = ("puppet-agent", "facter", "puppetserver")

# Every node gets a file and a message; its run goes on while a file says so, and fails when another does.
MANIFEST = """
$node = $trusted['certname']
file {{ "{managed}/${{node}}":
  ensure  => file,
  content => "managed for ${{node}}\\n",
}}
exec {{ 'dawdle':
  command => "/bin/sh -c 'while test -e {switches}/slow.${{node}}; do sleep 0.2; done'",
  onlyif  => "/usr/bin/test -e {switches}/slow.${{node}}",
}}
exec {{ 'break':
  command => '/bin/false',
  onlyif  => "/usr/bin/test -e {switches}/broken.${{node}}",
}}
notify {{ 'tagged': message => "greetings to ${{node}}", tag => 'greeting' }}
"""

PUPPETSERVER_CONF = """
jruby-puppet: {{
    ruby-load-path: [/usr/lib/puppetserver/ruby/vendor_ruby]
    gem-home: /var/lib/puppetserver/jruby-gems
    gem-path: [${{jruby-puppet.gem-home}}, "/usr/lib/puppetserver/vendored-jruby-gems"]
    server-conf-dir: {dir}/conf
    server-code-dir: {dir}/code
    server-var-dir: {dir}/var
    server-run-dir: {dir}/run
    server-log-dir: {dir}/log
    max-active-instances: 1
}}
profiler: {{ enabled: false }}
"""

SERVER_PUPPET_CONF = """
[main]
certname = {name}
dns_alt_names = {name},IP:127.0.0.1,puppet
ssldir = {dir}/ssl
cadir = {dir}/ca
vardir = {dir}/var
rundir = {dir}/run
logdir = {dir}/log
codedir = {dir}/code
deviceconfdir = {dir}/devices
autosign = true
keylength = 2048
reports = none
storeconfigs = false
"""

AGENT_PUPPET_CONF = """
[main]
certname = {name}
server = 127.0.0.1
serverport = {port}
ssldir = {dir}/ssl
vardir = {dir}/var
statedir = {dir}/var/state
publicdir = {dir}/var/public
rundir = {dir}/run
logdir = {dir}/log
codedir = {dir}/code
deviceconfdir = {dir}/devices
csr_attributes = {dir}/csr_attributes.yaml
keylength = 2048
"""


def missing_packages():
    """Debian packages this needs that are not installed."""
    programs = {"puppet-agent": "puppet", "facter": "facter"}
    missing = [package for package, program in programs.items() if shutil.which(program) is None]
    return missing + ([] if JAR.exists() and shutil.which("java") else ["puppetserver"])


def install_packages():
    """Installs what is missing, as root. Returns what could not be installed, as text; empty when all is there."""
    missing = missing_packages()
    if not missing:
        return ""
    if os.geteuid() != 0:
        return f"not installed, and only root may install: {' '.join(missing)}"
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for command in (["update"], ["install", "-y", "--no-install-recommends", *missing]):
        done = subprocess.run(["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", *command], env=environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            return f"apt-get {command[0]} failed:\n{done.stdout[-2000:]}"
    # Their services are not ours to run.
    for unit in ("puppet", "puppetserver"):
        subprocess.run(["systemctl", "disable", "--now", unit], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False) if shutil.which("systemctl") else None
    missing = missing_packages()
    return f"still missing after their installation: {' '.join(missing)}" if missing else ""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class PuppetSite:
    def __init__(self, heap_mb=768):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="orch-puppet."))
        self.dir.chmod(0o755)
        self.server, self.agents, self.switches = self.dir / "server", self.dir / "agents", self.dir / "switches"
        self.managed = self.dir / "MANAGED"  # in capitals: Puppet lists what it manages in lower case
        for folder in (self.agents, self.switches, self.managed):
            folder.mkdir()
        self.port = free_port()
        self.heap_mb = heap_mb
        self.process = None
        self._write_server()

    def __enter__(self):
        try:
            self.start()
            self.wait_ready()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def _write_server(self):
        for folder in ("conf", "code/environments/production/manifests", "code/environments/production/modules", "var",
                       "run", "log", "ssl", "ca", "conf.d", "services.d", "tmp"):
            (self.server / folder).mkdir(parents=True)
        for name in ("auth.conf", "ca.conf", "metrics.conf", "web-routes.conf"):
            shutil.copy(SYSTEM_CONF / "conf.d" / name, self.server / "conf.d" / name)
        for name in ("bootstrap.cfg", "ca.cfg"):
            shutil.copy(SYSTEM_CONF / "services.d" / name, self.server / "services.d" / name)
        write = lambda name, text: (self.server / name).write_text(text.strip() + "\n")
        write("logback.xml", """<configuration><appender name="STDOUT" class="ch.qos.logback.core.ConsoleAppender">
<encoder><pattern>%d %-5p [%c{2}] %m%n</pattern></encoder></appender>
<root level="info"><appender-ref ref="STDOUT"/></root></configuration>""")
        write("conf.d/global.conf", f"global: {{ logging-config: {self.server}/logback.xml }}")
        write("conf.d/webserver.conf",
              f"webserver: {{ client-auth: want, ssl-host: 127.0.0.1, ssl-port: {self.port} }}")
        write("conf.d/puppetserver.conf", PUPPETSERVER_CONF.format(dir=self.server))
        write("conf/puppet.conf", SERVER_PUPPET_CONF.format(name=SERVER_NAME, dir=self.server))
        write("conf/hiera.yaml", "version: 5")
        write("code/environments/production/environment.conf", "environment_timeout = 0")
        self.manifest = MANIFEST.format(managed=self.managed, switches=self.switches)
        self.set_manifest(self.manifest)
        if os.geteuid() == 0:
            account = pwd.getpwnam("puppet")
            for path in [self.server, *self.server.rglob("*")]:
                os.chown(path, account.pw_uid, account.pw_gid)

    def set_manifest(self, text):
        """What the server tells every agent from now on."""
        path = self.server / "code/environments/production/manifests/site.pp"
        path.write_text(text)
        path.chmod(0o644)

    def start(self):
        """Returns at once; wait_ready waits."""
        restart_file = self.server / "run/restart"
        restart_file.write_text("0")
        command = ["java", "-Xms256m", f"-Xmx{self.heap_mb}m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
                   "-Djruby.logger.class=com.puppetlabs.jruby_utils.jruby.Slf4jLogger",
                   "-Djruby.lib=/usr/share/jruby/lib", f"-Djava.io.tmpdir={self.server}/tmp", "-jar", str(JAR),
                   "--config", str(self.server / "conf.d"), "--bootstrap-config", str(self.server / "services.d"),
                   "--restart-file", str(restart_file)]
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self.server / "var")}
        identity = {}
        if os.geteuid() == 0:
            account = pwd.getpwnam("puppet")
            os.chown(restart_file, account.pw_uid, account.pw_gid)
            identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        with open(self.dir / "server.log", "w") as log:
            self.process = subprocess.Popen(command, env=environment, cwd=self.server, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True, umask=0o027, **identity)

    def wait_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while (self.server / "run/restart").read_text().strip()[:1] != "1":
            if self.process.poll() is not None:
                raise AssertionError(f"puppetserver ended with {self.process.returncode}:\n{self.server_log()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"puppetserver was not ready within {START_SECONDS} s:\n{self.server_log()}")
            time.sleep(0.1)

    def server_log(self):
        return (self.dir / "server.log").read_text(errors="replace")[-6000:]

    def close(self):
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
        shutil.rmtree(self.dir, ignore_errors=True)

    def agent_dir(self, name):
        return self.agents / name

    def agent_config(self, name):
        return self.agent_dir(name) / "puppet.conf"

    def add_agent(self, name):
        """The files of an agent that has never run; returns the path of its puppet.conf."""
        folder = self.agent_dir(name)
        for part in ("ssl", "var/state", "var/public", "run", "log", "code"):
            (folder / part).mkdir(parents=True)
        text = AGENT_PUPPET_CONF.format(name=name, port=self.port, dir=folder)
        self.agent_config(name).write_text(text.strip() + "\n")
        return self.agent_config(name)

    def run_agent(self, name, *arguments, timeout=180):
        """One run in the foreground; returns its exit code (0 nothing to do, 2 changes) and output."""
        done = subprocess.run(["puppet", "agent", "--config", str(self.agent_config(name)), "--onetime",
                               "--no-daemonize", "--verbose", "--color=false", "--detailed-exitcodes",
                               "--waitforcert", "0", *arguments], text=True, timeout=timeout,
                              env=dict(os.environ, LC_ALL="C.UTF-8"), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def state_file(self, name, file):
        return self.agent_dir(name) / "var" / file

    def switch(self, kind, name, on):
        """`slow`: runs of this node do not end while it is on. `broken`: they fail."""
        path = self.switches / f"{kind}.{name}"
        if on:
            path.touch()
        else:
            path.unlink(missing_ok=True)
