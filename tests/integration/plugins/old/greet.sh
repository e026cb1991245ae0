#!/bin/sh
name=$(sed 's/.*"name":"\([^"]*\)".*/\1/' "$MCOLLECTIVE_REQUEST_FILE")
[ "$name" = nobody ] && { echo "nobody is not greeted" >&2; exit 1; }
echo "{\"greeting\": \"Hello $name\"}" >"$2"
