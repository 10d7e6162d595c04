-- The messages, in order.
CREATE TABLE message (
  seq  INTEGER PRIMARY KEY,  -- 1, 2, 3, … without gaps
  id   TEXT NOT NULL UNIQUE, -- drawn by the sender; makes a repeated send recognisable
  json TEXT NOT NULL         -- {id, participantId, sender, text, timestamp}
);
