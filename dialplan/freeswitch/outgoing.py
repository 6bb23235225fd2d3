"""Calls to the outside on FreeSWITCH: who is called is asked after answering, on that leg alone, before anybody talks.

It is `bridge`'s own way of having a called person confirm a call: once a leg is answered it runs one application on it,
while whoever dialled still hears it ring, and joins the two when that is over.
"""

from collections.abc import Iterator
from typing import Final

from dialplan.freeswitch.dialogue import CONTEXT, Condition, Extension, run

STAFF: Final = "ouidire_staff"
"""On a leg that was dialled: the user of the directory behind it, "" for everybody else."""
NUMBER: Final = "ouidire_number"
"""On a leg that was dialled: what was dialled."""
RINGS_S: Final = 60
"""As long as `bridge` itself lets a leg ring where nobody says otherwise."""
_LONGER_THAN_ANY_S: Final = 3600
_CALLED: Final = "ouidire_called"


def extensions() -> Iterator[Extension]:
    """What the admin's dialplan runs before `bridge` in calls to the outside, and what runs on the other leg."""
    confirm = (
        ("set", "group_confirm_key=exec"),
        ("set", f"group_confirm_file=execute_extension {_CALLED} XML {CONTEXT}"),
        ("set", "group_confirm_cancel_timeout=true"),
        # It cancels a leg's own time to ring. `call_timeout`, else 60 s, would end the question too.
        ("set", f"call_timeout={_LONGER_THAN_ANY_S}"),
        ("export", f"nolocal:leg_timeout={RINGS_S}"),
        # Else a leg would be asked by its announcement before anybody answers.
        ("set", "ignore_early_media=ring_ready"),
    )
    yield Extension("outgoing", confirm)
    called = (
        ("set", f"{STAFF}=${{dialed_user}}"),
        ("set", f"{NUMBER}=$1"),
        run("ouidire_consent"),
        # As the two are joined the leg of whoever dialled learns whose call it is in.
        ("bridge_export", "ouidire_call=${ouidire_call}"),
    )
    # The address of our own INVITE: other names of the number can be changed by whoever answers it.
    dialled = Condition("${sip_req_uri}", "^([^@;]*)")
    yield Extension(_CALLED.removeprefix("ouidire_"), called, (dialled,))
