"""Laws of the examples that admins copy."""

from pathlib import Path

import pytest

import dialplan
from dialplan.conf import read_conf

EXAMPLES = Path(dialplan.__file__).parent / "examples"


@pytest.mark.parametrize("file", sorted(path.name for path in EXAMPLES.glob("*.conf")))
def test_the_caller_is_asked_after_the_answer_and_before_anybody_rings(file: str) -> None:
    """Law: Answer, then the consent step, then Dial, Queue or back; nothing else is needed."""
    steps = [
        entry.value.split(",", 2 if entry.key == "exten" else 1)[-1] for entry in read_conf(EXAMPLES, file).entries
    ]
    asked = steps.index("Gosub(ouidire-consent,s,1)")
    assert steps[0] == "Answer()"
    assert steps[asked + 1].startswith(("Dial(", "Queue(", "Return("))
    assert not any(step.startswith(("Dial(", "Queue(")) for step in steps[:asked])


def test_there_is_one_for_each_usual_pbx() -> None:
    """Law: a plain Dial, a Queue, and FreePBX."""
    assert {path.stem for path in EXAMPLES.glob("*.conf")} == {"dial", "queue", "freepbx_queue"}
