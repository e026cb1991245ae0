#!/bin/sh
[ "$1" = "$MCOLLECTIVE_REQUEST_FILE" ] && [ "$2" = "$MCOLLECTIVE_REPLY_FILE" ] || exit 5
word=$(sed -n 's/.*"word":"\([^"]*\)".*/\1/p' "$1")
action=$(sed -n 's/.*"action":"\([^"]*\)".*/\1/p' "$1")
printf '{"said":"%s %s"}' "$action" "$word" >"$2"
echo "this goes to the log"
