#!/bin/bash
# Entry point of the postgres image: prepares a database cluster on first start, then becomes the server.
#
# environment: POSTGRES_PASSWORD, POSTGRES_USER (postgres), POSTGRES_DB (the user's name), POSTGRES_INITDB_ARGS, POSTGRES_INITDB_WALDIR,
# POSTGRES_HOST_AUTH_METHOD, PGDATA; the first four also as NAME_FILE, a file that holds the value.
# /docker-entrypoint-initdb.d: *.sh, *.sql, *.sql.gz run in order of their names, once, when the cluster is new.
set -Eeuo pipefail

fail() { echo "postgres image: $*" >&2; exit 1; }

setting() { # name default: from NAME, or the file NAME_FILE
  local name=$1 file=${1}_FILE
  if [ -n "${!name:-}" ] && [ -n "${!file:-}" ]; then fail "$name and $file are both set: only one may be"; fi
  if [ -n "${!file:-}" ]; then export "$name=$(<"${!file}")"; else export "$name=${!name:-${2:-}}"; fi
  unset "$file"
}

as_postgres() { # root prepares the directories, then gives itself up
  mkdir -p "$PGDATA" /var/run/postgresql
  chmod 0700 "$PGDATA" || true
  chmod 3777 /var/run/postgresql || true
  find "$PGDATA" \! -user postgres -exec chown postgres {} +
  find /var/run/postgresql \! -user postgres -exec chown postgres {} +
  if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then
    mkdir -p "$POSTGRES_INITDB_WALDIR"
    chmod 0700 "$POSTGRES_INITDB_WALDIR"
    chown -R postgres "$POSTGRES_INITDB_WALDIR"
  fi
  exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$0" "$@"
}

create_cluster() {
  local method=${POSTGRES_HOST_AUTH_METHOD:-}
  if [ -z "$POSTGRES_PASSWORD" ] && [ "$method" != trust ]; then
    fail "the database is new and has no password for its superuser: set POSTGRES_PASSWORD to a value that is not empty" \
      "(or POSTGRES_HOST_AUTH_METHOD=trust to let everybody in without one)"
  fi
  [ "$method" != trust ] || echo "postgres image: POSTGRES_HOST_AUTH_METHOD=trust lets everybody in without a password" >&2
  local wal=()
  if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then wal=(--waldir "$POSTGRES_INITDB_WALDIR"); fi
  # POSTGRES_INITDB_ARGS holds several arguments, quoted as for a shell.
  eval 'initdb --username="$POSTGRES_USER" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD") "${wal[@]}" '"${POSTGRES_INITDB_ARGS:-}"
  if [ -z "$method" ]; then method=$(postgres -C password_encryption); fi
  printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
}

run_sql() { # psql arguments
  PGHOST='' PGHOSTADDR='' psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --no-password --dbname "$POSTGRES_DB" "$@"
}

run_scripts() {
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sh) if [ -x "$file" ]; then echo "running $file"; "$file"; else echo "sourcing $file"; . "$file"; fi ;;
      *.sql) echo "running $file"; run_sql -f "$file" ;;
      *.sql.gz) echo "running $file"; gzip -dc "$file" | run_sql ;;
      *) [ ! -e "$file" ] || echo "ignoring $file" ;;
    esac
  done
}

initialise() { # server arguments
  create_cluster
  export PGPASSWORD=$POSTGRES_PASSWORD
  # Nobody but the scripts below may see the half-made database: no address is listened on.
  pg_ctl -D "$PGDATA" -o "$(printf '%q ' "$@" -c listen_addresses='' -p "${PGPORT:-5432}")" -w start
  if [ "$POSTGRES_DB" != postgres ]; then
    POSTGRES_DB=postgres run_sql --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";'
  fi
  run_scripts
  pg_ctl -D "$PGDATA" -m fast -w stop
  unset PGPASSWORD
  echo "postgres image: the database is ready to start"
}

if [ $# = 0 ] || [ "${1:0:1}" = - ]; then set -- postgres "$@"; fi
if [ "$1" = postgres ]; then
  case " $* " in *" --version "* | *" -V "* | *" --help "* | *" -? "* | *" --describe-config "*) exec "$@" ;; esac
  [ "$(id -u)" != 0 ] || as_postgres "$@"
  if [ ! -s "$PGDATA/PG_VERSION" ]; then
    mkdir -p "$PGDATA"
    setting POSTGRES_PASSWORD
    setting POSTGRES_USER postgres
    setting POSTGRES_DB "$POSTGRES_USER"
    setting POSTGRES_INITDB_ARGS
    initialise "${@:2}"
  fi
fi
exec "$@"
