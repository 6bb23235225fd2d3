"""A small SIP phone of our own: many of them in one process, with speech, keys, hold and transfers."""

from tests.lab.phone.call import Call, CallFailed, CallStatus
from tests.lab.phone.challenge import Challenge
from tests.lab.phone.login import Login
from tests.lab.phone.pacer import Pacer
from tests.lab.phone.phone import Notice, Phone
from tests.lab.phone.stream import Said, Stream

__all__ = ["Call", "CallFailed", "CallStatus", "Challenge", "Login", "Notice", "Pacer", "Phone", "Said", "Stream"]
