#!/usr/bin/env bash
# arrows.sh CORE_FILES: checks the direction of every include, how long files are, and that no merge left its marks.
#
#   proto <- cores <- shells <- cmd       proto <- store <- shells       a room never includes another room's header
#
# Every #include "..." is written from the repository root and names a file there. What stands in arrows.txt is allowed,
# each with its reason; actors/kit is the rooms' common ground, actors/node is the wiring and sees them all. A library that
# does effects is included in one place. CORE_FILES (from the build) lists the files that must stay pure.
set -euo pipefail
cd "$(dirname "$0")/../.."

lines_max=600

find proto actors store cmd -name '*.[ch]' -o -name '*.def' | LC_ALL=C sort | xargs grep -HnE '^ *# *include' |
    awk -v cores="$1" -v exceptions=tests/tidy/arrows.txt '
    function room_of(path,   parts) { # "proto", "store", "cmd", or "actors/<room>"
        split(path, parts, "/")
        return parts[1] == "actors" ? parts[1] "/" parts[2] : parts[1]
    }
    function excepted(from, to,   i) {
        for (i = 1; i <= exceptions_count; i++)
            if (index(from, exception_from[i]) == 1 && to == exception_to[i])
                return 1
        return 0
    }
    function wrong(why) {
        printf "arrows: %s:%s: %s\n", file, line, why
        bad = 1
    }
    function check_ours(from, to) {
        if (!(to in there))
            there[to] = (getline ignored < to) >= 0
        close(to)
        if (!there[to])
            return wrong("\"" included "\" is not a path from the repository root")
        if (from == to_room || to_room == "proto" || excepted(file, to))
            return
        if (from == "proto")
            wrong("proto is below everything and includes only proto, not " to)
        else if (to_room == "cmd" || to_room == "tests")
            wrong(to " is above " from)
        else if (from == "store" && !(is_shell && to_room == "actors/kit"))
            wrong("store includes only proto and store, not " to)
        else if (is_core && to != "actors/kit/core.h" && to != "actors/kit/frame.h")
            wrong("a core includes proto, its own folder and actors/kit/core.h, not " to)
        else if (from != "store" && from != "cmd" && from != "actors/node" && to_room != "actors/kit" && to_room != "store")
            wrong("a room does not include another room'\''s header: " to)
        else if (from == "actors/kit" && to_room != "store")
            wrong("actors/kit is below the rooms and does not include " to)
    }
    function check_system(header) {
        if ((header in home) && file !~ home[header])
            wrong("<" header "> has its place in " home[header])
        if (is_core && header ~ /^(czmq|zmq|lmdb|yaml|pthread|unistd|fcntl|time|spawn|locale|sys\/.*)\.h$/)
            wrong("a core has no use for <" header ">")
    }
    BEGIN {
        home["lmdb.h"] = "^store/"
        home["yaml.h"] = "^actors/jobfile/"
        home["czmq.h"] = home["zmq.h"] = "^actors/|_actor\\.[ch]$|^cmd/cli/client"
        home["msgpack/pack.h"] = home["msgpack.h"] = "^proto/base/mp\\.c$"
        home["spawn.h"] = "^actors/executor/|^cmd/node/on_idle"
        while ((getline text < cores) > 0)
            core[text] = 1
        while ((getline text < exceptions) > 0)
            if (text !~ /^#/ && split(text, words, " ") >= 4) {
                exception_from[++exceptions_count] = words[1]
                exception_to[exceptions_count] = words[2]
            }
    }
    {
        split($0, where, ":")
        file = where[1]
        line = where[2]
        source = file
        sub(/\.h$/, ".c", source)
        is_core = source in core
        is_shell = file ~ /_(actor|port|shell)\.[ch]$/
        from = room_of(file)
        if (match($0, /"[^"]+"/)) {
            included = substr($0, RSTART + 1, RLENGTH - 2)
            to_room = room_of(included)
            check_ours(from, included)
        } else if (match($0, /<[^>]+>/)) {
            check_system(substr($0, RSTART + 1, RLENGTH - 2))
        }
        count++
    }
    END {
        printf "arrows: %d includes looked at\n", count
        exit bad
    }' || bad=1

while read -r lines file; do
    if [ "$file" != total ] && [ "$lines" -gt "$lines_max" ]; then
        echo "arrows: $file has $lines lines; past $lines_max, look for the second noun" >&2
        bad=1
    fi
done < <(find proto actors store cmd tests -name '*.[ch]' -o -name '*.sh' | xargs wc -l)

if marked=$(git grep -nE '^(<<<<<<<|>>>>>>>)( |$)' 2>/dev/null); then
    echo "arrows: marks of a merge:"$'\n'"$marked" >&2
    bad=1
fi

exit "${bad:-0}"
