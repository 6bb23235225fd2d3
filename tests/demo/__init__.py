"""Five calls through a real Asterisk on this machine, measured from outside of the product: `python -m tests.demo`."""
