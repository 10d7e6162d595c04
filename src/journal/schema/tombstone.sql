-- What is left of a room that ended, until Redis has confirmed that it is erased there too. One row.
CREATE TABLE IF NOT EXISTS tombstone (
  ended_at     INTEGER NOT NULL, -- epoch milliseconds
  doubt_at     INTEGER,          -- epoch milliseconds: when a request was given up that may still run
  keys_until   INTEGER NOT NULL, -- epoch milliseconds: when the keys are gone by their own time to live
  confirmed_at INTEGER           -- epoch milliseconds: when DEL was last confirmed
);
