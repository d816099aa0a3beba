# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts beside it: numbered steps with their times, quiet unless they fail.

if [[ -t 1 ]]; then
    bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'
else
    bold='' red='' plain=''
fi
started=$SECONDS
logs=${BIREME_LOGS:-}
if [[ -z $logs ]]; then
    logs=$(mktemp -d)
    trap 'rm -rf "$logs"' EXIT
fi

say() { printf '%s\n' "$*"; }
die() { printf '%s%s%s\n' "$red" "$*" "$plain" >&2; exit 1; }

# step <title> <command>...: runs the command, its output kept unless it fails.
step() {
    local title=$1 begin=$SECONDS log="$logs/step.log"
    shift
    printf '%s- %-46s%s ' "$bold" "$title" "$plain"
    if "$@" >"$log" 2>&1 </dev/null; then
        printf '%4d s\n' $((SECONDS - begin))
    else
        local code=$?
        printf '%sfailed%s after %d s\n' "$red" "$plain" $((SECONDS - begin))
        tail -n 60 "$log" >&2
        return "$code"
    fi
}

# shown <title> <command>...: the same, with the command's output on the terminal.
shown() {
    local title=$1 begin=$SECONDS code=0
    shift
    printf '%s- %s%s\n' "$bold" "$title" "$plain"
    "$@" </dev/null || code=$?
    printf '  %s: %d s\n' "$title" $((SECONDS - begin))
    return "$code"
}

# configured <preset>: from nothing, with an empty ccache too, headers are precompiled and sources compiled
# together: faster by half.
configured() {
    local files='' how=()
    if [[ ! -e build/$1/CMakeCache.txt ]]; then
        files=$(ccache --print-stats 2>/dev/null | awk '$1 == "files_in_cache" {print $2}') || true
        [[ ${files:-0} != 0 ]] || how=(-DBIREME_PRECOMPILE=ON)
    fi
    step "configure ($1)" cmake --preset "$1" "${how[@]}"
}
