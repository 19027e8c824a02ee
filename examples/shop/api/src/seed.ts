import type pg from 'pg';
import { log } from './log.ts';

const things = [
  ['desk lamp', 'A warm light for late reading', 3900],
  ['floor lamp', 'Light for a whole corner of the room', 8900],
  ['armchair', 'To sit in until the book is finished', 24900],
  ['bookshelf', 'Five boards, and room for more', 17900],
  ['side table', 'Holds a cup, a book and a phone', 7900],
  ['teapot', 'Keeps a litre hot for an hour', 3400],
  ['coffee mug', 'Fits two hands on a cold morning', 1200],
  ['wool blanket', 'Woven from one long winter', 6900],
  ['cushion', 'Soft on one side, softer on the other', 2900],
  ['wall clock', 'Runs quietly, and on time', 4900],
  ['picture frame', 'Glass, a mount and a hook', 1900],
  ['plant pot', 'With a hole where the water should go', 1600],
  ['notebook', 'Two hundred pages that lie flat', 900],
  ['pencil case', 'For twelve pencils and one sharpener', 1400],
  ['door mat', 'Says nothing, takes all the mud', 2400],
  ['umbrella', 'Opens with one hand, survives the wind', 3200],
  ['backpack', 'One day, or three if you fold well', 8400],
  ['water bottle', 'Half a litre, no plastic', 2200],
  ['bread board', 'Cut on this side, serve on that', 2700],
  ['candle holder', 'Brass, and heavier than it looks', 2100],
] as const;
const makes = ['Walnut', 'Oak', 'Birch', 'Slate', 'Copper', 'Linen', 'Indigo', 'Amber', 'Ivory', 'Moss'];

/** Two hundred products, the same every time; those that are there already stay as they are. */
export async function seed(database: pg.Pool): Promise<void> {
  const products = things.flatMap(([thing, description, base], row) =>
    makes.map((make, column) => ({
      slug: `${make} ${thing}`.toLowerCase().replaceAll(' ', '-'),
      name: `${make} ${thing}`,
      description: `${description}. In ${make.toLowerCase()}.`,
      priceCents: base + ((row * 7 + column * 13) % 10) * 50,
      stock: 500 + ((row + column) % 5) * 100,
    })),
  );
  const { rowCount } = await database.query(
    `insert into products (slug, name, description, price_cents, stock)
     select slug, name, description, "priceCents", stock
     from jsonb_to_recordset($1::jsonb)
       as given (slug text, name text, description text, "priceCents" integer, stock integer)
     on conflict (slug) do nothing`,
    [JSON.stringify(products)],
  );
  log('seeded', { products: rowCount });
}
