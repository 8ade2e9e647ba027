#!/bin/bash
# A session through the shell on a real terminal (tmux), from nothing to a tunnel and over a restart. What its screens show is
# docs/tour.md: this compares them. Wants root.
#
#     tour.sh IKEWISED IKEWISE DOCS              exit 0: the page is what the screens show
#     tour.sh IKEWISED IKEWISE DOCS --write      writes the page
#
# tour.txt says what is typed. A line of it:
#
#     > text            types it and Enter, and waits for the prompt
#     ^ text            types it; \t is Tab
#     : text            waits until the last line of the screen is this
#     = text            what the screen has to show
#     shell             what is on the screen goes into the page, and the screen is cleared
#     ! function        calls it: start_shell, restart_west
#     other lines       are the page
set -u
ikewised=$(readlink -f "$1")
ikewise=$(readlink -f "$2")
page=$(readlink -f "$3")/tour.md
mode=${4:-}
cd "$(dirname "$0")" || exit 1
work=$(mktemp -d)
tag=tr$$
failed=0
. ./sites.sh

terminal() { LC_ALL=C.UTF-8 tmux -L "$tag" "$@"; }
screen() { terminal capture-pane -p -J -t tour; }
last_line() { screen | grep -v '^ *$' | tail -n 1 | sed 's/ *$//'; }

end_all() {
    terminal kill-server 2>/dev/null
    clean_up
}
trap end_all EXIT

fail() {
    echo "not ok $1"
    screen | grep -v '^ *$' | tail -n 20 | sed 's/^/  | /'
    failed=1
}

# A state is waited for, never a time: on a busy machine it only comes later.
wait_for() { # what, command...
    local _
    for _ in $(seq 600); do
        "${@:2}" && return
        sleep 0.05
    done
    fail "$1 did not come"
}

has_prompt() { last_line | grep -qE '^west(\([a-z0-9-]+\))?[>#]$'; }
has_last() { [ "$(last_line)" = "$1" ]; }
ends_in() { [[ $(last_line) == *"$1" ]]; }
shows() { screen | grep -qF -- "$1"; }
is_cleared() { [ "$(screen | grep -vc '^ *$')" = 1 ]; }

keys() { # text
    local rest=$1
    while [ -n "$rest" ]; do
        [ -z "${rest%%\\t*}" ] || terminal send-keys -t tour -l -- "${rest%%\\t*}"
        [[ $rest == *\\t* ]] || return
        terminal send-keys -t tour Tab
        rest=${rest#*\\t}
    done
}

# tmux's server ends with its last session, and whoever asks it meanwhile gets none.
new_terminal() {
    terminal has-session -t tour 2>/dev/null ||
        terminal -f /dev/null new-session -d -s tour -x 112 -y 130 ip netns exec "${tag}gw" "$ikewise" -s "$work/w.sock"
}

start_shell() {
    if terminal has-session -t tour 2>/dev/null; then
        terminal kill-session -t tour
    fi
    wait_for "a terminal" new_terminal
    wait_for "the prompt" has_prompt
}

restart_west() {
    restart w
    start_shell
}

# What is never the same twice: SPIs (the first is 11111111, the second 22222222), times, and what a busy machine repeats.
steady() {
    perl -ne '
        next if /, again  \[/;
        s/ +$//;
        s/^( +)\d+\.\d{3}  /$1 0.000  /;
        s/\b\d[\dhms]*( ago|$)/1s$1/ if /phase 1 .*for|last .* ago/;
        s|(min/avg/max = )[\d/]+|${1}1/1/1|;
        s/(Login Time   : ).*/${1}12:00:00 UTC Sun Jan 4 2026/;
        s/(Duration     : ).*/${1}0h:00m:01s/;
        s/(flow created with id )\d+/${1}1111111111/;
        s/(0x|: )([0-9A-F]{8})( \(\d+\))?(?![0-9A-F])/$n{$2} ||= ++$count; $1 . $n{$2} x 8 . ($3 ? sprintf(" (%u)", hex($n{$2} x 8)) : "")/ge;
        print'
}

show() {
    # without the empty rest of the screen, and the prompt that waits
    screen | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' | sed -E '${/^west[^ ]*[>#] *$/d}; s/^/    /; s/ *$//'
    terminal send-keys -t tour C-l
    wait_for "a clear screen" is_cleared
}

play() {
    local line text
    while IFS= read -r line; do
        text=${line:2}
        case $line in
        '> '*)
            keys "$text"
            wait_for "the echo of '$text'" ends_in "$text" # else the prompt of before would be taken for the next
            terminal send-keys -t tour Enter
            wait_for "the prompt after '$text'" has_prompt
            ;;
        '^ '*) keys "$text" ;;
        ': '*) wait_for "'$text'" has_last "$text" ;;
        '= '*) wait_for "'$text'" shows "$text" ;;
        '! '*) $text ;;
        shell) show ;;
        *) printf '%s\n' "$line" ;;
        esac
        [ $failed = 0 ] || return
    done
}

exec 2>"$work/errors" # what bash says of killed children
make_network
write_configs
start w
start e
start_shell
play <tour.txt >"$work/played"
if [ $failed = 1 ]; then
    tail -n 30 "$work/played" | sed 's/^/  | /'
    exit 1
fi
steady <"$work/played" >"$work/tour.md"
if [ "$mode" = --write ]; then
    cp "$work/tour.md" "$page"
elif diff -u "$page" "$work/tour.md" >"$work/difference"; then
    echo "ok docs/tour.md is what the screens show"
else
    echo "not ok docs/tour.md is what the screens show"
    sed 's/^/  | /' "$work/difference"
    echo "  | To write it anew: tests/cli/tour.sh IKEWISED IKEWISE docs --write"
    exit 1
fi
