"""The one error that the lab shows to people: a sentence that says what to do."""


class LabError(Exception):
    """The laboratory cannot be set up or does not answer; the text is one sentence for a person."""
