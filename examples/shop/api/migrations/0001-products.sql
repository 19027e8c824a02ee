create table products (
  id bigint generated always as identity primary key,
  slug text not null unique,
  name text not null,
  description text not null,
  price_cents integer not null check (price_cents > 0),
  stock integer not null check (stock >= 0),
  words tsvector generated always as (to_tsvector('simple', name || ' ' || description)) stored
);

create index products_words on products using gin (words);
