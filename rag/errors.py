"""One error tree. Whatever this package raises on purpose descends from `RagError`.

    RagError
    ├── UserError            the caller can mend it: wrong usage or configuration
    │   ├── ConfigError      a setting, a missing package, an embedder that does not fit the library
    │   └── NotFoundError    no article, version or folder of that name
    ├── SourceError          one source could not be read; the others are not affected
    ├── StorageError         the library on disk could not be read or written
    │   └── BusyError        another process held the writing lock for too long
    └── ModelError           a language model or an embedding service gave nothing that can be used
        ├── ModelUnavailableError   too slow, too busy, failing, not there, or it broke off: later it may work
        ├── ModelAccessError        it refuses the key, the model's name or the request: a setting must change
        │   └── FormRefusedError    it cannot hold a reply to a schema; it is then asked in words
        ├── ContextTooLongError     more was sent than the model can read: send less
        └── ModelReplyError         it did reply, but emptily, cut short, in another form, or by refusing

Each message is one line, says what happened, and where possible what to do next. The message
of a `ModelError` holds no key, and no exception that could hold one is chained to it.
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


class ModelError(RagError):
    """A language model or an embedding service gave nothing that can be used."""


class ModelUnavailableError(ModelError):
    """No whole reply in the time allowed, too many requests, a failing server, or none there."""


class ModelAccessError(ModelError):
    """The service refuses the key, knows no such model, or rejects the request as such."""


class FormRefusedError(ModelAccessError):
    """The service does not know how to hold a reply to a JSON schema; whoever meets this asks again, in words."""


class ContextTooLongError(ModelError):
    """The messages are longer than the model can read at once."""


class ModelReplyError(ModelError):
    """The reply is empty, cut short, of another form than was asked for, or a refusal."""
