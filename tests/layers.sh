#!/bin/sh
# What the compiler does not check of the house rules: layers.sh [OBJECTS]
#
# Run in the project's folder (or in one built like it). Prints "file:line: why" for each breach
# and fails if there is one. OBJECTS is a folder of compiled sources; with it, mutable variables
# that outlive a function are found too.
set -eu

found=$(mktemp)
trap 'rm -f "$found"' EXIT

check_sources() {
    # shellcheck disable=SC2016 # awk's own $
    find src -name '*.[ch]' | sort | xargs -r awk '
    function breach(why) { printf "%s:%d: %s\n", FILENAME, FNR, why }

    BEGIN {
        # A stage may include itself and what stands before it.
        count = split("base crypto config capture decode flow preamble tls fingerprint outcome " \
                      "session context detect alert", order, " ")
        for (i = 1; i <= count; i++)
            place[order[i]] = i

        # A library is known to these files alone.
        library["pcap"] = "^src/capture/"
        library["ndpi"] = "^src/flow/app_label[a-z_]*[.]c$"
        library["yaml"] = "^src/config/"
        library["json-c"] = "^src/(session|context|alert)/"
        library["sqlite3"] = "^src/detect/state[.]c$"
        library["openssl"] = "^src/crypto/"
        library["zlib"] = "^src/capture/"
        library["zstd"] = "^src/capture/"
        library["seccomp"] = "^src/allowed_calls[.]c$"
        library["microhttpd"] = "^src/metrics[.]c$"
        library["cap-ng"] = "^src/privdrop[.]c$"

        unbounded = "^(strcpy|stpcpy|strcat|sprintf|vsprintf|atoi|atol|atoll|strtok|alloca|gets)$"
        swap = "^(ntohs|ntohl)$"
        clock = "^(time|clock|clock_gettime|gettimeofday|timespec_get|ftime)$"
    }

    FNR == 1 {
        in_comment = 0
        opened = 0
        stage = FILENAME
        stage = sub(/^src\//, "", stage) && sub(/\/.*/, "", stage) ? stage : ""
        if (stage != "" && !(stage in place))
            breach("the folder " stage " is no stage")
        if (FILENAME ~ /[.]h$/ && $0 == "")
            breach("a header begins with what it is for")
    }

    FNR == 501 { breach("more than 500 lines: the file has two subjects") }

    /^[ \t]*#[ \t]*include/ {
        check_include($0)
        next
    }

    {
        code = strip($0)
        check_calls(code)
        check_jumps(code)
        # The indent tells the depth: 4 columns for the body of the function, 4 for each level.
        if (code ~ /^                +(if|for|while|do|switch)[ (]/)
            breach("a fourth level of nesting: 3 are the limit")
    }

    /^\{/ { opened = FNR; split("", labels) }
    /^\}/ && opened {
        if (FNR - opened - 1 > 60)
            breach("a function of " (FNR - opened - 1) " lines: 60 are the limit")
        opened = 0
    }

    function check_include(line,    name, its_stage) {
        name = line
        if (match(name, /"[^"]*"/)) {
            name = substr(name, RSTART + 1, RLENGTH - 2)
            its_stage = name
            sub(/\/.*/, "", its_stage)
            if (stage == "")
                return
            if (name !~ /\//)
                breach("a stage includes " name ", which stands above the stages")
            else if (!(its_stage in place))
                breach(name " lies in no stage")
            else if (place[its_stage] > place[stage])
                breach(stage " includes " name ", which comes later")
        } else if (match(name, /<[^>]*>/)) {
            name = substr(name, RSTART + 1, RLENGTH - 2)
            its_stage = name
            sub(/[\/.].*/, "", its_stage)
            if (its_stage ~ /^ndpi_/)
                its_stage = "ndpi"
            if (its_stage in library && FILENAME !~ library[its_stage])
                breach("<" name "> is for " library[its_stage] " alone")
        }
    }

    # Without comments and without what stands in quotes.
    function strip(line,    out, i, c, two, quote) {
        if (!in_comment && line !~ /["\047]|\/[*\/]/)
            return line
        for (i = 1; i <= length(line); i++) {
            c = substr(line, i, 1)
            two = substr(line, i, 2)
            if (in_comment) {
                if (two == "*/") {
                    in_comment = 0
                    i++
                }
            } else if (quote != "") {
                if (c == "\\")
                    i++
                else if (c == quote)
                    quote = ""
            } else if (two == "/*") {
                in_comment = 1
                i++
            } else if (two == "//") {
                return out
            } else if (c == "\"" || c == "\047") {
                quote = c
                out = out c c
            } else {
                out = out c
            }
        }
        return out
    }

    function check_calls(rest,    name) {
        while (match(rest, /[A-Za-z_][A-Za-z0-9_]*[ ]*\(/)) {
            name = substr(rest, RSTART, RLENGTH - 1)
            sub(/ +$/, "", name)
            rest = substr(rest, RSTART + RLENGTH)
            if (name ~ unbounded)
                breach(name "() is not used here: it knows no bound or no error")
            else if (name ~ swap)
                breach(name "(): wire data is read through base/span.h")
            else if (name ~ clock && FILENAME !~ /^src\/(loop|main)[.]c$/)
                breach(name "(): time comes with the packet, only loop.c and main.c ask the clock")
        }
    }

    function check_jumps(line,    name) {
        if (line ~ /^[ ]*[A-Za-z_][A-Za-z0-9_]*:[ ]*$/ && line !~ /default:/) {
            name = line
            gsub(/[ :]/, "", name)
            labels[name] = 1
        }
        if (match(line, /(^|[^A-Za-z0-9_])goto [A-Za-z0-9_]+/)) {
            name = substr(line, RSTART, RLENGTH)
            sub(/.*goto /, "", name)
            if (name in labels)
                breach("goto " name " jumps backwards")
        }
    }'
}

# Objects of main.c and loop.c (the signal flag) and of log.c (the level) may have them. Constant
# tables that hold addresses lie in .data.rel.ro and are no variables.
check_objects() {
    find "$1" -name '*.o' ! -name main.o ! -name loop.o ! -path '*/base/log.o' | sort |
        while read -r object; do
            source=src/${object#"$1"/}
            source=${source%.o}.c
            [ -f "$source" ] || continue
            objdump -t "$object" | awk '
                $3 == "O" && $4 ~ /^[.](data|bss|tdata|tbss)/ && $4 !~ /^[.]data[.]rel[.]ro/ { print $NF }
                $4 == "*COM*" || $3 == "*COM*" { print $NF }' |
                while read -r symbol; do
                    line=$(grep -n "\\<${symbol%%.*}\\>" "$source" | head -n 1 | cut -d : -f 1)
                    echo "$source:${line:-1}: ${symbol%%.*} is a mutable variable that outlives a call"
                done
        done
}

check_sources >"$found"
[ $# -eq 0 ] || check_objects "$1" >>"$found"
cat "$found"
[ ! -s "$found" ]
