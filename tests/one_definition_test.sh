#!/usr/bin/env bash
# one_definition_test.sh SOURCE_DIR: fails when two headers below src/ define a type of the same
# name at the top of the namespace. Compiler and linker stay silent about that, and the program
# then destroys objects of one as if they were the other.
set -euo pipefail
cd "$1"

find src -name '*.hpp' -print0 | sort -z | xargs -0 grep -HE '^(class|struct|union|enum) ' |
  sed -nE 's/^([^:]+):(class|struct|union|enum|enum class) +([A-Za-z0-9_]+)( final)?( *[:{].*)?$/\3 \1/p' |
  sort -u |
  awk '{ places[$1] = places[$1] "\n  " $2; ++count[$1] }
       END { for (name in count) if (count[name] > 1) { print name " is defined twice:" places[name]; twice = 1 }
             exit twice }'
