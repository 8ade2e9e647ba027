#!/bin/bash
# Each row of checklist.tsv: what explain says of these files.
#
#   tests/explain/checklist.sh BUILD
ikewise=$(realpath "$1")/src/ikewise && cd "$(dirname "$0")" || exit 2
failed=0 rows=0

while IFS=$'\t' read -r item files said; do
    case $item in '#'* | '') continue ;; esac
    rows=$((rows + 1))
    # shellcheck disable=SC2086  # several files
    text=$("$ikewise" explain $files 2>&1)
    while read -r -d '&' wanted; do
        grep -qE -- "$wanted" <<<"$text" && continue
        printf '%s: not said: %s\n%s\n\n' "$item" "$wanted" "$text"
        failed=1
    done <<<"$said &"
done <checklist.tsv
echo "$rows items"
exit $failed
