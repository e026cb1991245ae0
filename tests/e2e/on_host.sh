#!/usr/bin/env bash
# Tries the installed programs as an administrator does; host.sh runs it as a service of the test host.
# Writes /out/report, and "passed" to /out/verdict when all checks passed.
exec >/out/report 2>&1
set -u
export PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
failures=0

check() {
  local name=$1 output code=0
  shift
  output=$("$@" 2>&1) || code=$?
  if [ "$code" -eq 0 ]; then
    echo "ok      $name"
  else
    failures=$((failures + 1))
    echo "FAILED  $name: $* (exit code $code)"
    printf '%s\n' "$output" | sed 's/^/        /'
  fi
}
finish() {
  if [ "$failures" -gt 0 ]; then
    journalctl -u orch-hub -u orch-nodeagent --no-pager -n 400
    tail -n 200 /var/log/orch-hub/hub.log 2>/dev/null
    echo "$failures checks failed"
  else
    echo "all checks passed"
    echo passed >/out/verdict
  fi
  exit
}
# Tries the command "${@:2}" until it succeeds, for at most $1 seconds.
await() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do [ "$SECONDS" -lt "$end" ] || { "$@"; return; }; sleep 0.1; done
}
main_pid() { systemctl show -P MainPID "$1"; }
answers() { orchctl ping | grep -q '^host1.example.net '; }
# Prints the value of the key $1 in the JSON answer of orchctl "${@:2}"; jq is not installed here.
value() { local key=$1; shift; orchctl "$@" --json | tr -d ' \n' | grep -o "\"$key\":[^,}]*" | head -n 1 | cut -d: -f2 | tr -d '"'; }
runs_once() { is "$(wc -l </run/slow/began)" 1; }
# Starts a client in the background, with a change that lasts until /run/slow/hold is gone.
begin_client() {
  rm -f /run/slow/code /run/slow/told
  { "$@" >/run/slow/told 2>&1; echo $? >/run/slow/code; } >/dev/null 2>&1 &
}
begin_change() {
  await 30 answers
  rm -f /run/slow/began
  touch /run/slow/hold
  begin_client "$@"
  await 20 test -s /run/slow/began
}
end_change() {
  rm /run/slow/hold
  await 60 test -s /run/slow/code
  cat /run/slow/told
  is "$(cat /run/slow/code)" 0 && grep -q '"yes"' /run/slow/told
}
is_inactive() { is "$(systemctl show -P ActiveState "$1")" inactive; }
kill_main() { kill -KILL "$(main_pid "$1")"; }
another_pid() { local now; now=$(main_pid "$1"); [ "$now" != 0 ] && [ "$now" != "$2" ]; }
is() { [ "$1" = "$2" ] || { echo "'$1' instead of '$2'"; return 1; }; }
refuses() { ! "$@"; }

check 'sysusers makes the user of the hub' systemd-sysusers
check 'tmpfiles makes the folders' systemd-tmpfiles --create orch.conf
check 'orch-hub init writes keys and configuration' \
  orch-hub init --dir /etc/orch --identity hub.example.net --listen 127.0.0.1:61613
check 'the samples that init writes name this host' ls -l /etc/orch/hub.yaml /etc/orch/agent.yaml /etc/orch/client.yaml
sed -i '/^#* *identity:/d' /etc/orch/agent.yaml
echo 'identity: host1.example.net' >>/etc/orch/agent.yaml
orch-hub key node host1.example.net >/etc/orch/agent.credentials
# Here the hub ends more often per minute than the default pauses between connection attempts allow for.
printf '%s\n' 'plugins: {mcollective: [/opt/mco]}' 'reconnect: {max: 4s}' >>/etc/orch/agent.yaml
# The hub has a listener for the group that the users' file has made, and gets a log in a file.
printf '%s\n' 'log: {file: /var/log/orch-hub/hub.log}' 'audit: {journal: true}' >>/etc/orch/hub.yaml
useradd --groups orch-admin ann
# One plugin makes a slow change and counts its runs; another is an agent of MCollective, in Ruby.
mkdir -p /etc/orch/plugins.d /opt/mco/mcollective/agent /run/slow
cat >/etc/orch/plugins.d/slow <<'PROGRAM'
#!/bin/sh
case "$CHORIA_EXTERNAL_PROTOCOL" in *activation*) echo '{"activate": true}' >"$CHORIA_EXTERNAL_REPLY"; exit 0 ;; esac
echo $$ >>/run/slow/began
while [ -e /run/slow/hold ]; do sleep 0.05; done
echo '{"statuscode": 0, "statusmsg": "OK", "data": {"done": "yes"}}' >"$CHORIA_EXTERNAL_REPLY"
PROGRAM
chmod 755 /etc/orch/plugins.d/slow
cat >/etc/orch/plugins.d/slow.json <<'DDL'
{"metadata": {"name": "slow", "description": "Slow", "author": "A", "license": "L", "version": "1.0.0",
              "url": "http://example.com", "timeout": 120, "provider": "external"},
 "actions": [{"action": "go", "description": "Goes", "display": "always", "input": {},
              "output": {"done": {"description": "Whether", "display_as": "Done", "type": "string"}}}]}
