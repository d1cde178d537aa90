#!/usr/bin/env bash
# purity.sh BUILD: proves with the linker's own tables that the cores are pure. In the libraries of BUILD,
#   - every symbol a core needs and no core defines stands in pure-symbols.txt, with its reason;
#   - no core has data that can change: .data, .bss and their thread-local kin are empty.
# The one exception is proto/base/check.c, where a broken belief ends the program.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"
libraries=(libzyg_proto.a libzyg_core.a)

impure=$(nm -A "${libraries[@]}" | awk -v allow="$here/pure-symbols.txt" '
    BEGIN {
        while ((getline line < allow) > 0)
            if (line !~ /^#/) {
                count = split(line, names, " ")
                for (i = 1; i <= count; i++)
                    allowed[names[i]] = 1
            }
    }
    NF >= 3 {
        split($1, where, ":") # archive:member:address
        if ($(NF - 1) == "U") {
            if (where[2] != "check.c.o")
                needed[$NF] = needed[$NF] " " where[2]
        } else if ($(NF - 1) ~ /^[A-Z]$/) {
            defined[$NF] = 1
        }
    }
    END {
        for (name in needed)
            if (!(name in allowed) && !(name in defined))
                printf "purity: %s is needed by%s\n", name, needed[name]
    }' | sort)

changing=$(objdump -h "${libraries[@]}" | awk '
    /file format/ { member = $1; sub(/:$/, "", member) }
    $2 ~ /^\.(data|bss|tdata|tbss)/ && $2 !~ /^\.data\.rel\.ro/ && $3 !~ /^0+$/ {
        printf "purity: %s has data that can change in %s\n", member, $2
    }')

if [ -n "$impure$changing" ]; then
    printf '%s\n' ${impure:+"$impure"} ${changing:+"$changing"} >&2
    exit 1
fi
echo "purity: $(nm "${libraries[@]}" 2>/dev/null | grep -c ' T ') functions of the cores are pure"
