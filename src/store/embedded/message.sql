-- What was said, in order. One value for each message: every value that is bound or read costs about a microsecond.
CREATE TABLE message (
  seq     INTEGER PRIMARY KEY, -- 1 for the first, without holes
  message TEXT    NOT NULL     -- JSON: {id, participantId, sender, text, timestamp}, the last in epoch milliseconds
);
