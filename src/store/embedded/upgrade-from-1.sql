-- Version 1 had a column for each part of a message. Each statement of this file runs by itself, with nothing between.
ALTER TABLE message RENAME TO message_1;
CREATE TABLE message (seq INTEGER PRIMARY KEY, message TEXT NOT NULL);
INSERT INTO message
  SELECT seq, json_object('id', id, 'participantId', participant_id, 'sender', sender, 'text', text, 'timestamp', timestamp)
  FROM message_1;
DROP TABLE message_1;
UPDATE room SET v = 2;
