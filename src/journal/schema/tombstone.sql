-- What remains of an ended room until Redis confirms that its copy is deleted. One row.
CREATE TABLE IF NOT EXISTS tombstone (
  ended_at     INTEGER NOT NULL, -- epoch milliseconds
  doubt_at     INTEGER,          -- epoch milliseconds: when a request was abandoned that may still run
  keys_until   INTEGER NOT NULL, -- epoch milliseconds: when the keys in Redis expire by themselves
  confirmed_at INTEGER           -- epoch milliseconds: when DEL was last confirmed
);
