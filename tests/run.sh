#!/usr/bin/env bash
# Goes from a bare clone to a verdict: installs what is missing, lints, builds, runs all tests and ends with ctest's
# own verdict. It is the public name of ./x test and takes the same options; ./x help lists them.
exec "$(dirname "${BASH_SOURCE[0]}")/../x" test "$@"
