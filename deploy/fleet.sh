#!/usr/bin/env bash
# Runs a real fleet on this machine: one hub and N node agents on loopback. Each agent has its own identity,
# facts and classes; the keys and the hub's certificate are made at the start. Writes only below DIR.
#
#   deploy/fleet.sh start N [DIR]    starts it, waits until all N nodes are attached, says how to use it
#   deploy/fleet.sh status [DIR]     shows which processes run
#   deploy/fleet.sh stop [DIR]       ends it, by process id
#
# DIR is build/fleet by default. It holds hub.yaml, client.yaml (for orchctl -c), nodes/*/ and the logs.
# The programs are taken from $ORCH_BIN, or else from build/release/bin, or else from build/dev/bin.
# $ORCH_FLEET_AGENT_YAML and $ORCH_FLEET_HUB_YAML contain further lines for the configuration of every agent
# and of the hub; %n in an agent's lines stands for its name.
set -euo pipefail
umask 077

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
own_comm=$(</proc/$$/comm)
readonly own_comm
readonly marker=.orch-fleet
readonly max_nodes=5000
readonly stop_seconds=15

fail() { echo "fleet.sh: $*" >&2; exit 1; }
usage() { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; }

find_programs() {
  local folder folders=("$root/build/release/bin" "$root/build/dev/bin")
  [ -n "${ORCH_BIN:-}" ] && folders=("$ORCH_BIN")
  for folder in "${folders[@]}"; do
    if [ -x "$folder/orch-hub" ] && [ -x "$folder/orch-nodeagent" ] && [ -x "$folder/orchctl" ]; then
      bin=$(cd "$folder" && pwd)
      return
    fi
  done
  fail "orch-hub, orch-nodeagent and orchctl are not built: run deploy/quickstart.sh, or set ORCH_BIN to their folder"
}

# Succeeds when process $1 runs with the configuration file $2, or is about to, because this script has just
# forked it. The id alone does not prove this: the system reuses process ids.
is_ours() {
  local argument parent
  [ -n "$1" ] && [ -r "/proc/$1/cmdline" ] || return 1
  while IFS= read -r -d '' argument; do
    [ "$argument" = "$2" ] && return 0
  done 2>/dev/null <"/proc/$1/cmdline"
  [ "$(cat "/proc/$1/comm" 2>/dev/null)" = "$own_comm" ] || return 1
  parent=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) || return 1
  [ "$parent" = $$ ]
}

# Sets `pids` to the running processes of this fleet: the agents first, the hub last.
collect_pids() {
  local file pid
  pids=()
  for file in "$dir"/nodes/*/pid "$dir/hub.pid"; do
    [ -f "$file" ] || continue
    pid=
    read -r pid <"$file" || continue
    if [ "$file" = "$dir/hub.pid" ]; then
      is_ours "$pid" "$dir/hub.yaml" && pids+=("$pid")
    else
      is_ours "$pid" "${file%/pid}/agent.yaml" && pids+=("$pid")
    fi
  done
  return 0
}

now_ms() { local now=${EPOCHREALTIME/[.,]/}; echo $((now / 1000)); }

# Tries the command "${@:2}" every 20 ms until it succeeds or $1 ms have passed.
await() {
  local deadline=$(($(now_ms) + $1))
  shift
  until "$@"; do
    [ "$(now_ms)" -lt "$deadline" ] || return 1
    sleep 0.02
  done
}

none_left() { collect_pids; [ ${#pids[@]} -eq 0 ]; }

stop_fleet() {
  collect_pids
  if [ ${#pids[@]} -gt 0 ]; then
    kill -TERM "${pids[@]}" 2>/dev/null || true
    if ! await $((stop_seconds * 1000)) none_left; then
      echo "fleet.sh: ${#pids[@]} processes did not end within $stop_seconds s; killing them" >&2
      kill -KILL "${pids[@]}" 2>/dev/null || true
      await 5000 none_left || fail "processes ${pids[*]} cannot be ended"
    fi
  fi
  rm -f "$dir/hub.pid" "$dir"/nodes/*/pid
}

# Starts a program in a session of its own, so that Ctrl-C at the terminal does not end it.
launch() {
  local log=$1 pid_file=$2
  shift 2
  setsid "$@" </dev/null >>"$log" 2>&1 9>&- &
  echo $! >"$pid_file"
  disown
}

