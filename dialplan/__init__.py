"""The Asterisk side: contexts rendered from the table of consent, installed, removed without a trace, checked."""
