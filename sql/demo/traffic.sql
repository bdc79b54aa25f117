-- What happens in the demo's shop, as functions that each do one thing a customer does.
--
-- Each also writes into traffic.expected which events it should cause. That is said here by hand,
-- knowing nothing of the mapping files, and in the same transaction: what is rolled back is not
-- expected either. sql/demo/compare.sql holds it against what arrived.

create schema traffic;

create table traffic.expected (
  n bigint generated always as identity primary key,
  type text not null,
  event text,
  user_id text,
  anonymous_id text,
  content jsonb not null,  -- the traits or properties, whole
  timestamp timestamptz    -- where it comes from the row; else it is the commit's
);

create function traffic.expect(type text, event text, user_id bigint, anonymous_id uuid,
                               content jsonb, at timestamptz default null)
returns void language sql as $$
  insert into traffic.expected (type, event, user_id, anonymous_id, content, timestamp)
  values (type, event, user_id, anonymous_id, content, at)
$$;

-- The traits of a user as they stand now.
create function traffic.expect_identify(who bigint) returns void language sql as $$
  select traffic.expect('identify', null, id, device_id, jsonb_build_object(
    'email', lower(email), 'name', name, 'plan', plan, 'paying', plan <> 'free',
    'address', jsonb_build_object('city', city, 'country', country),
    'language', preferences ->> 'language', 'ui', preferences -> 'ui',
    'createdAt', to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'source', 'shop'))
  from users where id = who
$$;

create function traffic.sign_up(new_name text, new_city text, new_country text,
                                device uuid default gen_random_uuid())
returns bigint language plpgsql as $$
declare
  who bigint;
begin
  insert into users (device_id, email, name, city, country, preferences)
  values (device, replace(new_name, ' ', '.') || '@Example.com', new_name, new_city, new_country,
          '{"language": "de", "ui": {"theme": "dark", "density": 1.50}}')
  returning id into who;
  perform traffic.expect_identify(who);
  perform traffic.expect('track', 'Signed Up', who, device,
                         jsonb_build_object('plan', 'free', 'country', new_country), now());
  return who;
end $$;

-- Colleagues try the shop out; nobody wants them in the statistics.
create function traffic.sign_up_staff(new_name text) returns void language sql as $$
  insert into users (device_id, email, name, is_staff)
  values (gen_random_uuid(), new_name || '@shop.example', new_name, true)
$$;

create function traffic.rename(who bigint, new_name text) returns void language plpgsql as $$
begin
  update users set name = new_name where id = who and name <> new_name;
  if found then
    perform traffic.expect_identify(who);
  end if;
end $$;

-- Touches only what no event is made of.
create function traffic.visit(who bigint) returns void language sql as $$
  update users set last_seen_at = now() where id = who
$$;

create function traffic.change_plan(who bigint, new_plan text) returns void language plpgsql as $$
declare
  was users;
begin
  select * into was from users where id = who;
  update users set plan = new_plan where id = who;
  if was.plan <> new_plan then
    perform traffic.expect_identify(who);
    perform traffic.expect('track', 'Plan Changed', who, was.device_id, jsonb_build_object(
      'from', was.plan, 'to', new_plan, 'upgrade', was.plan = 'free'));
  end if;
end $$;

create function traffic.close_account(who bigint) returns void language plpgsql as $$
declare
  was users;
begin
  delete from users where id = who returning * into was;
  perform traffic.expect('track', 'Account Closed', who, was.device_id,
                         jsonb_build_object('plan', was.plan));
end $$;

create function traffic.add_to_cart(device uuid, what text, how_many integer) returns void
language plpgsql as $$
begin
  insert into cart_items values (device, what, how_many);
  perform traffic.expect('track', 'Product Added', null, device,
                         jsonb_build_object('sku', what, 'quantity', how_many, 'gift', false));
end $$;

create function traffic.remove_from_cart(device uuid, what text) returns void
language plpgsql as $$
begin
  delete from cart_items where device_id = device and sku = what;
  perform traffic.expect('track', 'Product Removed', null, device, jsonb_build_object('sku', what));
end $$;

create function traffic.place_order(who bigint, price numeric, with_coupon text default null)
returns bigint language plpgsql as $$
declare
  placed orders;
