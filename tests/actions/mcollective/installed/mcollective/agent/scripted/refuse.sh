#!/bin/sh
echo '{"said":"no"}' >"$2"
echo "will not" >&2
exit 4
