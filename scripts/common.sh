# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
# Shared by the scripts: where things are, and how to build a preset quietly. Sourced, not run.

root=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)

# What a build of the program depends on; tests and benchmarks add their folders.
program_sources=(CMakeLists.txt CMakePresets.json cmake include src apps)

# newer_than STAMP PATH...: is anything under the paths (in the root) newer than the stamp, or is there
# no stamp? A removed or renamed file makes its folder newer.
newer_than() {
  local stamp=$1
  shift
  [ -e "$stamp" ] || return 0
  local paths=() path
  for path in "$@"; do
    [ -e "$root/$path" ] && paths+=("$root/$path")
  done
  [ -n "$(find "${paths[@]}" -newer "$stamp" -print -quit)" ]
}

# build PRESET "OPTIONS" TARGET...: configures if needed and builds; what the tools print goes to
# build/PRESET/log and is shown only if something fails. One build of a preset at a time.
build() {
  local preset=$1 options=$2
  shift 2
  local dir=$root/build/$preset
  mkdir -p "$dir"
  (
    flock -n 9 || { echo "waiting for another build of '$preset'…" >&2; flock 9; }
    cd "$root" || exit 1
    exec >"$dir/log" 2>&1
    local option configure=no
    [ "$dir/build.ninja" -nt CMakePresets.json ] || configure=yes
    for option in $options; do
      grep -qx "${option#-D}" <(sed 's/:[A-Z]*=/=/' "$dir/CMakeCache.txt" 2>/dev/null) || configure=yes
    done
    if [ "$configure" = yes ]; then
      # shellcheck disable=SC2086  # the options are words
      cmake --preset "$preset" $options 9>&- || exit 1
    fi
    ninja -C "$dir" "$@" 9>&-
  ) 9>"$dir/lock" && return 0
  # The tail is where the compiler's words are; ninja prints a failed command before them.
  grep -v '^\[[0-9]*/[0-9]*\] \(Building\|Linking\)' "$dir/log" | tail -n 100 >&2
  echo "the build of preset '$preset' failed; all that it printed is in build/$preset/log" >&2
  return 1
}
