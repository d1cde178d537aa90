#!/usr/bin/env bash
# unused.sh BUILD: what can be seen outside its file (every function and table that is not static) is used by a program: some
# other object of the programs in BUILD needs it, or its own file names it again. What only tests use is dead weight, but
# for what stands in only-tests.txt, each with its reason. A line there that is no longer needed is wrong too.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$1"

mapfile -t objects < <(find CMakeFiles/zyg*.dir -name '*.o' | LC_ALL=C sort)
nm -A "${objects[@]}" | awk -v root="$root" -v allow="$here/only-tests.txt" '
    function wrong(why) {
        print "unused: " why
        bad = 1
    }
    function times_named(name, file,   line, count) { # in code: a definition is one
        while ((getline line < file) > 0) {
            sub(/^ *(\/?\*[ \/]|\/\/).*/, "", line)
            while (match(line, "(^|[^A-Za-z0-9_])" name "($|[^A-Za-z0-9_])")) {
                count++
                line = substr(line, RSTART + RLENGTH - 1)
            }
        }
        close(file)
        return count
    }
    BEGIN {
        while ((getline line < allow) > 0)
            if (line !~ /^#/) {
                split(line, names, " ")
                if (names[1] != "")
                    allowed[names[1]] = 1
            }
    }
    NF >= 3 {
        split($1, where, ":") # object:address
        if ($(NF - 1) == "U") {
            needed[$NF] = 1
        } else if ($(NF - 1) ~ /^[TDRBC]$/ && $NF != "main") {
            file = where[1]
            sub(/.*\.dir\//, root "/", file)
            sub(/\.o$/, "", file)
            home[$NF] = file
        }
    }
    END {
        for (name in home) {
            count++
            file = substr(home[name], length(root) + 2)
            if (file in allowed)
                seen[file] = 1
            else if (name in needed || times_named(name, home[name]) > 1) {
                if (name in allowed)
                    wrong(name " is used after all: its line in only-tests.txt can go")
            } else if (!(name in allowed)) {
                wrong(name " is used by no program (" file ")")
            }
        }
        for (name in allowed)
            if (!(name in home) && !(name in seen))
                wrong(name " is gone: its line in only-tests.txt can go")
        printf "unused: %d functions and tables looked at\n", count
        exit bad
    }'
