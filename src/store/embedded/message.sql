-- What was said, in order.
CREATE TABLE message (
  seq            INTEGER PRIMARY KEY, -- 1 for the first, without holes
  id             TEXT    NOT NULL,    -- the sender's name for it; the room sees to it that it is unique
  participant_id TEXT    NOT NULL,
  sender         TEXT    NOT NULL,    -- may be empty
  text           TEXT    NOT NULL,
  timestamp      INTEGER NOT NULL     -- epoch milliseconds
);