write_hub() {
  "$bin/orch-hub" init --dir "$dir/hub" --identity hub.example.net --listen 127.0.0.1:0 --client peadmin \
    >"$dir/init.log" 2>&1 ||
    { cat "$dir/init.log" >&2; fail "orch-hub init failed"; }
  write_hub_yaml 127.0.0.1:0
}

write_hub_yaml() {
  cat >"$dir/hub.yaml.new" <<YAML
listen: $1
port_file: $dir/hub.address
identity: hub.example.net
credentials: $dir/hub/credentials
access: $dir/hub/access.yaml
policies: {folder: $dir/hub/policies}
administrators: [peadmin]
tls: {certificate: $dir/hub/tls/hub.crt, key: $dir/hub/tls/hub.key}
mtls: {mode: optional, ca: $dir/hub/tls/ca.crt, ca_key: $dir/hub/tls/ca.key}
store: $dir/hub/jobs.db
shutdown_grace: 2s
${ORCH_FLEET_HUB_YAML:-}
YAML
  mv "$dir/hub.yaml.new" "$dir/hub.yaml"
}

# Facts and classes differ from node to node so that every filter has something to choose.
write_node() {
  local number=$1 name=$2 folder=$dir/nodes/$2
  local systems=(RedHat Ubuntu SLES Debian RedHat Ubuntu CentOS Debian)
  local families=(RedHat Debian Suse Debian RedHat Debian RedHat Debian)
  local releases=(7 22 15 12 8 20 9 11)
  local roles=(db web app web cache app mail) countries=(us de uk fr jp) datacenters=(dc1 dc2 dc3)
  local processors=(2 4 8 16 1)
  local i=$((number - 1))
  local system=${systems[i % 8]} family=${families[i % 8]} release=${releases[i % 8]}
  local role=${roles[i % 7]} environment=production
  ((number % 4 == 0)) && environment=staging
  mkdir -p "$folder/facts.d"
  cat >"$folder/facts.yaml" <<YAML
fqdn: $name
hostname: ${name%%.*}
domain: example.net
operatingsystem: $system
operatingsystemmajrelease: "$release"
osfamily: $family
os: {name: $system, family: $family, release: {major: "$release"}}
processorcount: ${processors[i % 5]}
memorysize_mb: $((1024 * (1 + i % 8))).5
role: $role
country: ${countries[i % 5]}
datacenter: ${datacenters[i % 3]}
rack: r$(printf %02d $((i % 20 + 1)))
environment: $environment
is_virtual: $([ $((i % 3)) -eq 0 ] && echo false || echo true)
puppetversion: 3.8.7
uptime_days: $number
empty: ""
YAML
  {
    printf '%s\n' settings common ssh ntp::client "role::$role"
    if [ "$role" = web ]; then printf '%s\n' apache apache::mod::ssl; fi
    if [ "$role" = db ]; then printf '%s\n' mysql::server; fi
  } >"$folder/classes.txt"
  "$bin/orch-hub" key node "$name" -c "$dir/hub.yaml" >"$folder/credentials" || fail "no key for $name"
  local agent_lines=${ORCH_FLEET_AGENT_YAML:-}
  cat >"$folder/agent.yaml" <<YAML
hub: $address
identity: $name
credentials: $folder/credentials
collectives: [mcollective, ${countries[i % 5]}_collective]
main_collective: mcollective
facts: {files: [$folder/facts.yaml], directory: $folder/facts.d, facter: off}
classes_files: [$folder/classes.txt]
state_dir: $folder/state
policies: {folder: $folder/policies}
${agent_lines//%n/$name}
YAML
}

connected_nodes() {
  "$bin/orchctl" -c "$dir/client.yaml" hub status --json 2>"$dir/status.err" </dev/null |
    tr -d ' \n' | sed -n 's/.*["_]connected":\([0-9]*\).*/\1/p'
}
all_attached() {
  connected=$(connected_nodes) || connected=0
  [ "${connected:-0}" -ge "$count" ]
}
hub_listens_or_ended() { [ -s "$dir/hub.address" ] || ! kill -0 "$(<"$dir/hub.pid")" 2>/dev/null; }

print_usage() {
  cat <<TEXT
A hub ($address) and $count node agents run in $dir.

  export ORCHCTL_CONFIG=$dir/client.yaml PATH=$bin:\$PATH
  orchctl ping
  orchctl find -F osfamily=Debian
  orchctl inventory $(node_name 1)

Logs: $dir/hub.log and $dir/nodes/*/log. To end it: deploy/fleet.sh stop $dir
TEXT
}

node_name() { printf 'node%03d.example.net' "$1"; }

start_fleet() {
  local number name
  if [ -e "$dir" ] && [ ! -e "$dir/$marker" ] && [ -n "$(ls -A "$dir")" ]; then
    fail "$dir exists and is not a fleet's folder; choose another"
  fi
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd)
  exec 9>"$dir/.lock"
  flock -w 60 9 || fail "another start or stop works on $dir"
  : >"$dir/$marker"

  collect_pids
  if [ ${#pids[@]} -gt 0 ]; then
    address=$(cat "$dir/hub.address" 2>/dev/null) || address=unknown
    if [ ${#pids[@]} -eq $((count + 1)) ]; then
      echo "It runs already."
      print_usage
      return
    fi
    fail "${#pids[@]} processes run in $dir already; first: deploy/fleet.sh stop $dir"
  fi

  rm -rf "$dir/hub" "$dir/nodes" "$dir/hub.address" "$dir/hub.log" "$dir/cache"
  mkdir -p "$dir/nodes"
  trap 'stop_fleet' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP

  write_hub
  launch "$dir/hub.log" "$dir/hub.pid" "$bin/orch-hub" -c "$dir/hub.yaml"
  await 10000 hub_listens_or_ended && [ -s "$dir/hub.address" ] || { tail -n 20 "$dir/hub.log" >&2; fail "the hub does not start"; }
  address=$(<"$dir/hub.address")
  write_hub_yaml "$address"  # a hub that is started again is found again
  cat >"$dir/client.yaml" <<YAML
hub: $address
name: peadmin
credentials: $dir/hub/client.credentials
cache_dir: $dir/cache
YAML
  for ((number = 1; number <= count; number++)); do
    name=$(node_name "$number")
    write_node "$number" "$name"
    launch "$dir/nodes/$name/log" "$dir/nodes/$name/pid" "$bin/orch-nodeagent" -c "$dir/nodes/$name/agent.yaml"
  done
  if ! await $((30000 + count * 100)) all_attached; then
    echo "fleet.sh: ${connected:-0} of $count nodes attached. Last lines of the hub's log:" >&2
    tail -n 10 "$dir/hub.log" >&2
    echo "and of $(node_name 1):" >&2
    tail -n 10 "$dir/nodes/$(node_name 1)/log" >&2
    cat "$dir/status.err" >&2
    fail "gave up"
  fi
  trap - EXIT INT TERM HUP
  print_usage
}

status_fleet() {
  collect_pids
  if [ ${#pids[@]} -eq 0 ]; then
    echo "Nothing runs in $dir."
    return 1
  fi
  echo "${#pids[@]} processes run in $dir (hub $(cat "$dir/hub.address" 2>/dev/null || echo 'without address'))."
  find_programs
  "$bin/orchctl" -c "$dir/client.yaml" hub status
}

command=${1:-}
case "$command" in
  start)
    [ $# -ge 2 ] && [ $# -le 3 ] || { usage >&2; exit 2; }
    [[ $2 =~ ^[1-9][0-9]{0,3}$ ]] && [ "$2" -le $max_nodes ] || fail "'$2' is not a number of nodes from 1 to $max_nodes"
    count=$2
    dir=${3:-$root/build/fleet}
    [[ $dir =~ ^[A-Za-z0-9_./@%+=-]+$ ]] || fail "the folder's name '$dir' has characters that would need quoting"
    find_programs
    start_fleet
    ;;
  stop|status)
    [ $# -le 2 ] || { usage >&2; exit 2; }
    dir=${2:-$root/build/fleet}
    if [ ! -e "$dir/$marker" ]; then
      echo "No fleet in $dir."
      [ "$command" = stop ] && exit 0 || exit 1
    fi
    dir=$(cd "$dir" && pwd)
    if [ "$command" = status ]; then status_fleet; exit; fi
    exec 9>"$dir/.lock"
    flock -w 60 9 || fail "another start or stop works on $dir"
    stop_fleet
    echo "The fleet in $dir has ended."
    ;;
  -h|--help|help) usage ;;
  *) usage >&2; exit 2 ;;
esac
