"""What can be wrong with consent: each error states a fact, and none of them ever yields a grant."""


class OuidireError(Exception):
    """Root of every error that Ouïdire raises on purpose."""


class Withdrawn(OuidireError):
    """The grant ended (withdrawn, objected, expired or revoked): what it covered may no longer be used."""


class NotGranted(OuidireError):
    """A grant was asked for where the ledger holds no yes, or a yes that has already ended."""


class InvalidValue(OuidireError, ValueError):
    """A value could not be born: the message names the field and the rule that it breaks."""


class TooManyTries(OuidireError):
    """Somebody may be guessing: for now not even a right reference or PIN is taken."""


class Held(OuidireError):
    """A legal hold keeps the record: it is not erased before its end; the message says why and until when."""


class NothingKept(OuidireError):
    """There is nothing (any more) that could be put right, held or given a reference."""


class CallNotOver(OuidireError):
    """The call is in progress: what is asked for can be done when it is over."""


class LedgerBroken(OuidireError):
    """The chain of the ledger does not hold; the message names the first record that is wrong."""


class KeysMissing(OuidireError):
    """A key, or the keyring, is lost or older than the file it belongs to: nothing is heard until a person decides."""


class SealBroken(OuidireError):
    """What was sealed does not open: it was changed, or its key is gone."""


class DatabaseUnavailable(OuidireError):
    """The one file cannot be written or read now (locked, disk full, read-only): analysis must stop, calls go on."""
