-- The demo's shop: tea, ordered once or as a monthly box, by people and by the offices and cafés they
-- work for. An ordinary small application database; nothing in it knows of tracking.

create table users (
  id bigint generated always as identity primary key,
  device_id uuid not null,  -- the browser they signed up with
  email text not null,
  name text not null,
  account_id bigint,        -- the business they order for, if any
  city text,
  country text,
  newsletter boolean not null default false,
  preferences jsonb not null default '{}',
  is_staff boolean not null default false,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz
);

-- Businesses: their people share an invoice.
create table accounts (
  id bigint generated always as identity primary key,
  owner_id bigint not null,
  name text not null,
  industry text,
  website text,
  employees integer,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table orders (
  id bigint generated always as identity primary key,
  user_id bigint not null,
  status text not null default 'placed' check (status in ('placed', 'paid', 'cancelled')),
  total numeric(10, 2) not null,
  currency text not null default 'EUR',
  coupon text,
  items jsonb not null,
  payment jsonb,
  placed_at timestamptz not null default now()
);

-- A box of tea each month.
create table subscriptions (
  id bigint generated always as identity primary key,
  user_id bigint not null,  -- who pays
  account_id bigint,
  box text not null check (box in ('small', 'classic', 'grand')),
  status text not null default 'active' check (status in ('trial', 'active', 'cancelled')),
  price_cents integer not null,
  started_at timestamptz not null default now(),
  cancelled_at timestamptz,
  cancel_reason text
);

-- Carts belong to browsers: nobody has to sign in to fill one.
create table cart_items (
  device_id uuid not null,
  sku text not null,
  quantity integer not null default 1,
  gift boolean not null default false,
  primary key (device_id, sku)
);
