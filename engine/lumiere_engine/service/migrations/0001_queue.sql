-- The queue. `lost` is no stored state: a done job reads as lost while its files are gone.
CREATE TABLE timelines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host TEXT NOT NULL,
    path TEXT NOT NULL,
    name TEXT NOT NULL,
    selection TEXT NOT NULL,
    registered_s REAL NOT NULL,
    UNIQUE (host, path, name)
);

CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    idempotency_key TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL
        CHECK (state IN ('draft', 'queued', 'running', 'paused', 'done', 'failed', 'cancelled')),
    title TEXT NOT NULL,
    work_order TEXT NOT NULL,
    finish TEXT,
    priority INTEGER NOT NULL,
    place INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    stalls INTEGER NOT NULL DEFAULT 0,
    chunk_frames INTEGER NOT NULL,
    began INTEGER NOT NULL DEFAULT 0,
    wish TEXT CHECK (wish IN ('cancel', 'pause')),
    progress TEXT,
    error TEXT,
    result TEXT,
    outcome TEXT,
    files TEXT,
    media TEXT,
    thumbnails TEXT NOT NULL DEFAULT '[]',
    timeline INTEGER REFERENCES timelines (id),
    placement TEXT,
    retry_of INTEGER REFERENCES jobs (id),
    lease_s REAL,
    created_s REAL NOT NULL,
    started_s REAL,
    finished_s REAL
);
CREATE INDEX jobs_line ON jobs (priority DESC, place) WHERE state = 'queued';
CREATE INDEX jobs_place ON jobs (place);
CREATE INDEX jobs_by_state ON jobs (state, id DESC);
CREATE INDEX jobs_of_timeline ON jobs (timeline, id DESC) WHERE timeline IS NOT NULL;

-- What each job writes, to tell two jobs that would write the same file.
CREATE TABLE outputs (
    path TEXT NOT NULL,
    job INTEGER NOT NULL REFERENCES jobs (id),
    PRIMARY KEY (path, job)
) WITHOUT ROWID;

CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    job INTEGER,
    data TEXT NOT NULL,
    at_s REAL NOT NULL
);

CREATE TABLE roots (path TEXT PRIMARY KEY) WITHOUT ROWID;

CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
