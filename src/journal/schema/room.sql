-- The room. One object holds one room, so this table has one row.
CREATE TABLE room (
  created_at           INTEGER NOT NULL, -- epoch milliseconds
  ttl_seconds          INTEGER NOT NULL, -- seconds of life after the last activity
  ends_by              INTEGER NOT NULL, -- epoch milliseconds: when the room ends at the latest
  active_at            INTEGER NOT NULL, -- epoch milliseconds: creation, last seat or last `keep`; not messages
  access               TEXT,             -- base64url(SHA-256(proof)); NULL: anyone may join
  seats                TEXT    NOT NULL, -- JSON array of {digest, hello?, shelf?}, at most two
  replica_behind_since INTEGER,          -- epoch milliseconds: since when Redis may lack changes; NULL: it lacks none
  replica_doubt_at     INTEGER,          -- epoch milliseconds: when a request was abandoned that may still run
  replica_kept_until   INTEGER NOT NULL  -- epoch milliseconds: when the keys in Redis expire; 0: there are none yet
);
