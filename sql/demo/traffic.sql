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
  group_id text,
  content jsonb not null,  -- the traits or properties, whole
  timestamp timestamptz    -- where it comes from the row; else it is the commit's
);

create function traffic.expect(type text, event text, user_id bigint, anonymous_id uuid,
                               content jsonb, at timestamptz default null,
                               group_id bigint default null)
returns void language sql as $$
  insert into traffic.expected (type, event, user_id, anonymous_id, group_id, content, timestamp)
  values (type, event, user_id, anonymous_id, group_id, content, at)
$$;

create function traffic.iso(at timestamptz) returns text language sql as $$
  select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- The traits of a user as they stand now.
create function traffic.expect_identify(who bigint) returns void language sql as $$
  select traffic.expect('identify', null, id, device_id, jsonb_build_object(
    'email', lower(email), 'name', name, 'newsletter', newsletter,
    'address', jsonb_build_object('city', city, 'country', country),
    'language', preferences ->> 'language', 'ui', preferences -> 'ui',
    'createdAt', traffic.iso(created_at), 'source', 'shop'))
  from users where id = who
$$;

create function traffic.sign_up(new_name text, new_city text, new_country text,
                                device uuid default gen_random_uuid(), business bigint default null)
returns bigint language plpgsql as $$
declare
  mail text := replace(new_name, ' ', '.') || '@Example.com';
  who bigint;
begin
  insert into users (device_id, email, name, account_id, city, country, preferences)
  values (device, mail, new_name, business, new_city, new_country,
          '{"language": "de", "ui": {"theme": "dark", "density": 1.50}}')
  returning id into who;
  perform traffic.expect_identify(who);
  if business is not null then
    perform traffic.expect('group', null, who, device, '{}', null, business);
  end if;
  perform traffic.expect('track', 'Signed Up', who, device, jsonb_build_object(
    'country', new_country, 'invited', business is not null,
    'email_sha256', encode(sha256(convert_to(lower(trim(mail)), 'UTF8')), 'hex')), now());
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

create function traffic.delete_profile(who bigint) returns void language plpgsql as $$
declare
  was users;
begin
  delete from users where id = who returning * into was;
  perform traffic.expect('track', 'Profile Deleted', who, was.device_id,
                         jsonb_build_object('country', was.country));
end $$;

-- A user opens an account for their business, and belongs to it.
create function traffic.open_account(who bigint, called text, new_industry text default null)
returns bigint language plpgsql as $$
declare
  opened accounts;
  device uuid;
begin
  insert into accounts (owner_id, name, industry, employees) values (who, called, new_industry, 4)
  returning * into opened;
  perform traffic.expect('group', null, who, null,
    jsonb_build_object('name', called, 'employees', 4, 'createdAt', traffic.iso(opened.created_at))
      || jsonb_strip_nulls(jsonb_build_object('industry', new_industry)), null, opened.id);
  perform traffic.expect('track', 'Account Created', who, null,
    jsonb_strip_nulls(jsonb_build_object('account_id', opened.id, 'industry', new_industry)),
    opened.created_at);
  update users set account_id = opened.id where id = who returning device_id into device;
  perform traffic.expect('group', null, who, device, '{}', null, opened.id);
  perform traffic.expect('track', 'Account Joined', who, device,
                         jsonb_build_object('account_id', opened.id));
  return opened.id;
end $$;

create function traffic.rename_account(which bigint, called text) returns void
language plpgsql as $$
declare
  was accounts;
begin
  select * into was from accounts where id = which;
  update accounts set name = called, updated_at = now() where id = which;
  if was.name <> called then
    perform traffic.expect('group', null, was.owner_id, null, jsonb_build_object('name', called),
                           null, which);
  end if;
end $$;

create function traffic.box_name(box text) returns text language sql as $$
  select initcap(box) || ' Box'
$$;

create function traffic.box_price(box text) returns integer language sql as $$
  select case box when 'small' then 1290 when 'classic' then 2490 else 4990 end
$$;

create function traffic.expect_box(it subscriptions) returns void language sql as $$
  select traffic.expect('identify', null, it.user_id, null, jsonb_build_object(
    'box', case when it.status = 'cancelled' then 'None' else traffic.box_name(it.box) end,
    'paying', it.status = 'active'), null, it.account_id)
$$;

create function traffic.expect_subscription(it subscriptions, event text, more jsonb default '{}',
                                            at timestamptz default null)
returns void language sql as $$
  select traffic.expect('track', event, it.user_id, null, jsonb_build_object(
    'subscription_id', it.id, 'box', traffic.box_name(it.box), 'price', it.price_cents / 100.0,
    'trial', it.status = 'trial') || more, at, it.account_id)
$$;

create function traffic.subscribe(who bigint, new_box text, new_status text) returns bigint
language plpgsql as $$
declare
  it subscriptions;
begin
  insert into subscriptions (user_id, account_id, box, status, price_cents)
  select who, account_id, new_box, new_status, traffic.box_price(new_box) from users where id = who
  returning * into it;
  perform traffic.expect_box(it);
  perform traffic.expect_subscription(it, 'Subscription Started', '{}', it.started_at);
  return it.id;
end $$;

create function traffic.end_trial(which bigint) returns void language plpgsql as $$
declare
  it subscriptions;
begin
  update subscriptions set status = 'active' where id = which returning * into it;
  perform traffic.expect_box(it);
  perform traffic.expect_subscription(it, 'Trial Converted');
end $$;

