# shellcheck shell=bash
# The checks of ./x lint: each reads the tree and changes nothing. Sourced by ./x, from the root of the tree.
#
# To add a check: a line in list_checks (its name, then what to do when it fails), and a function check_NAME that
# prints what is wrong and returns 1.

list_checks() {
  cat <<'TABLE'
format    Run ./x format.
shell     Mend the script, or silence one line with "# shellcheck disable=SCnnnn" and the reason.
python    Mend the script, or write "# noqa: CODE" and the reason behind the line.
spelling  Mend the word; a name that is right as it is goes into tests/lint/words.txt, in lower case.
house     Include only what the room's row allows; rename a name that stands in two files; correct the document.
tidy      Mend the code, or write NOLINT(check-name) and the reason behind the line.
TABLE
}

is_check() { list_checks | grep -q "^$1 "; }

# The files of the tree; not from git, which is not there in an unpacked archive.
tree_files() {
  find . \( -path ./.git -o -path ./build -o -name __pycache__ \) -prune -o -type f -print | sed 's|^\./||' | sort
}
cpp_files() { tree_files | grep -E '\.(cc|h)$'; }
script_files() { tree_files | grep -E '\.sh$|^x$|^\.ci/run$'; }

check_format() { cpp_files | xargs -P "$(nproc)" -n 100 clang-format --dry-run --Werror; }

# SC1091: /etc/os-release is not ours. SC2015: "a && b || c" is used where b cannot fail. SC2016: single quotes keep
# what another shell expands. SC2317: functions that a trap or another function calls by name.
check_shell() { script_files | xargs shellcheck --external-sources --exclude=SC1091,SC2015,SC2016,SC2317; }

# E501: the longest lines are tables of words. E731: a lambda may have a name.
check_python() { tree_files | grep -E '\.py$' | xargs flake8 --extend-ignore=E501,E731; }

# The vectors are data, the Ruby files below tests/ stand for agents as their authors wrote them.
check_spelling() {
  tree_files | grep -vE '^tests/conformance/vectors/|^tests/actions/mcollective/|^LICENSE$' |
    xargs codespell --ignore-words=tests/lint/words.txt
}

check_house() {
  local failed=0
  python3 tests/house/house_includes.py . || failed=1
  python3 tests/house/house_names.py . || failed=1
  python3 tests/house/documents.py . || failed=1
  return "$failed"
}

# Uses the preset tsan, which is clang's: its flags, and the generated sources.
check_tidy() {
  local generated
  cmake --preset tsan || return 1
  mapfile -t generated < <(ninja -C build/tsan -t targets all | sed -nE 's/^([^ ]+(\.pb\.h|embedded_ddl\.cc)): .*/\1/p')
  ninja -C build/tsan --quiet "${generated[@]}" || return 1
  python3 tests/lint/tidy.py build/tsan
}

# Runs the named checks, or all. Prints for each its name, its time and, when it fails, its findings and the remedy.
lint() {
  local name remedy started log failed=()
  log=$(mktemp)
  while read -r name remedy; do
    [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
    started=$SECONDS
    if "check_$name" >"$log" 2>&1 </dev/null; then
      printf '%-9s %4d s  passed\n' "$name" $((SECONDS - started))
    else
      cat "$log"
      printf '%-9s %4d s  FAILED. %s\n' "$name" $((SECONDS - started)) "$remedy"
      failed+=("$name")
    fi
  done < <(list_checks)
  rm -f "$log"
  [ ${#failed[@]} -eq 0 ] || { echo "failed: ${failed[*]}; ./x lint ${failed[*]} runs them again"; return 1; }
}
