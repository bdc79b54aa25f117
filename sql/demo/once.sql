-- The fixed traffic of `script/demo --once`: what a day in the shop has in it, and what is hard on a
-- change stream. Every statement outside `begin … commit` is a transaction of its own.
\set ON_ERROR_STOP on
\set QUIET on
\o /dev/null
set client_min_messages = warning;

-- An anonymous browser fills a cart, takes something out, signs up, orders and pays.
select traffic.add_to_cart('00000000-0000-4000-8000-000000000001', 'TEA-01', 2);
select traffic.add_to_cart('00000000-0000-4000-8000-000000000001', 'CUP-07', 1);
select traffic.remove_from_cart('00000000-0000-4000-8000-000000000001', 'CUP-07');
select traffic.sign_up('Ada Lovelace', 'London', 'GB', '00000000-0000-4000-8000-000000000001') as ada \gset
select traffic.place_order(:ada, 12.50) as tea \gset
select traffic.pay(:tea, 'card');

-- Text that has to be quoted on its way, an empty city, an order that is cancelled.
select traffic.sign_up(E'Zoë "Quote" O''Neil \\ 東京 \U0001F375', null, 'JP') as zoe \gset
select traffic.place_order(:zoe, 99999.99, E'50% "off"\n\ttab') as cup \gset
select traffic.cancel(:cup);

-- Changes that make no event: staff, a visit, the plan they have already.
select traffic.sign_up_staff('tester');
select traffic.visit(:ada);
select traffic.change_plan(:ada, 'free');

-- Up, up and down again: each step counts, in this order.
select traffic.change_plan(:ada, 'pro');
select traffic.change_plan(:ada, 'team');
select traffic.change_plan(:ada, 'free');
select traffic.rename(:ada, 'Augusta Ada King');

-- Several rows in one transaction.
begin;
select traffic.sign_up('Ben Berg', 'Berlin', 'DE') as ben \gset
select traffic.place_order(:ben, 20) as first \gset
select traffic.change_plan(:ben, 'pro');
select traffic.pay(:first, 'invoice');
commit;

-- What is rolled back did not happen: a whole transaction, and a part of one.
begin;
select traffic.sign_up('Nobody', 'Nowhere', 'XX') as nobody \gset
select traffic.place_order(:nobody, 1);
rollback;
begin;
select traffic.place_order(:ben, 30);
savepoint second_thoughts;
select traffic.place_order(:ben, 31);
select traffic.change_plan(:ben, 'team');
rollback to savepoint second_thoughts;
select traffic.place_order(:ben, 32);
commit;

-- Someone leaves.
select traffic.sign_up('Cleo Costa', 'Porto', 'PT') as cleo \gset
select traffic.close_account(:cleo);

-- A thousand rows in one transaction, a COPY, and life goes on.
select traffic.import_orders(1000);
begin;
copy cart_items (device_id, sku, quantity) from stdin;
00000000-0000-4000-8000-0000000000c1	COPY-1	1
00000000-0000-4000-8000-0000000000c1	COPY-2	2
00000000-0000-4000-8000-0000000000c2	COPY-1	3
\.
select traffic.expect('track', 'Product Added', null, device_id,
                      jsonb_build_object('sku', sku, 'quantity', quantity, 'gift', false))
  from cart_items where sku like 'COPY-%' order by device_id, sku;
commit;
select traffic.sign_up('Dan Dubois', 'Lyon', 'FR') as dan \gset
select traffic.place_order(:dan, 7.25) as last \gset
select traffic.pay(:last, 'paypal');
