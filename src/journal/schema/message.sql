-- What was said, in order.
CREATE TABLE message (
  seq  INTEGER PRIMARY KEY, -- 1 for the first, without holes
  id   TEXT NOT NULL UNIQUE, -- the sender's id, which makes a repeated send visible
  json TEXT NOT NULL         -- {id, participantId, sender, text, timestamp}
);
