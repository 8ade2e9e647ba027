#!/bin/bash
# The page of explain --html as a browser shows it: headless Chromium, in a namespace without a network.
#
#   tests/explain/browser.sh BUILD [FOLDER]       FOLDER: keeps the pages and a picture of each
build=$(realpath "$1") && keep=${2:+$(realpath "$2")} && cd "$(dirname "$0")" || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

expect() { # TEXT COMMAND...
    if "${@:2}" >"$work/said" 2>&1; then
        echo "ok $1"
    else
        echo "not ok $1"
        tail -n 20 "$work/said" | sed 's/^/  | /'
        failed=1
    fi
}

# browse WIDTH URL OPTION...
browse() {
    unshare -n timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
        --disable-background-networking --disable-component-update --user-data-dir="$work/profile" --hide-scrollbars \
        --window-size="$1,2400" "${@:3}" "$2" 2>"$work/browser.log"
}

# What measures is put into a copy: the page itself lets no script run.
with_measure() {
    sed -e '/http-equiv="Content-Security-Policy"/d' -e '/<\/body>/d' "$1"
    cat <<'SCRIPT'
<script>
addEventListener('load', function () {
    const found = [], wide = document.documentElement.clientWidth + 0.5;
    function name(e) { return e.tagName + ' ' + (e.textContent || '').trim().slice(0, 60); }
    document.querySelectorAll('details').forEach(function (e) { e.open = true; });
    document.querySelectorAll('body *').forEach(function (e) {
        const box = e.getBoundingClientRect();
        if (e.closest('pre') || e.tagName === 'SCRIPT' || box.width === 0)
            return;                                    // a block of its own may be moved sideways
        if (box.right > wide || box.left < -0.5)
            found.push('beyond the page: ' + name(e));
        const drawing = e.closest('svg');
        if (drawing && drawing !== e) {
            const edge = drawing.getBoundingClientRect();
            if (box.right > edge.right + 0.5 || box.left < edge.left - 0.5 || box.bottom > edge.bottom + 0.5)
                found.push('beyond the drawing: ' + name(e));
        }
    });
    const texts = Array.from(document.querySelectorAll('svg text'));
    texts.forEach(function (a, i) {
        texts.slice(i + 1).forEach(function (b) {
            const x = a.getBoundingClientRect(), y = b.getBoundingClientRect(), least = 2;
            if (x.width && y.width && x.left < y.right - least && y.left < x.right - least && x.top < y.bottom - least &&
                y.top < x.bottom - least)
                found.push('one over the other: ' + name(a) + ' / ' + name(b));
        });
    });
    performance.getEntriesByType('resource').forEach(function (e) { found.push('fetched: ' + e.name); });
    const out = document.createElement('pre');
    out.textContent = found.length ? 'MEASURED\n' + found.join('\n') + '\nEND' : 'MEASURED\nnothing\nEND';
    document.body.appendChild(out);
});
</script></body></html>
SCRIPT
}

holds() { grep -qF -- "$2" "$1" || { echo "not there: $2"; return 1; }; }
times() { local seen; seen=$(grep -oF -- "$2" "$1" | wc -l); echo "$2: $seen times"; [ "$seen" = "$3" ]; }

nothing_is_out_of_place() { # PAGE WIDTH
    local found
    with_measure "$1" >"$work/measured.html"
    browse "$2" "file://$work/measured.html" --dump-dom --virtual-time-budget=2000 >"$work/measured.dom"
    found=$(sed -n '/MEASURED$/,/^END/p' "$work/measured.dom" | sed '1d;$d')
    echo "$found"
    [ "$found" = nothing ]
}

a_message_opens_by_its_link() { # PAGE PLACE TEXT
    browse 1280 "file://$1#$2" --dump-dom >"$work/opened.dom"
    times "$work/opened.dom" 'class="message" open=""' 1 &&
        grep -A 3 'class="message" open=""' "$work/opened.dom" | grep -qF "$3"
}

a_picture_is_drawn() { # PAGE PICTURE
    rm -f "$2"
    browse 1280 "file://$1" --screenshot="$2" >/dev/null
    file_len=$(stat -c %s "$2") && echo "$file_len bytes" && [ "$file_len" -gt 40000 ] # a white page has 10 kB
}

lab=../source/lab
expect "there is a browser (tools/packages.sh test)" command -v chromium

"$build/src/ikewise" explain --html "$work/keys.html" $lab/f-psk-mismatch/ini.pcap lab/f-psk-mismatch/ini.log \
    lab/f-psk-mismatch/rsp.log >/dev/null
browse 1280 "file://$work/keys.html" --dump-dom >"$work/keys.dom"
expect "the drawing has both ends" holds "$work/keys.dom" '<text class="mid" x="400" y="14">responder</text>'
for number in 1 2 3 4 '5 (4 times)'; do
    expect "and message $number with its arrow" grep -q "<line class=\"msg.*>$number</a>" "$work/keys.dom"
done
expect "and the one that never came" holds "$work/keys.dom" 'never came'
expect "each message has its contents, closed" times "$work/keys.dom" '<details class="message"><summary>' 6
expect "a message opens by its link, decoded" a_message_opens_by_its_link "$work/keys.html" n0-m0 'SA (1), 60 bytes'
expect "a key share is told by its length only" holds "$work/keys.dom" 'KE (4), 260 bytes: data 256 bytes'
expect "there is a sheet for the other company" holds "$work/keys.dom" 'For the other company'

"$build/src/ikewise" explain --redact --keys $lab/f-p2-encryption/keys.uat --html "$work/phase2.html" \
    $lab/f-p2-encryption/rsp.pcap lab/f-p2-encryption/rsp.log >/dev/null
expect "with keys sealed messages are opened too" grep -qE '^ *ESP_AES|encryption|transform 1 (ESP_)?AES' "$work/phase2.html"
expect "phase 2's proposal stands in its first message" grep -q 'proposal 1 .*ESP (3)' "$work/phase2.html"
expect "the sheet is of the end whose log was given" holds "$work/phase2.html" '(yours); IKEv1, main mode, your end begins'
expect "and no address, where that is asked" bash -c "! grep -E '(^|[^0-9.])(10\.|192\.168\.)[0-9]' '$work/phase2.html'"

long=$work/a-name-of-a-file-that-is-longer-than-any-line-of-the-page-and-has-no-blank-in-it-anywhere-whatsoever.txt
cp seeds/3-msg4-log.txt "$long"
"$build/src/ikewise" explain --html "$work/long.html" "$long" lab/f-udp4500-drop-nat/ini.log \
    lab/f-udp4500-drop-nat/rsp.log $lab/f-udp4500-drop-nat/ini.pcap >/dev/null
for page in keys phase2 long; do
    for width in 1280 420; do
        expect "$page: nothing runs over, or is fetched, in $width pixels" nothing_is_out_of_place "$work/$page.html" $width
    done
    expect "$page: a picture of it can be made" a_picture_is_drawn "$work/$page.html" "$work/$page.png"
done
[ -z "$keep" ] || cp "$work"/*.html "$work"/*.png "$keep"
exit $failed