DDL
cat >/opt/mco/mcollective/agent/echoer.ddl <<'DDL'
metadata :name => "echoer", :description => "Echoes", :author => "A", :license => "L", :version => "1.0",
         :url => "http://example.com", :timeout => 20
action "echo", :description => "Echoes" do
  output :said, :description => "What", :display_as => "Said"
end
DDL
cat >/opt/mco/mcollective/agent/echoer.rb <<'RUBY'
module MCollective
  module Agent
    class Echoer < RPC::Agent
      action("echo") { reply[:said] = "by ruby #{RUBY_VERSION.to_i}" }
    end
  end
end
RUBY
check 'at boot the credentials stay whose they are' bash -c \
  'systemd-tmpfiles --create orch.conf && [ "$(stat -c %U /etc/orch/credentials)" = root ]'
check 'init does not overwrite' refuses orch-hub init --dir /etc/orch --identity other --listen 127.0.0.1:1
systemctl daemon-reload
check 'the units are sound' systemd-analyze verify --man=no orch-hub.service orch-nodeagent.service
check 'the hub starts and says when it is ready' systemctl start orch-hub
check 'the agent starts and says when it is ready' systemctl start orch-nodeagent
check 'the hub runs as its own user' is "$(ps -o user= -p "$(main_pid orch-hub)" 2>/dev/null || stat -c %U "/proc/$(main_pid orch-hub)")" orch
check 'the key belongs to the hub alone' is "$(stat -c '%U %a' /etc/orch/credentials)" 'orch 600'
check 'and so do its other keys, but not those of the agent and the administrator' is \
  "$(cd /etc/orch && stat -c '%U %a' tls/ca.key tls/hub.key agent.credentials client.credentials | tr '\n' ' ')" \
  'orch 600 orch 600 root 600 root 600 '
check 'root issues a certificate by the key of the hub' bash -c \
  'orch-hub key client deploy --pem | grep -q "BEGIN CERTIFICATE"'
check 'a member of local.group asks over the unix socket, without a key' bash -c \
  'runuser -u ann -- orchctl -c /dev/null --hub unix:/run/orch/hub.sock hub status | grep -q user=ann'
check 'audit records reach the journal' await 10 bash -c \
  'journalctl -t orch-hub-audit --no-pager -o cat | grep -q "\"event\":\"hub.start\""'
check 'the account of administration needs nothing' bash -c \
  'cd / && runuser -u peadmin -- env HOME=/var/lib/peadmin orchctl whoami | grep -q admin'
check 'others may not' refuses runuser -u nobody -- orchctl -c /dev/null --hub unix:/run/orch/hub.sock hub status
check 'the log is the own user'"'"'s alone' is "$(stat -c '%U %a' /var/log/orch-hub/hub.log)" 'orch 600'
check 'the hub is confined' is "$(systemctl show -P ProtectSystem orch-hub) $(systemctl show -P NoNewPrivileges orch-hub)" 'strict yes'
check 'the hub has no capability' is "$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$(main_pid orch-hub)/status")" 0000000000000000
check 'the node attaches' await 20 answers

check 'the state folders are there, for their owners alone' is \
  "$(stat -c '%U %a' /var/lib/orch-hub) $(stat -c '%U %a' /var/lib/orch-agent)" 'orch 700 root 700'
check 'the store and the journal are in them' ls /var/lib/orch-hub/jobs.db /var/lib/orch-agent/journal
check 'the program of tasks is installed' test -x /usr/local/bin/orch-taskrunner
check 'and so are the Ruby scripts' test -r /usr/local/lib/orch/ruby/worker_loop.rb
check 'an agent of MCollective is run by them' is "$(value said invoke echoer echo --yes)" 'byruby3'

