-- A shop that has become a service, with what such databases have: two frameworks' leftovers, odd
-- names, partitions, tables without keys, enums, documents and arrays.
create type order_status as enum ('placed', 'paid', 'cancelled');
create schema billing;

create table organizations (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  plan text not null default 'free',
  owner_id bigint not null,
  employees integer,
  created_at timestamptz not null default now()
);
comment on table organizations is 'Customers of the service: one row a company.';

create table users (
  id bigint generated always as identity primary key,
  organization_id uuid references organizations (id),
  device_id uuid,
  email text not null unique,
  first_name text,
  last_name text,
  encrypted_password text not null,
  reset_password_token text,
  phone text,
  locale text not null default 'en',
  role text not null default 'member',
  is_staff boolean not null default false,
  preferences jsonb not null default '{}',
  avatar bytea,
  company text,
  sign_in_count integer not null default 0,
  last_sign_in_ip inet,
  deleted_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table organizations add foreign key (owner_id) references users (id);
comment on column users.locale is 'language and country, as the browser has it';

create table organization_members (
  organization_id uuid not null references organizations (id),
  user_id bigint not null references users (id),
  role text not null,
  joined_at timestamptz not null default now(),
  primary key (organization_id, user_id)
);

create table products (
  id integer primary key,
  sku text not null,
  price numeric(10, 2) not null,
  search tsvector
);

create table orders (
  id bigint generated always as identity primary key,
  user_id bigint references users (id),
  approved_by bigint references users (id),
  status order_status not null default 'placed',
  total numeric(12, 2) not null,
  total_with_tax numeric generated always as (total * 1.2) stored,
  currency text not null default 'EUR',
  value text,
  tags text[] not null default '{}',
  shipping_address jsonb,
  payment jsonb,
  card_number text,
  notes text,
  "order" integer,
  placed_at timestamp not null default now()
);

create table order_items (
  id bigint generated always as identity primary key,
  order_id bigint not null references orders (id),
  product_id integer not null references products (id),
  quantity integer not null
);

-- No foreign key, as in many applications.
create table reviews (
  review_uuid uuid primary key,
  user_id bigint not null,
  stars smallint,
  body text,
  created_at timestamptz not null
);
alter table reviews replica identity full;

create table billing.invoices (
  id text primary key,
  customer_id bigint not null references users (id),
  amount_due numeric,
  state text,
  paid_at timestamptz,
  created timestamptz
);

create table "Odd: Table#1" (
  "Key ""quoted""" integer primary key,
  "userId" bigint not null references users (id),
  "true" boolean,
  "Full Name" text,
  "null" integer,
  "a: b # c" text,
  "ünïcode" text,
  "$$" integer,
  "select" text,
  "fullName" text,
  "createdAt" timestamptz
);

create table page_views (
  id bigint generated always as identity,
  user_id bigint,
  visitor_id text,
  path text not null,
  ip inet,
  viewed_at timestamptz not null,
  primary key (id, viewed_at)
) partition by range (viewed_at);
create table page_views_2026 partition of page_views
  for values from ('2026-01-01') to ('2027-01-01');
create table page_views_rest partition of page_views default;

create table audit_log (
  user_id bigint not null,
  action text not null,
  at timestamptz not null
);

create table carts (
  device_id uuid not null,
  sku text not null,
  quantity integer not null default 1,
  primary key (device_id, sku)
);

create table schema_migrations (version text primary key);
create table ar_internal_metadata (key text primary key, value text);
create unlogged table rate_limits (key text primary key, hits integer);
