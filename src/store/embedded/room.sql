-- One object, one room, one database: this table has one row.
CREATE TABLE room (
  v           INTEGER NOT NULL, -- version of this form: 2
  created_at  INTEGER NOT NULL, -- epoch milliseconds
  ttl_seconds INTEGER NOT NULL, -- life after the last activity
  active_at   INTEGER NOT NULL, -- epoch milliseconds: created, or the newest seat taken
  seats       TEXT    NOT NULL, -- JSON array of participants' token digests, two at most
  access      TEXT              -- base64url(SHA-256(proof)); NULL: anyone may join
);
