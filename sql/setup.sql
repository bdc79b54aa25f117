-- What waltrack needs on a Postgres server, set up once by an administrator.
--
--   psql "$ADMIN_URL" -v tables='public.users, public.orders' -f sql/setup.sql
--
-- Connect to the database that is to be watched, as a superuser; on a managed server as its
-- administrator, who must own the tables. Running it again is harmless: it brings everything to what
-- the variables say.
--
--   tables       the tables to watch, with their schemas, separated by commas    (required;
--                '' where only logical messages are followed)
--   full         those of them that get REPLICA IDENTITY FULL                    (default: none)
--   role         the role that waltrack logs in as                               (default: waltrack)
--   publication  the publication for the plugin pgoutput                         (default: waltrack)
--   wal2json     yes: allow the plugin wal2json on this server (superuser only)  (default: no)
--
-- A new role has no password: give it one afterwards with `\password waltrack` in psql.
-- `sql/teardown.sql` takes everything back.

\set ON_ERROR_STOP on
\set QUIET on
\if :{?tables}
\else
  \warn 'setup.sql: say which tables: psql -v tables=''public.users, public.orders'' -f sql/setup.sql'
  do $$ begin raise exception 'the variable "tables" is missing'; end $$;
\endif
\if :{?role}
\else
  \set role waltrack
\endif
\if :{?publication}
\else
  \set publication waltrack
\endif
\if :{?full}
\else
  \set full ''
\endif
\if :{?wal2json}
\else
  \set wal2json no
\endif
set client_min_messages = warning;

-- 1. The log must carry what logical decoding reads. This needs a restart of the server, so it is
--    only said here:
--      alter system set wal_level = logical;    -- on a managed server: its own setting, such as
--                                               -- rds.logical_replication = 1
--    Each running waltrack takes one of max_replication_slots and one of max_wal_senders (10 each by
--    default). max_slot_wal_keep_size bounds what a stopped waltrack can make the server keep; a
--    slot that exceeds it is lost, and so are the changes.
select current_setting('wal_level') <> 'logical' as wal_level_is_low \gset
\if :wal_level_is_low
  \warn 'setup.sql: wal_level is not logical. Run "alter system set wal_level = logical" and restart the server.'
\endif

-- 2. The role. REPLICATION lets it make and read its slot; it needs no other power.
select not exists (select from pg_roles where rolname = :'role') as role_is_missing \gset
\if :role_is_missing
  create role :"role" login;
\endif
--    Amazon RDS and Aurora hand REPLICATION out as a role of their own.
select exists (select from pg_roles where rolname = 'rds_replication') as is_rds \gset
\if :is_rds
  grant rds_replication to :"role";
\else
  select not (rolreplication and rolcanlogin) as role_is_weak from pg_roles where rolname = :'role' \gset
  \if :role_is_weak
    alter role :"role" login replication;
  \endif
\endif

--    Making a slot on a replica (Postgres 16 and later) waits for a record that the primary writes now
--    and then; with source.primary_url waltrack asks it to write one.
select coalesce(has_function_privilege(to_regprocedure('pg_catalog.pg_log_standby_snapshot()'),
                                       'execute with grant option'), false) as may_grant_snapshots \gset
\if :may_grant_snapshots
  grant execute on function pg_catalog.pg_log_standby_snapshot() to :"role";
\endif

-- 3. What it may see. The rows come through the slot whatever is granted here; SELECT lets
--    `waltrack check` look at the tables' columns, and is the honest statement of what it reads.
select format('grant connect on database %I to %I', current_database(), :'role') \gexec
select distinct format('grant usage on schema %s to %I', relnamespace::regnamespace, :'role')
  from pg_class where oid in
    (select trim(name)::regclass from unnest(string_to_array(:'tables', ',')) as name) \gexec
--    Backfills read each partition by itself.
select format('grant select on table %s to %I', relation, :'role')
  from unnest(string_to_array(:'tables', ',')) as name,
       lateral (select trim(name)::regclass as relation
                union select relid from pg_partition_tree(trim(name)::regclass)) as tree \gexec

-- 4. Old values. With the default replica identity an update or delete carries only the old primary
--    key. Mappings that read `old.` or `changed.` of other columns, or any other column of a deleted
--    row, need FULL on that table. It costs WAL: every update and delete then logs the whole old row.
select format('alter table %s replica identity full', trim(name)::regclass)
  from unnest(string_to_array(:'full', ',')) as name where trim(name) <> '' \gexec
--    A table with neither a primary key nor FULL must not enter a publication: the application's own
--    updates and deletes on it would fail.
select string_agg(name, ', ') as tables_without_identity, count(*) > 0 as some_lack_identity
  from (select c.oid::regclass::text as name from pg_class c
         where c.oid in (select trim(t)::regclass from unnest(string_to_array(:'tables', ',')) as t)
           and (c.relreplident = 'n'
                or (c.relreplident = 'd' and not exists
                    (select from pg_index where indrelid = c.oid and indisprimary)))) as lacking \gset
\if :some_lack_identity
  \warn 'setup.sql: no primary key and no replica identity:' :tables_without_identity
  do $$ begin raise exception 'add a primary key, or name these tables in "full" too'; end $$;
\endif

-- 5. The publication, for the plugin pgoutput. It must be there before the slot is made: a slot does
--    not see a publication that is younger than the changes it reads. It holds all operations and no
--    row filter (a filter would turn updates into inserts and deletes), and tells the changes of
--    partitions as their root's, as mappings name it.
select not exists (select from pg_publication where pubname = :'publication') as publication_is_missing \gset
select trim(:'tables') <> '' as some_tables \gset
\if :publication_is_missing
  create publication :"publication" with (publish_via_partition_root = true);
\else
  alter publication :"publication" set (publish_via_partition_root = true);
\endif
\if :some_tables
  alter publication :"publication" set table :tables;
\else
  select format('alter publication %I drop table %I.%I', pubname, schemaname, tablename)
    from pg_publication_tables where pubname = :'publication' \gexec
\endif

-- 6. wal2json, if it is wanted and installed (Debian: postgresql-15-wal2json). Servers since 14.24,
--    15.19, 16.15, 17.11 and 18.6 refuse every output plugin that output_plugin_libraries does not
--    name; older ones do not know the setting, and naming it in postgresql.conf would keep them from
--    starting. The value replaces the default, so it names the default's plugins too.
--
--    Beware: in SQL the list is NOT quoted. One quoted string is stored as the name of a single
--    plugin, and the server then refuses all of them, pgoutput included:
--      alter system set output_plugin_libraries = pgoutput, test_decoding, wal2json;      -- right
--      alter system set output_plugin_libraries = 'pgoutput, test_decoding, wal2json';    -- wrong
--    In postgresql.conf it is the other way round: there the whole list stands in quotes.
\if :wal2json
  select exists (select from pg_settings where name = 'output_plugin_libraries') as has_list \gset
  \if :has_list
    select 'wal2json' <> all (string_to_array(
             replace(replace(current_setting('output_plugin_libraries'), '"', ''), ' ', ''), ','))
           as wal2json_is_refused \gset
    \if :wal2json_is_refused
      select format('alter system set output_plugin_libraries = %s, wal2json',
                    current_setting('output_plugin_libraries')) \gexec
      do $$ begin perform pg_reload_conf(); end $$;
    \endif
  \endif
\endif

reset client_min_messages;
\echo 'setup.sql: role' :role', publication' :publication 'for' :tables
