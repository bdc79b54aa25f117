#!/usr/bin/env bash
# listed_sources_test.sh SOURCE_DIR: fails on a .cpp below src/ or tests/ that no CMakeLists.txt
# between it and the top names, with or without its ending: it would be neither built nor run, and
# nobody would notice.
set -euo pipefail
cd "$1"

faults=0
while IFS= read -r file; do
  folder=$(dirname "$file")
  listed=no
  while [[ $folder != . ]]; do
    relative=${file#"$folder/"}
    if [[ -f $folder/CMakeLists.txt ]] &&
      tr -s '[:space:]()"' '\n' <"$folder/CMakeLists.txt" |
      grep -xF -e "$relative" -e "${relative%.cpp}" >/dev/null; then  # not -q, which leaves tr a broken pipe
      listed=yes
      break
    fi
    folder=$(dirname "$folder")
  done
  if [[ $listed == no ]] && ! grep -rqF -e "$file" cmake; then
    echo "$file is in no CMakeLists.txt"
    faults=$((faults + 1))
  fi
done < <(find src tests -name '*.cpp' | sort)
((faults == 0))
