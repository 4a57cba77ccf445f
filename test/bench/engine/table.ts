/** Twelve columns of mixed types, about 350 bytes a row in COPY's text; every value an expression of the row number. */
export const tableSql = (rows: number): string => `
CREATE TABLE orders (
  id bigint NOT NULL, customer_id integer NOT NULL, status text NOT NULL, amount numeric(12,2) NOT NULL,
  quantity integer NOT NULL, discount double precision, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
  is_paid boolean NOT NULL, address text NOT NULL, attributes jsonb NOT NULL, note text
);
INSERT INTO orders SELECT
  i, (i * 7919) % 200000, (ARRAY['new', 'paid', 'packed', 'shipped', 'returned'])[1 + i % 5], (i * 37 % 10000000) / 100.0,
  1 + i % 9, CASE WHEN i % 10 = 0 THEN NULL ELSE (i % 1000) / 1000.0 END,
  timestamptz '2020-01-01' + i * interval '7 s', timestamptz '2024-01-01' + i * interval '1 s',
  i % 3 = 0, 'Street ' || (i % 997) || ', ' || md5(i::text) || ', ' || (10000 + i % 90000) || ' Städtchen',
  jsonb_build_object('sku', md5((i + 1)::text), 'weight', i % 700, 'tags', jsonb_build_array('a' || i % 13, 'b' || i % 17), 'gift', i % 2 = 0),
  CASE WHEN i % 4 = 0 THEN NULL ELSE repeat('note ' || i || ' ', 3) || md5((i * 3)::text) END
FROM generate_series(1::bigint, ${rows}) AS i;
ALTER TABLE orders ADD PRIMARY KEY (id);
CREATE INDEX orders_updated_at ON orders (updated_at);
CREATE VIEW orders_x4 AS SELECT * FROM orders UNION ALL SELECT * FROM orders UNION ALL SELECT * FROM orders UNION ALL SELECT * FROM orders;
`

/** The same for MariaDB. Needs the sequence engine, which its Debian package has. */
export const mariaTableSql = (rows: number): string => `
CREATE TABLE orders (
  id bigint NOT NULL, customer_id int NOT NULL, status varchar(20) NOT NULL, amount decimal(12,2) NOT NULL,
  quantity int NOT NULL, discount double, created_at datetime(6) NOT NULL, updated_at timestamp NOT NULL,
  is_paid tinyint NOT NULL, address text NOT NULL, attributes json NOT NULL, note text
);
INSERT INTO orders SELECT
  seq, (seq * 7919) % 200000, elt(1 + seq % 5, 'new', 'paid', 'packed', 'shipped', 'returned'), (seq * 37 % 10000000) / 100,
  1 + seq % 9, if(seq % 10 = 0, NULL, (seq % 1000) / 1000),
  timestamp'2020-01-01 00:00:00' + interval seq * 7 second, timestamp'2024-01-01 00:00:00' + interval seq second,
  seq % 3 = 0, concat('Street ', seq % 997, ', ', md5(seq), ', ', 10000 + seq % 90000, ' Städtchen'),
  concat('{"sku": "', md5(seq + 1), '", "weight": ', seq % 700, ', "tags": ["a', seq % 13, '", "b', seq % 17, '"], "gift": true}'),
  if(seq % 4 = 0, NULL, concat(repeat(concat('note ', seq, ' '), 3), md5(seq * 3)))
FROM seq_1_to_${rows};
ALTER TABLE orders ADD PRIMARY KEY (id);
`
