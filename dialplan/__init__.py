"""The Asterisk side: contexts rendered from the table of consent, installed and removed without a trace, and checked."""
