"""A telephone exchange in a folder: a real Asterisk, real SIP phones and a packet recorder, all on loopback, for tests
and the demo.
"""
