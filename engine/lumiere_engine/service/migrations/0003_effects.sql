-- Jobs of different effects take different times.
ALTER TABLE history ADD COLUMN effect TEXT NOT NULL DEFAULT 'remove';
DROP INDEX history_alike;
CREATE INDEX history_alike ON history (effect, quality, imagine, id DESC);
