-- A room as version 2 stored it, word for word. Never changed: rooms like this one may be open while a newer version is deployed.
CREATE TABLE room (v INTEGER NOT NULL, created_at INTEGER NOT NULL, ttl_seconds INTEGER NOT NULL, active_at INTEGER NOT NULL, seats TEXT NOT NULL, access TEXT);
CREATE TABLE message (seq INTEGER PRIMARY KEY, message TEXT NOT NULL);
INSERT INTO room VALUES (2, 1795460000000, 600, 1795460001000, '["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]', NULL);
INSERT INTO message VALUES (1, '{"id":"mmmmmmmmmmmmmmmmmmmmm","participantId":"aaaaaaaaaaaaaaaa","sender":"Ann","text":"hi","timestamp":1795460002000}');
