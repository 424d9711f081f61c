#!/bin/sh
# src/flow/app_label.c compiles in the shape that each release of nDPI gives its interface, and
# refuses those that it does not know. No other release need be installed: tests/lib/ndpi_api/
# stands in for it.
set -u

compile() {
    ${CC:-cc} -std=c11 -D_GNU_SOURCE -Isrc -isystem tests/lib/ndpi_api \
        -DSTUB_MAJOR="$1" -DSTUB_MINOR="$2" -Wall -Wextra -Wshadow -Wconversion -Werror \
        -fsyntax-only src/flow/app_label.c 2>&1
}

echo 1..9
n=0
for version in 4.2 4.4 4.6 4.8 4.10 4.12 4.14 5.0 6.0; do
    n=$((n + 1))
    said=$(compile "${version%.*}" "${version#*.}")
    compiles=$?
    case $version in
    6.*)
        sentence="nDPI $version is refused with a word on why"
        case $said in *"nDPI 4.2 to 5.x is needed"*) holds=true ;; *) holds=false ;; esac
        ;;
    *)
        sentence="it compiles against nDPI $version"
        [ $compiles -eq 0 ] && holds=true || holds=false
        ;;
    esac
    if $holds; then
        echo "ok $n - $sentence"
    else
        echo "not ok $n - $sentence"
        echo "$said" | sed 's/^/# /'
    fi
done
