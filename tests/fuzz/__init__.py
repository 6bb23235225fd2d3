"""Every parser of the project against any bytes: `python -m tests.fuzz --minutes 5`."""
