-- The demo's shop: an ordinary small application database. Nothing in it knows of tracking.

create table users (
  id bigint generated always as identity primary key,
  device_id uuid not null,  -- the browser they signed up with
  email text not null,
  name text not null,
  plan text not null default 'free' check (plan in ('free', 'pro', 'team')),
  city text,
  country text,
  preferences jsonb not null default '{}',
  is_staff boolean not null default false,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz
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

-- Carts belong to browsers: nobody has to sign in to fill one.
create table cart_items (
  device_id uuid not null,
  sku text not null,
  quantity integer not null default 1,
  gift boolean not null default false,
  primary key (device_id, sku)
);
