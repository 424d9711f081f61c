#!/bin/sh
# The line coverage of each source as a table: coverage.sh OBJECTS
set -eu

find "$1" -name '*.gcno' | sort | xargs -r gcov --no-output 2>/dev/null | awk '
    # gcov prints a "File" line, then the share; a header comes once for each source that uses it,
    # so only the sources themselves are counted.
    /^File / {
        file = $0
        gsub(/^File .|.$/, "", file)
    }
    /^Lines executed:/ && file ~ /^src\/.*[.]c$/ {
        split($0, part, /[:% ]+/)
        share[file] = part[3]
        lines[file] = part[5]
        file = ""
    }
    END {
        for (name in lines) {
            printf "%7.2f %% of %5d  %s\n", share[name], lines[name], name | "sort -k 5"
            all += lines[name]
            run += share[name] * lines[name] / 100
        }
        close("sort -k 5")
        if (all)
            printf "%7.2f %% of %5d  all\n", 100 * run / all, all
    }'
