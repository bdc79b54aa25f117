-- The fixed traffic of `script/demo --once`: what a day in the shop has in it, and what is hard on a
-- change stream. Every statement outside `begin … commit` is a transaction of its own.
\set ON_ERROR_STOP on
\set QUIET on
\o /dev/null
set client_min_messages = warning;

-- An anonymous browser fills a cart, takes something out, signs up, orders, and pays at the second
-- attempt. That it came to the checkout, and that a card was declined, are messages of the application.
select traffic.add_to_cart('00000000-0000-4000-8000-000000000001', 'TEA-01', 2);
select traffic.add_to_cart('00000000-0000-4000-8000-000000000001', 'CUP-07', 1);
select traffic.remove_from_cart('00000000-0000-4000-8000-000000000001', 'CUP-07');
select traffic.sign_up('Ada Lovelace', 'London', 'GB', '00000000-0000-4000-8000-000000000001') as ada \gset
select traffic.start_checkout(:ada, 2);
select traffic.place_order(:ada, 12.50) as tea \gset
select traffic.decline(:tea, 'card', 'expired');
select traffic.pay(:tea, 'invoice');

-- Text that has to be quoted on its way, an empty city, an order that is cancelled.
select traffic.sign_up(E'Zoë "Quote" O''Neil \\ 東京 \U0001F375', null, 'JP') as zoe \gset
select traffic.place_order(:zoe, 99999.99, E'50% "off"\n\ttab') as cup \gset
select traffic.cancel(:cup);

-- Changes that make no event: staff, a visit, a business that is called what it was called.
select traffic.sign_up_staff('tester');
select traffic.visit(:ada);
select traffic.open_account(:ada, 'Tea & Co', 'Catering') as business \gset
select traffic.rename_account(:business, 'Tea & Co');
select traffic.rename_account(:business, 'Tea and Company');

-- Up, up and down again: each step counts, in this order.
select traffic.subscribe(:ada, 'small', 'trial') as box \gset
select traffic.change_box(:box, 'small');
select traffic.change_box(:box, 'classic');
select traffic.end_trial(:box);
select traffic.change_box(:box, 'grand');
select traffic.change_box(:box, 'small');
select traffic.cancel_subscription(:box, 'moved to Mars', 'Other');
select traffic.rename(:ada, 'Augusta Ada King');

-- Several rows in one transaction, a message among them; an invited user makes three calls at once.
begin;
select traffic.sign_up('Ben Berg', 'Berlin', 'DE', gen_random_uuid(), :business) as ben \gset
select traffic.start_checkout(:ben, 3);
select traffic.place_order(:ben, 20) as first \gset
select traffic.subscribe(:ben, 'grand', 'active') as bens_box \gset
select traffic.pay(:first, 'invoice');
commit;

-- What is rolled back did not happen: a whole transaction, and a part of one.
begin;
select traffic.sign_up('Nobody', 'Nowhere', 'XX') as nobody \gset
select traffic.place_order(:nobody, 1);
select traffic.start_checkout(:nobody, 1);
rollback;
begin;
select traffic.place_order(:ben, 30);
savepoint second_thoughts;
select traffic.place_order(:ben, 31);
select traffic.change_box(:bens_box, 'small');
select traffic.start_checkout(:ben, 4);
rollback to savepoint second_thoughts;
select traffic.place_order(:ben, 32);
commit;

-- Someone leaves.
select traffic.sign_up('Cleo Costa', 'Porto', 'PT') as cleo \gset
select traffic.delete_profile(:cleo);

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
