#!/bin/bash
# The page of explain --html: whole, without script, and nothing of a log or a file's name becomes markup. --redact leaves no address and no name.
#
#   tests/explain/html.sh BUILD
build=$(realpath "$1") && cd "$(dirname "$0")" || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
fail() {
    echo "FAILED: $1"
    failed=1
}

# tags of a page, each once
tags() { grep -oE '<[a-zA-Z/!][a-zA-Z0-9]*' "$1" | sort -u | tr '\n' ' '; }

# markup in a group's name, in a name of a file, in quotes, half a tag at the end of a line
hostile='<img src=x onerror=alert(1)><script>alert(2)</script>"'"'"'><svg/onload=x>&lt;b'
log="$work/<script>alert(3)<" # a file of that name, and of another beside it
{
    printf 'Jun 10 2010 17:36:00: %%ASA-7-713236: IP = 198.51.100.2, IKE_DECODE RECEIVED Message (msgid=0) with payloads : HDR + SA (1) + VENDOR (13) + NONE (0) total length : 148\n'
    printf 'Jun 10 2010 17:36:01: %%ASA-4-713903: Group = %s, IP = 198.51.100.2, Can'"'"'t find a valid tunnel group, aborting...!\n' "$hostile"
    printf 'Jun 10 2010 17:36:02: %%ASA-3-713902: Group = %s, IP = 198.51.100.2, Removing peer from peer table failed, no match!\n' "$hostile"
    printf 'Jun 10 2010 17:36:03: %%ASA-5-713904: IP = 198.51.100.2, All SA proposals found unacceptable \033[31m<u>\377\n'
} >"$log"
"$build/src/ikewise" explain --html "$work/hostile.html" "$log" >/dev/null
[ $? -eq 1 ] || fail "a hostile log is explained like any other"
grep -q '&lt;img src=x onerror' "$work/hostile.html" || fail "T09 the line stands in the page, escaped"
grep -q '&lt;script&gt;alert(3)&lt;' "$work/hostile.html" || fail "T09 the name of the file stands in the page, escaped"
LC_ALL=C grep -q '[^ -~]' "$work/hostile.html" && fail "the page is printable ASCII"

"$build/src/ikewise" explain --html "$work/real.html" ../source/lab/f-udp4500-drop-nat/ini.pcap lab/f-udp4500-drop-nat/ini.log lab/f-udp4500-drop-nat/rsp.log >/dev/null
"$build/src/ikewise" explain --html "$work/waiting.html" seeds/3-msg4-log.txt >/dev/null
for page in hostile real waiting; do
    for tag in $(tags "$work/$page.html"); do
        case "${tag#<}" in
        '!DOCTYPE' | html | head | meta | title | style | body | h1 | h2 | h3 | p | b | a | code | pre | table | tr | td | ul | li | div | section | details | summary) ;;
        svg | g | line | path | circle | text | tspan | /*) ;;
        *) fail "$page: $tag is no part of the page" ;;
        esac
    done
    grep -qE 'https?:|src=["a-z]|@import|url\(' <(sed 's/&lt;.*//' "$work/$page.html") && fail "$page: the page fetches nothing"
    grep -q "default-src 'none'" "$work/$page.html" || fail "$page: the browser is told that nothing is to be fetched or run"
done
grep -q 'class="cross"' "$work/real.html" || fail "a lost message is marked"
grep -q 'never seen at the other end' "$work/real.html" || fail "what was sent and not seen is said"
grep -q 'never came' "$work/waiting.html" || fail "the message that is waited for is marked"
grep -q '<pre' "$work/waiting.html" || fail "the repair stands in a block of its own"
# every link has its place
for page in hostile real waiting; do
    for id in $(grep -oE 'href="#[^"]*"' "$work/$page.html" | sed 's/href="#//; s/"//' | sort -u); do
        grep -q "id=\"$id\"" "$work/$page.html" || fail "$page: $id is pointed at and not there"
    done
done

# without addresses, in every form of the report; one address keeps one name
for form in "" --json "--html $work/redacted.html"; do
    # shellcheck disable=SC2086
    "$build/src/ikewise" explain --redact $form ../source/lab/f-udp4500-drop-nat/ini.pcap lab/f-udp4500-drop-nat/ini.log cisco/asa-p2-acl.txt >"$work/out"
    [ -f "$work/redacted.html" ] && cat "$work/redacted.html" >>"$work/out"
    grep -E '(^|[^0-9.])(10\.|198\.51\.|192\.168\.|203\.0\.)[0-9]' "$work/out" && fail "an address is left with '$form'"
    grep -q 'address-1' "$work/out" || fail "addresses have names with '$form'"
done
# names of a user, his group, an identity, a connection, hosts of syslog, and of the files themselves
for form in "" --json "--html $work/named.html"; do
    # shellcheck disable=SC2086
    "$build/src/ikewise" explain --redact $form holdout/xauth-charon-asa-a.txt holdout/xauth-charon-asa-b.txt holdout/id-pluto-charon-a.txt \
        holdout/id-pluto-charon-b.txt holdout/pfs-asa-asa-b.txt >"$work/out"
    [ -f "$work/named.html" ] && cat "$work/named.html" >>"$work/out"
    grep -nE 'maria|RAVPN|branch\.example|to-hq|fw-b|charon-asa|holdout' "$work/out" && fail "--redact $form leaves no name"
    grep -q 'name-1' "$work/out" || fail "--redact $form puts a name in its place"
    grep -q 'file-[1-9]' "$work/out" || fail "--redact $form counts the files"
done
"$build/src/ikewise" explain --redact cisco/asa-p2-acl.txt | grep -q '255\.255\.0\.0' || fail "masks stay"
"$build/src/ikewise" explain --redact cisco/asa-p2-acl.txt | grep -q '17:36:0' || fail "times are no addresses"

"$build/src/ikewise" explain --html /nowhere/page.html seeds/3-msg4-log.txt >/dev/null 2>"$work/error"
[ $? -eq 2 ] && grep -q /nowhere/page.html "$work/error" || fail "a page that cannot be written is said"
[ $failed -eq 0 ] && echo "the page is sound"
exit $failed
