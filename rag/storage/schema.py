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
    """
    CREATE TABLE cached_answer (
        key TEXT PRIMARY KEY,
        generation INTEGER NOT NULL,
        made INTEGER NOT NULL,
        answer TEXT NOT NULL
    ) STRICT;

    CREATE TABLE usage (
        day INTEGER NOT NULL,
        model TEXT NOT NULL,
        calls INTEGER NOT NULL,
        input_tokens INTEGER NOT NULL,
        output_tokens INTEGER NOT NULL,
        known_usd REAL NOT NULL,
        unpriced_calls INTEGER NOT NULL,
        seconds REAL NOT NULL,
        cached INTEGER NOT NULL,
        PRIMARY KEY (day, model)
    ) STRICT;

    CREATE TABLE chat (name TEXT PRIMARY KEY, saved TEXT NOT NULL) STRICT;

    CREATE TABLE chat_turn (
        chat TEXT NOT NULL REFERENCES chat (name) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        question TEXT NOT NULL,
        standalone TEXT NOT NULL,
        answer TEXT,
        PRIMARY KEY (chat, number)
    ) STRICT;

    CREATE TABLE chat_article (
        sequence INTEGER PRIMARY KEY,
        chat TEXT NOT NULL,
        number INTEGER NOT NULL,
        article_id TEXT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
        UNIQUE (chat, number, article_id),
        FOREIGN KEY (chat, number) REFERENCES chat_turn (chat, number) ON DELETE CASCADE
    ) STRICT;
    CREATE INDEX chat_article_article ON chat_article (article_id);

    -- What was said from a removed article goes with it, whoever removes it. A question that a later turn
    -- made to stand alone may hold words of the answer; what the user typed then takes its place. No cached
    -- answer can be given again once the library has changed, so all of them go.
    CREATE TRIGGER article_removed BEFORE DELETE ON article BEGIN
        DELETE FROM cached_answer;
        UPDATE chat_turn SET standalone = question WHERE EXISTS (
            SELECT 1 FROM chat_article c
            WHERE c.article_id = OLD.id AND c.chat = chat_turn.chat AND c.number < chat_turn.number
        );
        UPDATE chat_turn SET answer = NULL WHERE (chat, number) IN (
            SELECT chat, number FROM chat_article WHERE article_id = OLD.id
        );
    END;
    """,
    """
    CREATE TABLE sentence_vector (
        chunk INTEGER NOT NULL REFERENCES chunk (rowid) ON DELETE CASCADE,
        collection TEXT NOT NULL,
        sentences INTEGER NOT NULL,
        vectors BLOB NOT NULL,
        PRIMARY KEY (chunk, collection)
    ) STRICT;
    """,
)

FORMAT = len(STEPS)
