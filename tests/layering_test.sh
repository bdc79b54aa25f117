#!/usr/bin/env bash
# layering_test.sh SOURCE_DIR: fails on an #include in SOURCE_DIR/src against the layers that
# src/README.md names. First it plants faults in a small tree of its own and wants them found, so
# that a broken search cannot pass.
set -euo pipefail

declare -A allowed
allowed[base]="base"
allowed[model]="base model"
for room in postgres mapping segment state receiver; do
  allowed[$room]="base model $room"
done
allowed[pipeline]="base model postgres mapping segment state receiver pipeline"
allowed[workshop]="base model postgres mapping segment state receiver workshop"
allowed[web]="${allowed[pipeline]} web"
allowed[cli]="${allowed[pipeline]} workshop web cli"
allowed[main.cpp]="cli"

# Prints one line for each fault below $1/src; fails when there is one.
check() {
  local root=$1 faults=0 file line number text room target
  while IFS=: read -r file number text; do
    room=${file#"$root/src/"}
    room=${room%%/*}
    target=${text#*\"}
    target=${target%%\"*}
    if [[ -z ${allowed[$room]:-} ]]; then
      echo "$file:$number: the folder '$room' is not in the layers"
    elif [[ $target != */* ]]; then
      echo "$file:$number: \"$target\" does not say its room (write \"room/file.hpp\")"
    elif [[ " ${allowed[$room]} " != *" ${target%%/*} "* ]]; then
      echo "$file:$number: $room may not include \"$target\" (only: ${allowed[$room]})"
    else
      continue
    fi
    faults=$((faults + 1))
  done < <(grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' --include='*.?pp' "$root/src" || true)
  ((faults == 0))
}

planted=$(mktemp -d)
trap 'rm -rf "$planted"' EXIT

# plant FILE INCLUDE fault|fine: a tree with that one include is found faulty, or is not.
plant() {
  rm -rf "$planted/src"
  mkdir -p "$planted/src/$(dirname "$1")"
  echo "#include \"$2\"" >"$planted/src/$1"
  local found=fine
  check "$planted" >/dev/null || found=fault
  if [[ $found != "$3" ]]; then
    echo "self-check: $1 including $2 is $found, should be $3" >&2
    exit 1
  fi
}
plant base/a.cpp model/lsn.hpp fault
plant model/a.hpp base/error.hpp fine
plant model/a.hpp state/state_file.hpp fault
plant state/a.hpp postgres/slot.hpp fault
plant postgres/a.cpp model/lsn.hpp fine
plant receiver/a.cpp segment/batch.hpp fault
plant segment/deep/a.cpp mapping/rule.hpp fault
plant pipeline/a.cpp state/state_file.hpp fine
plant pipeline/a.cpp cli/config.hpp fault
plant pipeline/a.cpp workshop/table_guess.hpp fault
plant workshop/a.cpp postgres/catalog.hpp fine
plant workshop/a.cpp pipeline/pipeline.hpp fault
plant workshop/a.cpp cli/config.hpp fault
plant cli/a.cpp workshop/table_guess.hpp fine
plant cli/a.cpp pipeline/pipeline.hpp fine
plant web/a.cpp pipeline/pipeline.hpp fine
plant web/a.cpp workshop/table_guess.hpp fault
plant pipeline/a.cpp web/metrics.hpp fault
plant main.cpp cli/cli.hpp fine
plant main.cpp pipeline/pipeline.hpp fault
plant state/a.cpp state_file.hpp fault
plant helpers/a.cpp base/error.hpp fault

check "$1"