before=$(main_pid cron)
check 'service restart answers' orchctl service cron restart --yes
check 'service restart gave cron a new process' refuses is "$(main_pid cron)" "$before"
check 'service status agrees with systemd' is "$(value status service cron status)" running
check 'service stop answers' orchctl service cron stop --yes
check 'systemd says it is stopped' is "$(systemctl is-active cron)" inactive
check 'service status agrees' is "$(value status service cron status)" stopped
check 'service start answers' orchctl service cron start --yes
check 'systemd says it runs' is "$(systemctl is-active cron)" active
check 'starting what runs changes nothing' is "$(value changed service cron start --yes)" false
check 'a service nobody has is a failure' refuses orchctl service no-such-service restart --yes

check 'package status agrees with dpkg' bash -c \
  "orchctl package base-files status | grep -qF '$(dpkg-query -W -f '${Version}' base-files)'"
check 'package checkupdates runs apt' orchctl invoke package checkupdates
check 'a package is removed as root, from inside the unit' orchctl package cron purge --yes
check 'dpkg says it is gone' refuses dpkg-query -s cron

# A job continues, whatever is restarted meanwhile.
before=$(main_pid orch-nodeagent)
check 'a change begins' begin_change orchctl invoke slow go --yes --json
check 'the agent is restarted in the middle of it' systemctl restart orch-nodeagent
check 'it is another one' another_pid orch-nodeagent "$before"
check 'the change outlives it' kill -0 "$(cat /run/slow/began)"
check 'and its outcome is delivered' end_change
check 'it ran once' runs_once

before=$(main_pid orch-nodeagent)
check 'another change begins' begin_change orchctl invoke slow go --yes --json
check 'the agent is killed in the middle of it' kill_main orch-nodeagent
check 'systemd starts it again' await 20 another_pid orch-nodeagent "$before"
check 'the change outlives that too' kill -0 "$(cat /run/slow/began)"
check 'and its outcome is delivered' end_change
check 'it ran once' runs_once

for how in 'systemctl restart' kill_main; do
  before=$(main_pid orch-hub)
  check "a change begins before: $how orch-hub" begin_change orchctl invoke slow go --yes --json
  # shellcheck disable=SC2086  # `how` is a command with its arguments
  check "$how orch-hub" $how orch-hub
  check 'the hub is there again' await 20 another_pid orch-hub "$before"
  check 'the node comes back by itself' await 30 answers
  check 'the client goes on, and every target has its outcome' end_change
    check 'it ran once' runs_once
done

check 'a change begins that nobody waits for' begin_change orchctl invoke slow go --yes --async
await 20 test -s /run/slow/code
job=$(cat /run/slow/told)
begin_client orchctl job watch "$job" --jsonl
check 'it can be watched' await 20 test -s /run/slow/told
check 'the hub is killed while it is watched' kill_main orch-hub
check 'orchctl job watch goes on to the end' end_change
check 'it ran once' runs_once
check 'the hub knows the end' is "$(value state job show "$job")" finished

agent=$(main_pid orch-nodeagent)
check 'the hub reloads' systemctl reload orch-hub
check 'the agent reloads' systemctl reload orch-nodeagent
check 'and both go on' await 10 answers
check 'the hub restarts' systemctl restart orch-hub
check 'the node comes back by itself' await 30 answers
check 'it is the same agent' is "$(main_pid orch-nodeagent)" "$agent"
systemctl kill -s KILL orch-nodeagent
check 'a killed agent is started again and comes back' await 30 answers
# This is more often than the default start limit of systemd allows.
for _ in 1 2 3 4 5 6; do
  before=$(main_pid orch-nodeagent)
  kill_main orch-nodeagent
  await 20 another_pid orch-nodeagent "$before"
done
check 'however often' await 30 answers
check 'told to end, it answers' orchctl controller exit --yes
check 'and stays down' await 20 is_inactive orch-nodeagent
sleep 4
check 'longer than a restart takes' is "$(systemctl show -P ActiveState orch-nodeagent) $(systemctl show -P Result orch-nodeagent)" 'inactive success'
check 'no process of any of these agents is left' await 20 refuses grep -lxE 'ruby|orch-.*agent|orch-taskrunner|slow' /proc/[0-9]*/comm
check 'until somebody starts it' systemctl start orch-nodeagent
check 'and it is back' await 30 answers
check 'both stop in time' systemctl stop orch-nodeagent orch-hub
check 'and cleanly' is "$(systemctl show -P Result orch-hub) $(systemctl show -P Result orch-nodeagent)" 'success success'
finish
