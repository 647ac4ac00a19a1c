-- A job goes on only on the kind of device that it began on, and takes other times on another kind.
ALTER TABLE jobs ADD COLUMN device TEXT;
ALTER TABLE history ADD COLUMN device TEXT NOT NULL DEFAULT 'cpu';
DROP INDEX history_alike;
CREATE INDEX history_alike ON history (effect, quality, imagine, device, id DESC);
