"""One error tree. Whatever this package raises on purpose descends from `RagError`.

    RagError
    ├── UserError            the caller can mend it: wrong usage or configuration
    │   ├── ConfigError      a setting, a missing package, an embedder that does not fit the library
    │   └── NotFoundError    no article, version or folder of that name
    ├── SourceError          one source could not be read; the others are not affected
    └── StorageError         the library on disk could not be read or written
        └── BusyError        another process held the writing lock for too long

Each message is one line, says what happened, and where possible what to do next.
Surfaces map classes to exit codes and HTTP statuses in one table; adapters of foreign
libraries translate with ``raise … from exc``.
"""


class RagError(Exception):
    """The root: catch this to catch everything that `rag` raises on purpose."""


class UserError(RagError):
    """The caller can mend it: an empty question, a bad argument, a wrong setting."""


class ConfigError(UserError):
    """A setting, an absent package or an embedder that does not fit the library."""


class NotFoundError(UserError):
    """There is no article, version or folder of that name."""


class SourceError(RagError):
    """One source could not be read. Collected in the report; never stops the rest."""


class StorageError(RagError):
    """The library on disk could not be read or written."""


class BusyError(StorageError):
    """Another process held the writing lock for longer than the time allowed."""
