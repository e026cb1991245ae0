#!/usr/bin/env bash
# Run by host.sh as a service of the test host: tries the installed programs as an administrator does.
# Writes /out/report, and "passed" to /out/verdict when every check held.
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
    journalctl -u orch-hub -u orch-nodeagent --no-pager -n 60
    echo "$failures checks failed"
  else
    echo "all checks passed"
    echo passed >/out/verdict
  fi
  exit
}
# Looks again until it is so, at most $1 seconds.
await() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do [ "$SECONDS" -lt "$end" ] || { "$@"; return; }; sleep 0.1; done
}
main_pid() { systemctl show -P MainPID "$1"; }
answers() { orchctl ping | grep -q '^host1.example.net '; }
# Words of an orchctl call, and a jq-free look at one value of its JSON.
value() { local key=$1; shift; orchctl "$@" --json | tr -d ' \n' | grep -o "\"$key\":[^,}]*" | head -n 1 | cut -d: -f2 | tr -d '"'; }
is() { [ "$1" = "$2" ] || { echo "'$1' instead of '$2'"; return 1; }; }
refuses() { ! "$@"; }

check 'sysusers makes the user of the hub' systemd-sysusers
check 'tmpfiles makes the folders' systemd-tmpfiles --create orch.conf
check 'orch-hub init writes keys and configuration' \
  orch-hub init --dir /etc/orch --identity hub.example.net --listen 127.0.0.1:61613
check 'the samples that init writes name this host' ls -l /etc/orch/hub.yaml /etc/orch/agent.yaml /etc/orch/client.yaml
sed -i '/^#* *identity:/d' /etc/orch/agent.yaml
echo 'identity: host1.example.net' >>/etc/orch/agent.yaml
check 'init does not overwrite' refuses orch-hub init --dir /etc/orch --identity other --listen 127.0.0.1:1
systemctl daemon-reload
check 'the units are sound' systemd-analyze verify --man=no orch-hub.service orch-nodeagent.service
check 'the hub starts and says when it is ready' systemctl start orch-hub
check 'the agent starts and says when it is ready' systemctl start orch-nodeagent
check 'the hub runs as its own user' is "$(ps -o user= -p "$(main_pid orch-hub)" 2>/dev/null || stat -c %U "/proc/$(main_pid orch-hub)")" orch
check 'the key belongs to the hub alone' is "$(stat -c '%U %a' /etc/orch/credentials)" 'orch 600'
check 'the hub is confined' is "$(systemctl show -P ProtectSystem orch-hub) $(systemctl show -P NoNewPrivileges orch-hub)" 'strict yes'
check 'the hub has no capability' is "$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$(main_pid orch-hub)/status")" 0000000000000000
check 'the node attaches' await 20 answers

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

agent=$(main_pid orch-nodeagent)
check 'the hub reloads' systemctl reload orch-hub
check 'the agent reloads' systemctl reload orch-nodeagent
check 'and both go on' await 10 answers
check 'the hub restarts' systemctl restart orch-hub
check 'the node comes back by itself' await 30 answers
check 'it is the same agent' is "$(main_pid orch-nodeagent)" "$agent"
systemctl kill -s KILL orch-nodeagent
check 'a killed agent is started again and comes back' await 30 answers
check 'both stop in time' systemctl stop orch-nodeagent orch-hub
check 'and cleanly' is "$(systemctl show -P Result orch-hub) $(systemctl show -P Result orch-nodeagent)" 'success success'
finish
