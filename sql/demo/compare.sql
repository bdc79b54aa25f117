-- Holds what the receiver wrote down (ndjson, one event a line) against traffic.expected: the same
-- events with the same content, as often; each user's in the order in which they were committed; no
-- message id twice. Shows the differences, and ends psql with an error if there are any.
--
--   psql -f sql/demo/compare.sql < events.ndjson
\set ON_ERROR_STOP on
\set QUIET on
\pset footer off
\pset null '-'
set client_min_messages = warning;
set timezone = 'UTC';

create temporary table line (n bigint generated always as identity, event jsonb);
-- Quote and delimiter are characters that JSON never holds bare, so each line is one whole value.
\copy line (event) from pstdin with (format csv, quote E'\x01', delimiter E'\x02')

create temporary view received as
  select n, event ->> 'type' as type, event ->> 'event' as event,
         event ->> 'userId' as user_id, event ->> 'anonymousId' as anonymous_id,
         coalesce(event ->> 'groupId', event #>> '{context,groupId}') as group_id,
         coalesce(event -> 'properties', event -> 'traits') as content,
         (event ->> 'timestamp')::timestamptz as timestamp, event ->> 'messageId' as message_id
  from line;

-- The timestamp is compared where the row gives it.
create temporary view wanted as
  select n, type, event, user_id, anonymous_id, group_id, content, timestamp
  from traffic.expected;
create temporary view came as
  select n, type, event, user_id, anonymous_id, group_id, content,
         case when event in ('Signed Up', 'Order Placed', 'Account Created',
                            'Subscription Started', 'Subscription Cancelled')
              then timestamp end as timestamp
  from received;

create temporary table missing as
  select type, event, user_id, anonymous_id, group_id, content, timestamp from wanted
  except all select type, event, user_id, anonymous_id, group_id, content, timestamp from came;
create temporary table surplus as
  select type, event, user_id, anonymous_id, group_id, content, timestamp from came
  except all select type, event, user_id, anonymous_id, group_id, content, timestamp from wanted;
create temporary table twice as
  select message_id, count(*) from received group by 1 having count(*) > 1 or message_id is null;
create temporary table out_of_order as
  with expected_order as (
    select coalesce(user_id, anonymous_id) as who, type, event, content,
           row_number() over (partition by coalesce(user_id, anonymous_id) order by n) as place
    from wanted
  ), arrival_order as (
    select coalesce(user_id, anonymous_id) as who, type, event, content,
           row_number() over (partition by coalesce(user_id, anonymous_id) order by n) as place
    from came
  )
  select who, place, coalesce(w.event, w.type) as expected, coalesce(c.event, c.type) as came
  from expected_order w join arrival_order c using (who, place)
  where (w.type, w.event, w.content) is distinct from (c.type, c.event, c.content);

select (select count(*) from missing) + (select count(*) from surplus) = 0 as same_events,
       (select count(*) from missing) > 0 as some_missing,
       (select count(*) from surplus) > 0 as some_surplus,
       (select count(*) from twice) > 0 as some_twice,
       (select count(*) from out_of_order) > 0 as some_out_of_order \gset
\if :some_missing
  \echo 'Expected, but did not arrive (the first 20):'
  select * from missing order by user_id, event limit 20;
\endif
\if :some_surplus
  \echo 'Arrived, but was not expected (the first 20):'
  select * from surplus order by user_id, event limit 20;
\endif
\if :some_twice
  \echo 'Message ids that came more than once, or are missing (the first 20):'
  select * from twice limit 20;
\endif
\if :same_events
  \if :some_out_of_order
    \echo 'Not in the order in which they were committed (the first 20):'
    select * from out_of_order order by who, place limit 20;
  \endif
\endif

select coalesce(event, type) as "event", count(*) as "expected",
       (select count(*) from received r
         where (r.type, r.event) is not distinct from (w.type, w.event)) as "arrived"
  from wanted w group by type, event order by count(*) desc, 1;

do $$
begin
  if exists (select from missing) or exists (select from surplus) or exists (select from twice)
     or exists (select from out_of_order) then
    raise exception 'what arrived is not what the traffic should have caused';
  end if;
end $$;
