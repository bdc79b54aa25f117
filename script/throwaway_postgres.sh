# A Postgres 15 server for a few minutes, in a folder of its own, reachable through a socket in that
# folder only: it cannot meet a server that this machine runs already. To be sourced.

pg_bin=/usr/lib/postgresql/15/bin

# Postgres refuses to run as root; the package made a user for it.
as_postgres=()
((EUID != 0)) || as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups)

# throwaway_postgres_start FOLDER: makes FOLDER/data and starts a server on it. Its log is
# FOLDER/postgres.log.
throwaway_postgres_start() {
  local folder=$1
  mkdir -p "$folder/data" "$folder/socket"
  touch "$folder/postgres.log"
  ((EUID != 0)) || chown postgres:postgres "$folder/data" "$folder/socket" "$folder/postgres.log"
  chmod 0700 "$folder/data" "$folder/socket"
  (
    cd "$folder"
    "${as_postgres[@]}" "$pg_bin/initdb" -D data -U postgres -A trust -E UTF8 --locale=C.UTF-8 \
      --no-sync --no-instructions
    "${as_postgres[@]}" tee -a data/postgresql.conf <<EOF
listen_addresses = ''
unix_socket_directories = '$folder/socket'
wal_level = logical
fsync = off  # it will be thrown away
EOF
    "${as_postgres[@]}" "$pg_bin/pg_ctl" -D data -l postgres.log -w -t 60 start
  ) >"$folder/initdb.log" 2>&1 || {
    cat "$folder/initdb.log" "$folder/postgres.log" >&2
    return 1
  }
}

throwaway_postgres_stop() {
  local folder=$1
  [[ -f $folder/data/postmaster.pid ]] || return 0
  (
    cd "$folder"
    "${as_postgres[@]}" "$pg_bin/pg_ctl" -D data -w -t 20 -m fast stop ||
      "${as_postgres[@]}" "$pg_bin/pg_ctl" -D data -w -m immediate stop
  ) >/dev/null 2>&1
}

# throwaway_psql FOLDER DATABASE [psql arguments]: as the server's superuser.
throwaway_psql() {
  local folder=$1 database=$2
  shift 2
  "$pg_bin/psql" -X -q -v ON_ERROR_STOP=1 -h "$folder/socket" -U postgres -d "$database" "$@"
}
