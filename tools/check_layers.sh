#!/bin/bash
# Holds every #include of src/ against the table of layers in ARCHITECTURE.md:
#   - a file includes its own layer and those that the table allows it; "may use" may name one header (crypto/algorithm.h);
#   - includes are spelled from src/, so that each line names its layer;
#   - a layer marked pure includes no header of the operating system.
#
#   tools/check_layers.sh [TREE]
#   tools/check_layers.sh --self-test      plants faults in a copy and expects each to be found
set -euo pipefail

# Of what the C library offers, what has no input, output, clock or memory of its own.
pure_headers="stdbool.h stddef.h stdint.h stdalign.h stdarg.h limits.h inttypes.h string.h"

#           file            may also include
exceptions="base/text.c     stdio.h
            base/check.c    stdio.h
            base/check.c    stdlib.h"

# Headers of a library, and the one layer that may use them
libraries="openssl/    crypto
           crypt.h     crypto"

# shellcheck disable=SC2016
check() {
    local tree=$1
    cd "$tree"
    find src \( -name '*.c' -o -name '*.h' -o -name '*.def' \) -print0 | sort -z | xargs -0 awk \
        -v pure_headers="$pure_headers" -v exceptions="$exceptions" -v libraries="$libraries" '
        function fault(text) { print FILENAME ":" FNR ": " text; faults++ }
        function word_in(word, list) { return index(" " list " ", " " word " ") > 0 }

        BEGIN {
            n = split(exceptions, row, "\n")
            for (i = 1; i <= n; i++) { split(row[i], f, " "); also[f[1], f[2]] = 1 }
            n = split(libraries, row, "\n")
            for (i = 1; i <= n; i++) { split(row[i], f, " "); library[f[1]] = f[2] }
        }

        FILENAME == "ARCHITECTURE.md" {
            if (/layers: begin/) in_table = 1
            else if (/layers: end/) in_table = 0
            else if (in_table && split($0, column, "|") >= 5) {
                gsub(/^ +| +$/, "", column[2])
                uses[column[2]] = column[3]; is_pure[column[2]] = column[4] ~ /yes/; known[column[2]] = 1; layers++
            }
            next
        }

        FNR == 1 {
            files++
            split(FILENAME, part, "/")
            layer = part[3] ? part[2] : ""
            inside = substr(FILENAME, 5)
            if (!(layer in known)) fault("this folder is not in the table of layers")
        }

        match($0, /^[ \t]*#[ \t]*include[ \t]*"[^"]+"/) {
            header = $0; sub(/^[^"]*"/, "", header); sub(/".*/, "", header)
            target = header
            if (!sub(/\/.*/, "", target)) { fault("\"" header "\" is not spelled from src/"); next }
            if (target == layer) next
            if (!word_in(target, uses[layer]) && !word_in(header, uses[layer]))
                fault(layer " may not use " target " (" header ")")
            next
        }

        match($0, /^[ \t]*#[ \t]*include[ \t]*<[^>]+>/) {
            header = $0; sub(/^[^<]*</, "", header); sub(/>.*/, "", header)
            prefix = header; sub(/\/.*/, "/", prefix)
            if (prefix in library) {
                if (layer != library[prefix]) fault("only " library[prefix] " may include <" header ">")
            } else if (is_pure[layer] && !word_in(header, pure_headers) && !((inside, header) in also))
                fault(layer " is pure and may not include <" header ">")
        }

        END {
            if (layers < 2) { print "ARCHITECTURE.md: no table between the layers: begin and end comments"; exit 1 }
            printf "%d files in %d layers, %d faults\n", files, layers, faults
            exit faults > 0
        }' ARCHITECTURE.md
}

#        file              line planted                        what must be said of it
planted="wire/bad.c        #include_\"ike/ike.h\"              wire may not use ike
         ike/steps.def     #include_\"daemon/udp.h\"           ike may not use daemon
         base/bad.h        #_include_<time.h>                  base is pure and may not include <time.h>
         esp/bad.c         #include_<stdio.h>                  esp is pure and may not include <stdio.h>
         esp/bad.c         #include_<openssl/evp.h>            only crypto may include <openssl/evp.h>
         policy/bad.c      #include_\"crypto/hash.h\"          policy may not use crypto
         event/bad.c       #include_\"event.h\"                is not spelled from src/
         novel/new.c       #include_\"base/bytes.h\"           not in the table of layers"

#        file              line planted                        that must be let through
allowed="wire/good.c       #include_\"base/bytes.h\"
         policy/good.c     #include_\"crypto/algorithm.h\"
         crypto/good.c     #include_<openssl/evp.h>
         daemon/good.c     #include_<sys/socket.h>
         base/text.c       #include_<stdio.h>"

self_test() {
    local tree=$1 copy file line said seen failed=0
    copy=$(mktemp -d)
    trap 'rm -rf "$copy"' RETURN
    plant() {
        rm -rf "$copy/src"
        mkdir -p "$copy/src/$(dirname "$1")"
        echo "${2//_/ }" >"$copy/src/$1"
    }
    cp "$tree/ARCHITECTURE.md" "$copy"
    while read -r file line said; do
        plant "$file" "$line"
        if seen=$(check "$copy") || [[ $seen != *"src/$file:1: "*"$said"* ]]; then
            echo "not ok a planted $line in $file is found: $seen"
            failed=1
        else
            echo "ok a planted ${line//_/ } in $file is found: $said"
        fi
    done <<<"$planted"
    while read -r file line; do
        plant "$file" "$line"
        if seen=$(check "$copy"); then
            echo "ok ${line//_/ } in $file is let through"
        else
            echo "not ok ${line//_/ } in $file is let through: $seen"
            failed=1
        fi
    done <<<"$allowed"
    return $failed
}

here=$(cd "$(dirname "$0")/.." && pwd)
if [ "${1:-}" = --self-test ]; then
    self_test "$here"
else
    check "$(cd "${1:-$here}" && pwd)"
fi
