create table orders (
  id uuid primary key default gen_random_uuid(),
  customer text not null check (customer <> ''),
  address text not null check (address <> ''),
  total_cents integer not null check (total_cents > 0),
  placed_at timestamptz not null default now()
);

create table order_items (
  order_id uuid not null references orders on delete cascade,
  product_id bigint not null references products,
  quantity integer not null check (quantity between 1 and 99),
  price_cents integer not null,
  primary key (order_id, product_id)
);
