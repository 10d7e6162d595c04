-- The room itself. One object holds one room, so this table has one row.
CREATE TABLE room (
  created_at        INTEGER NOT NULL, -- epoch milliseconds
  ttl_seconds       INTEGER NOT NULL, -- life after the last activity
  ends_by           INTEGER NOT NULL, -- epoch milliseconds: the end of the longest life
  active_at         INTEGER NOT NULL, -- epoch milliseconds: created, newest seat or newest `keep`; messages have their own
  access            TEXT,             -- base64url(SHA-256(proof)); NULL: anyone may join
  seats             TEXT    NOT NULL, -- JSON array of {digest, hello?, shelf?}, two at most
  replica_behind_since INTEGER,       -- epoch milliseconds: since when Redis may not be in step; NULL: it is
  replica_doubt_at  INTEGER,          -- epoch milliseconds: when a request was given up that may still run
  replica_kept_until INTEGER NOT NULL -- epoch milliseconds: up to when Redis keeps the keys; 0: no keys yet
);
