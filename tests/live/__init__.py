"""The product with a real Asterisk, real SIP calls and real RTP, its packets counted from outside of it."""
