-- What finished jobs took on this machine; estimates are learned from it.
CREATE TABLE history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    quality TEXT NOT NULL,
    imagine INTEGER NOT NULL,
    frames INTEGER NOT NULL,
    megapixels REAL NOT NULL,
    seconds REAL NOT NULL,
    stages TEXT NOT NULL,
    memory_bytes INTEGER,
    at_s REAL NOT NULL
);
CREATE INDEX history_alike ON history (quality, imagine, id DESC);
