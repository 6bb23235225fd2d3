"""One thing that was looked at, in the form that the dialplan's own checks have."""

from dialplan.verify import Finding


def well(subject: str, sentence: str) -> Finding:
    """A finding that needs nothing."""
    return Finding(subject, ok=True, sentence=sentence)


def amiss(subject: str, sentence: str) -> Finding:
    """A finding that says what to do."""
    return Finding(subject, ok=False, sentence=sentence)
