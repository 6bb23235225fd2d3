"""Laws of the examples that admins copy."""

import re
from pathlib import Path

import pytest

import dialplan
from dialplan.conf import read_conf
from dialplan.render import CONTEXTS

EXAMPLES = Path(dialplan.__file__).parent / "examples"


@pytest.mark.parametrize("file", ["dial.conf", "queue.conf", "freepbx_queue.conf"])
def test_the_caller_is_asked_after_the_answer_and_before_anybody_rings(file: str) -> None:
    """Law: Answer, then the consent step, then Dial, Queue or back; nothing else is needed."""
    steps = [
        entry.value.split(",", 2 if entry.key == "exten" else 1)[-1] for entry in read_conf(EXAMPLES, file).entries
    ]
    asked = steps.index("Gosub(ouidire-consent,s,1)")
    assert steps[0] == "Answer()"
    assert steps[asked + 1].startswith(("Dial(", "Queue(", "Return("))
    assert not any(step.startswith(("Dial(", "Queue(")) for step in steps[:asked])


def test_outgoing_calls_are_asked_on_the_called_leg() -> None:
    """Law: one option of Dial() and nothing else."""
    steps = [entry.value for entry in read_conf(EXAMPLES, "outgoing.conf").entries]
    assert steps[0] == "_0X.,1,Dial(PJSIP/${EXTEN}@trunk,60,tTU(ouidire-outgoing))"


def test_every_context_that_an_example_names_is_ours() -> None:
    """Law: nothing in an example leads nowhere."""
    for path in EXAMPLES.glob("*.conf"):
        for entry in read_conf(EXAMPLES, path.name).entries:
            assert set(re.findall(r"[(](ouidire-[a-z]+)", entry.value)) <= {*CONTEXTS, "ouidire-ask"}, path.name


def test_there_is_one_for_each_usual_pbx() -> None:
    """Law: a plain Dial, a Queue, FreePBX, calls outside, and the lines."""
    named = {"dial", "queue", "freepbx_queue", "outgoing", "lines"}
    assert {path.stem for path in EXAMPLES.glob("*.conf")} == named
