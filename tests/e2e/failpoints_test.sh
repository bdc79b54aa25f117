#!/usr/bin/env bash
# failpoints_test.sh SOURCE_DIR WALTRACK: fails when a source file with a failpoint is not compiled
# for waltrack_failpoints, where its failpoints would do nothing, or when a failpoint is in the
# binary that people use.
set -euo pipefail
cd "$1"

faults=0
files=0
while IFS= read -r file; do
  files=$((files + 1))
  if ! grep -qF -e "/$file" tests/e2e/CMakeLists.txt; then
    echo "$file has a failpoint and is not among the sources of waltrack_failpoints"
    faults=$((faults + 1))
  fi
done < <(grep -rlE --include='*.cpp' '\bfailpoint\("' src)
((files > 0)) || { echo "no failpoint in src" >&2; exit 1; }

while IFS= read -r name; do
  if grep -aqF -e "$name" "$2"; then
    echo "$name is in $2"
    faults=$((faults + 1))
  fi
done < <(grep -rhoE --include='*.cpp' '\bfailpoint\("[^"]+"\)' src | cut -d'"' -f2; echo WALTRACK_FAILPOINT)
((faults == 0))
