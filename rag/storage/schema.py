"""The catalog's schema as steps, each applied once; `PRAGMA user_version` counts them.

A library of an older format is brought up to date by the steps that it lacks, in one
transaction. Dates are integers such as 20240202, so that they compare as they should.
"""

from __future__ import annotations

STEPS = (
    """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    INSERT INTO meta VALUES ('generation', '0');

    CREATE TABLE article (
        id TEXT PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        version TEXT NOT NULL
    ) STRICT;

    CREATE TABLE version (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        article_id TEXT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
        version TEXT NOT NULL,
        text TEXT NOT NULL,
        title TEXT NOT NULL,
        publisher TEXT,
        author TEXT,
        published INTEGER,
        published_from TEXT NOT NULL,
        confidence TEXT NOT NULL,
        url TEXT,
        source TEXT NOT NULL,
        language TEXT NOT NULL,
        boilerplate TEXT NOT NULL,
        added TEXT NOT NULL,
        UNIQUE (article_id, version)
    ) STRICT;

    CREATE TABLE chunk (
        rowid INTEGER PRIMARY KEY,
        article_id TEXT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
        version TEXT NOT NULL,
        number INTEGER NOT NULL,
        start INTEGER NOT NULL,
        "end" INTEGER NOT NULL,
        sentences TEXT NOT NULL,
        UNIQUE (article_id, number)
    ) STRICT;

    CREATE VIRTUAL TABLE chunk_index USING fts5 (title, body, tokenize = 'porter unicode61 remove_diacritics 2');

    CREATE TABLE pending (article_id TEXT PRIMARY KEY) STRICT;
    """,
    """
    CREATE TABLE origin (
        url TEXT PRIMARY KEY,
        kind TEXT NOT NULL CHECK (kind IN ('page', 'feed')),
        article_id TEXT REFERENCES article (id) ON DELETE CASCADE,
        etag TEXT,
        last_modified TEXT
    ) STRICT;
    CREATE INDEX origin_article ON origin (article_id);
    """,
    """
    CREATE TABLE removed (url TEXT PRIMARY KEY) STRICT;
    """,
)

FORMAT = len(STEPS)
