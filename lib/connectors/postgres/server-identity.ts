/** SQL expression: the same text in two sessions only when they are in the same database of the same running server. */
export const serverIdentity = `to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || ' '
  || (SELECT oid FROM pg_database WHERE datname = current_database())`
