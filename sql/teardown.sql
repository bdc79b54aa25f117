-- Takes back what waltrack and sql/setup.sql made on a server. Stop waltrack first.
--
--   psql "$ADMIN_URL" -f sql/teardown.sql
--
--   slot         the slot                        (default: waltrack)
--   role         the role that it logs in as     (default: waltrack)
--   publication  the publication                 (default: waltrack)
--
-- The slot's position goes with it: a waltrack that starts later begins with what changes then. The
-- tables' REPLICA IDENTITY and output_plugin_libraries stay as they are, since others may rely on
-- them; to set them back:
--   alter table public.users replica identity default;
--   alter system reset output_plugin_libraries;  select pg_reload_conf();

\set ON_ERROR_STOP on
\set QUIET on
\if :{?slot}
\else
  \set slot waltrack
\endif
\if :{?role}
\else
  \set role waltrack
\endif
\if :{?publication}
\else
  \set publication waltrack
\endif
set client_min_messages = warning;

-- The slot first: as long as it exists, the server keeps all WAL since its position.
select exists (select from pg_replication_slots where slot_name = :'slot') as slot_exists \gset
\if :slot_exists
  select pg_drop_replication_slot(:'slot') \g /dev/null
\endif

drop publication if exists :"publication";

select exists (select from pg_roles where rolname = :'role') as role_exists \gset
\if :role_exists
  drop owned by :"role";
  drop role :"role";
\endif

reset client_min_messages;
\echo 'teardown.sql: slot' :slot', publication' :publication', role' :role 'are gone'