begin
  insert into orders (user_id, total, coupon, items)
  values (who, price, with_coupon,
          jsonb_build_array(jsonb_build_object('sku', 'TEA-01', 'price', price, 'quantity', 1)))
  returning * into placed;
  perform traffic.expect('track', 'Order Placed', who, null, jsonb_build_object(
    'order_id', placed.id, 'total', placed.total, 'currency', placed.currency,
    'coupon', placed.coupon, 'discounted', placed.coupon is not null, 'products', placed.items),
    placed.placed_at);
  return placed.id;
end $$;

create function traffic.pay(which bigint, how text) returns void language plpgsql as $$
declare
  paid orders;
begin
  update orders set status = 'paid', payment = jsonb_build_object('method', how, 'attempts', 1)
  where id = which returning * into paid;
  perform traffic.expect('track', 'Order Paid', paid.user_id, null, jsonb_build_object(
    'order_id', paid.id, 'revenue', paid.total, 'currency', paid.currency, 'method', how));
end $$;

create function traffic.cancel(which bigint) returns void language plpgsql as $$
declare
  was orders;
begin
  select * into was from orders where id = which;
  update orders set status = 'cancelled' where id = which;
  perform traffic.expect('track', 'Order Cancelled', was.user_id, null, jsonb_build_object(
    'order_id', was.id, 'total', was.total, 'was', was.status));
end $$;

-- Many orders in one transaction, by turns for all users.
create function traffic.import_orders(how_many integer) returns void language sql as $$
  with customers as (
    select id, row_number() over (order by id) - 1 as n, count(*) over () as total
    from users where not is_staff
  ), imported as (
    insert into orders (user_id, total, items, placed_at)
    select id, i + 0.99, '[]', timestamptz '2024-05-06 07:08:09.5+00' + i * interval '1 minute'
    from generate_series(1, how_many) as i join customers on n = i % total
    order by i
    returning *
  )
  insert into traffic.expected (type, event, user_id, content, timestamp)
  select 'track', 'Order Placed', user_id, jsonb_build_object(
    'order_id', id, 'total', total, 'currency', currency, 'coupon', null, 'discounted', false,
    'products', items), placed_at
  from imported order by id
$$;

-- One thing that somebody happens to do, for a shop that is watched live.
create function traffic.act() returns void language plpgsql as $$
declare
  names text[] := '{Ada,Ben,Cleo,Dan,Eve,Finn,Greta,Hugo,Ida,Jon,Kim,Lea}';
  family text[] := '{Berg,Costa,Dubois,Eriksen,Fischer,Garcia,Hansen,Ito}';
  cities text[] := '{Berlin,Lyon,Oslo,Porto,Wien}';
  countries text[] := '{DE,FR,NO,PT,AT}';
  place integer := 1 + floor(random() * 5);
  someone users;
  open_order bigint;
  cart cart_items;
begin
  select * into someone from users where not is_staff order by random() limit 1;
  select id into open_order from orders where status = 'placed' order by random() limit 1;
  select * into cart from cart_items order by random() limit 1;
  case
    when someone.id is null or random() < 0.2 then
      perform traffic.sign_up(
        names[1 + floor(random() * 12)] || ' ' || family[1 + floor(random() * 8)],
        cities[place], countries[place]);
    when open_order is not null and random() < 0.35 then
      perform traffic.pay(open_order, (array['card', 'invoice', 'paypal'])[1 + floor(random() * 3)]);
    when open_order is not null and random() < 0.1 then
      perform traffic.cancel(open_order);
    when cart.sku is not null and random() < 0.1 then
      perform traffic.remove_from_cart(cart.device_id, cart.sku);
    when random() < 0.2 then
      perform traffic.add_to_cart(gen_random_uuid(), 'TEA-0' || place, place);
    when random() < 0.3 then
      perform traffic.change_plan(someone.id, (array['free', 'pro', 'team'])[1 + floor(random() * 3)]);
    when random() < 0.1 then
      perform traffic.rename(someone.id, names[1 + floor(random() * 12)] || ' ' ||
                                         family[1 + floor(random() * 8)]);
    else
      perform traffic.place_order(someone.id, (5 + floor(random() * 9000) / 100)::numeric(10, 2));
  end case;
end $$;
