/** A small web shop. Every value is an expression of the row number, so that each run makes the same rows. */
export const sampleTables = ['customers', 'orders'] as const

export const sampleSize = { customers: 10_000, orders: 150_000 }

/** Tables, rows and indexes. */
export const sampleSql = ({ customers, orders } = sampleSize): string => `
CREATE TABLE customers (
  id bigint PRIMARY KEY,
  public_id uuid NOT NULL,
  email text NOT NULL,
  full_name text NOT NULL,
  country char(2) NOT NULL,
  birth_date date,
  credit_limit numeric(12,2),
  newsletter boolean NOT NULL,
  preferences jsonb,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE TABLE orders (
  id bigint PRIMARY KEY,
  public_id uuid NOT NULL,
  customer_id bigint NOT NULL,
  status text NOT NULL,
  currency char(3) NOT NULL,
  total numeric(12,2) NOT NULL,
  discount_rate double precision,
  item_count integer NOT NULL,
  is_gift boolean NOT NULL,
  items jsonb NOT NULL,
  ship_to text NOT NULL,
  note text,
  tracking_id uuid,
  placed_at timestamptz NOT NULL,
  deliver_on date,
  updated_at timestamptz NOT NULL
);
INSERT INTO customers ${customerRows(1, customers)};
INSERT INTO orders ${orderRows(1, orders, customers)};
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers (id);
CREATE INDEX ON customers (updated_at);
CREATE INDEX ON orders (updated_at);
ANALYZE customers, orders;
`

const pick = (values: readonly string[], by: string): string =>
  `(ARRAY[${values.map((value) => `'${value.replaceAll("'", "''")}'`).join(',')}])[1 + (${by}) % ${values.length}]`

const firstNames = [
  'Ada',
  'Zoë',
  'José',
  'Łukasz',
  'Søren',
  '美咲',
  'Олена',
  'Nguyễn',
  'Aïcha',
  '민준',
  'Grace',
  'Anaïs',
]
const lastNames = ["O'Neill", 'Müller', 'García', 'Nowak', 'Åberg', '佐藤', 'Шевченко', 'Văn', 'Benali', '김', 'Hopper']
const streets = ['Rue de l’Église', 'Hauptstraße', 'Calle Mayor', 'ul. Długa', 'Storgatan', '桜通り', 'Main Street']
const cities = ['Lyon', 'Köln', 'León', 'Łódź', 'Malmö', '名古屋市', 'Springfield']
const notes = [
  'Leave at the door 🚪',
  'Bitte klingeln',
  'Gift wrap, please: "happy birthday"',
  'Livrer après 18 h\nmerci',
]

const customerRows = (from: number, to: number): string => `
SELECT i, md5('customer-' || i)::uuid, 'customer' || i || '@example.com',
  ${pick(firstNames, 'i * 7')} || ' ' || ${pick(lastNames, 'i * 5')},
  ${pick(['FR', 'DE', 'ES', 'PL', 'SE', 'JP', 'US'], 'i')},
  CASE WHEN i % 10 > 0 THEN date '1950-01-01' + (i * 37 % 20000)::int END,
  CASE WHEN i % 4 > 0 THEN round((i * 7919 % 1000000) / 100.0, 2) END,
  i % 3 = 0,
  CASE WHEN i % 5 > 0 THEN jsonb_build_object('theme', ${pick(['dark', 'light'], 'i')}, 'sizes', jsonb_build_array(i % 40, 'M'), 'beta', i % 7 = 0) END,
  timestamptz '2024-01-01 00:00:00+00' + i * interval '20 minutes 0.123456 seconds',
  timestamptz '2024-01-01 00:00:00+00' + i * interval '40 minutes 0.654321 seconds'
FROM generate_series(${from}::bigint, ${to}) i`

const products = [
  'Espresso machine',
  'Crème brûlée torch',
  'Trekking boots 42',
  'Desk lamp "Åse"',
  'Stainless bottle 1 l',
]

const orderItem = (factor: number, most: number, price: number): string =>
  `jsonb_build_object('sku', 'SKU-' || lpad((i * ${factor} % 99999)::text, 5, '0'), 'qty', 1 + i % ${most},
    'name', ${pick(products, `i * ${factor}`)}, 'price', round((i * ${price} % 20000) / 100.0, 2))`

const orderRows = (from: number, to: number, customers: number): string => `
SELECT i, md5('order-' || i)::uuid, 1 + (i * 7919 % ${customers}),
  ${pick(['pending', 'paid', 'shipped', 'delivered', 'returned', 'cancelled'], 'i * 11')},
  ${pick(['EUR', 'USD', 'JPY', 'SEK', 'PLN'], 'i')},
  round((i * 104729 % 50000000) / 100.0, 2),
  CASE WHEN i % 3 = 0 THEN (i * 31 % 400) / 1000.0 END,
  1 + (i % 3)::int, i % 17 = 0,
  jsonb_build_array(
    ${orderItem(37, 4, 613)},
    ${orderItem(53, 2, 769)}),
  (1 + i % 199) || ' ' || ${pick(streets, 'i')} || ', ' || ${pick(cities, 'i')},
  CASE WHEN i % 4 = 0 THEN ${pick(notes, 'i / 4')} END,
  CASE WHEN i % 6 > 1 THEN md5('parcel-' || i)::uuid END,
  timestamptz '2025-01-01 00:00:00+00' + i * interval '3 minutes 0.000137 seconds',
  CASE WHEN i % 6 > 1 THEN date '2025-01-03' + (i / 480)::int END,
  timestamptz '2025-01-01 06:00:00+00' + i * interval '3 minutes 0.000953 seconds'
FROM generate_series(${from}::bigint, ${to}) i`

/** What a shop does in a minute: new orders after the last one, and the oldest ones delivered. */
export const sampleActivity = ({ added, changed }: { added: number; changed: number }): string => `
BEGIN;
WITH last AS (SELECT max(id) AS id FROM orders)
INSERT INTO orders
SELECT (SELECT id FROM last) + n, md5('order-' || (SELECT id FROM last) + n)::uuid, customer_id, 'pending', currency, total,
  discount_rate, item_count, is_gift, items, ship_to, note, NULL, clock_timestamp(), NULL, clock_timestamp()
FROM (SELECT row_number() OVER (ORDER BY id) AS n, * FROM orders ORDER BY id LIMIT ${added}) AS model;
UPDATE orders SET status = 'delivered', updated_at = clock_timestamp() WHERE id <= ${changed};
COMMIT;
`