create function traffic.change_box(which bigint, new_box text) returns void language plpgsql as $$
declare
  was subscriptions;
  it subscriptions;
begin
  select * into was from subscriptions where id = which;
  update subscriptions set box = new_box, price_cents = traffic.box_price(new_box)
  where id = which returning * into it;
  if was.box <> new_box then
    perform traffic.expect_box(it);
    perform traffic.expect_subscription(it, 'Box Changed', jsonb_build_object(
      'was', traffic.box_name(was.box), 'upgrade', it.price_cents > was.price_cents));
  end if;
end $$;

create function traffic.cancel_subscription(which bigint, why text, told_as text) returns void
language plpgsql as $$
declare
  it subscriptions;
begin
  update subscriptions set status = 'cancelled', cancelled_at = now(), cancel_reason = why
  where id = which returning * into it;
  perform traffic.expect_box(it);
  perform traffic.expect_subscription(it, 'Subscription Cancelled',
    jsonb_build_object('days', 0, 'reason', told_as), it.cancelled_at);
end $$;

-- The application tells facts that no row holds as logical messages.
create function traffic.start_checkout(who bigint, how_many integer) returns void
language plpgsql as $$
declare
  cart jsonb := jsonb_build_object('items', how_many, 'total', how_many * 6.25);
begin
  perform pg_logical_emit_message(true, 'shop.checkout', jsonb_build_object(
    'user', who, 'step', 'started', 'cart', cart)::text);
  perform traffic.expect('track', 'Checkout Started', who, null, cart);
end $$;

create function traffic.decline(which bigint, how text, why text default null) returns void
language plpgsql as $$
declare
  who bigint;
begin
  select user_id into who from orders where id = which;
  perform pg_logical_emit_message(true, 'shop.checkout', jsonb_build_object(
    'user', who, 'step', 'declined', 'order', which, 'method', how, 'reason', why)::text);
  perform traffic.expect('track', 'Payment Declined', who, null,
    jsonb_strip_nulls(jsonb_build_object('order_id', which, 'method', how, 'reason', why)));
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
    'discounted', placed.coupon is not null, 'products', placed.items)
      || jsonb_strip_nulls(jsonb_build_object('coupon', placed.coupon)), placed.placed_at);
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
    'order_id', id, 'total', total, 'currency', currency, 'discounted', false, 'products', items),
    placed_at
  from imported order by id
$$;

-- One thing that somebody happens to do, for a shop that is watched live.
create function traffic.act() returns void language plpgsql as $$
declare
  names text[] := '{Ada,Ben,Cleo,Dan,Eve,Finn,Greta,Hugo,Ida,Jon,Kim,Lea}';
  family text[] := '{Berg,Costa,Dubois,Eriksen,Fischer,Garcia,Hansen,Ito}';
  cities text[] := '{Berlin,Lyon,Oslo,Porto,Wien}';
  countries text[] := '{DE,FR,NO,PT,AT}';
  boxes text[] := '{small,classic,grand}';
  place integer := 1 + floor(random() * 5);
  box text := boxes[1 + floor(random() * 3)];
  full_name text := names[1 + floor(random() * 12)] || ' ' || family[1 + floor(random() * 8)];
  someone users;
  business accounts;
  subscription subscriptions;
  open_order bigint;
  cart cart_items;
begin
  select * into someone from users where not is_staff order by random() limit 1;
  select * into business from accounts order by random() limit 1;
  select * into subscription from subscriptions where status <> 'cancelled' order by random() limit 1;
  select id into open_order from orders where status = 'placed' order by random() limit 1;
  select * into cart from cart_items order by random() limit 1;
  case
    when someone.id is null or random() < 0.12 then
      perform traffic.sign_up(full_name, cities[place], countries[place], gen_random_uuid(),
                              case when random() < 0.5 then business.id end);
    when someone.account_id is null and random() < 0.08 then
      perform traffic.open_account(someone.id, 'Café ' || cities[place], 'Catering');
    when random() < 0.08 then
      perform traffic.subscribe(someone.id, box, (array['trial', 'active'])[1 + floor(random() * 2)]);
    when subscription.status = 'trial' and random() < 0.15 then
      perform traffic.end_trial(subscription.id);
    when subscription.id is not null and random() < 0.08 then
      perform traffic.change_box(subscription.id, box);
    when subscription.id is not null and random() < 0.03 then
      perform traffic.cancel_subscription(subscription.id, 'price', 'Too Expensive');
    when open_order is not null and random() < 0.25 then
      perform traffic.pay(open_order, (array['card', 'invoice', 'paypal'])[1 + floor(random() * 3)]);
    when open_order is not null and random() < 0.08 then
      perform traffic.decline(open_order, 'card', (array['expired', 'limit'])[1 + floor(random() * 2)]);
    when open_order is not null and random() < 0.06 then
      perform traffic.cancel(open_order);
    when cart.sku is not null and random() < 0.08 then
      perform traffic.remove_from_cart(cart.device_id, cart.sku);
    when random() < 0.15 then
      perform traffic.add_to_cart(gen_random_uuid(), 'TEA-0' || place, place);
    when random() < 0.25 then
      perform traffic.start_checkout(someone.id, place);
    when business.id is not null and random() < 0.05 then
      perform traffic.rename_account(business.id, 'Teahouse ' || cities[place]);
    when random() < 0.1 then
      perform traffic.rename(someone.id, full_name);
    else
      perform traffic.place_order(someone.id, (5 + floor(random() * 9000) / 100)::numeric(10, 2));
  end case;
end $$;
