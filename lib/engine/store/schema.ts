/**
 * The metadata schema, one entry per version; PRAGMA user_version counts the entries applied. Never edit an entry that was
 * released: add one. Instants are epoch milliseconds. A stream without a namespace has namespace ''.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

  CREATE TABLE actors (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    definition_id TEXT NOT NULL,
    name TEXT NOT NULL,
    configuration TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE catalogs (
    source_id TEXT PRIMARY KEY REFERENCES actors (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    streams TEXT NOT NULL
  ) STRICT;

  CREATE TABLE connections (
    id TEXT PRIMARY KEY,
    source_id TEXT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    destination_id TEXT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE streams (
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    generation INTEGER NOT NULL DEFAULT 0,
    state TEXT,
    PRIMARY KEY (connection_id, namespace, name)
  ) STRICT, WITHOUT ROWID;

  -- Jobs outlive their connection: they are its history.
  CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id TEXT NOT NULL,
    status TEXT NOT NULL,
    streams TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    started_at INTEGER,
    retry_at INTEGER
  ) STRICT;
  CREATE INDEX jobs_of_connection ON jobs (connection_id, id);
  CREATE INDEX jobs_unfinished ON jobs (status) WHERE status IN ('pending', 'running', 'incomplete');

  CREATE TABLE attempts (
    job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    ended_at INTEGER,
    failures TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (job_id, number)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE stream_statistics (
    job_id INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    records_emitted INTEGER NOT NULL,
    bytes_emitted INTEGER NOT NULL,
    records_committed INTEGER NOT NULL,
    bytes_committed INTEGER NOT NULL,
    states_emitted INTEGER NOT NULL,
    complete INTEGER NOT NULL,
    PRIMARY KEY (job_id, attempt, namespace, name),
    FOREIGN KEY (job_id, attempt) REFERENCES attempts (job_id, number) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE log_lines (
    job_id INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    line INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (job_id, attempt, line),
    FOREIGN KEY (job_id, attempt) REFERENCES attempts (job_id, number) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  `,
  `ALTER TABLE stream_statistics ADD COLUMN left_out TEXT NOT NULL DEFAULT '[]';`,
  // Old jobs are found in the index alone: the rows are as large as their catalogs.
  `
  DROP INDEX jobs_of_connection;
  CREATE INDEX jobs_of_connection ON jobs (connection_id, id, status, created_at);
  `,
  `ALTER TABLE jobs ADD COLUMN config_type TEXT NOT NULL DEFAULT 'sync';`,
  // What is looked at again and again, without the catalogs that lie in the rows: by the scheduler, and by lists of jobs.
  `
  CREATE INDEX connections_scheduled ON connections (id, created_at, body ->> '$.status', body -> '$.schedule');
  DROP INDEX jobs_of_connection;
  CREATE INDEX jobs_of_connection ON jobs (connection_id, id, status, created_at, started_at, updated_at, config_type);
  CREATE INDEX jobs_in_order ON jobs (created_at, id, updated_at, status, config_type, connection_id);
  `,
]
