"""The command line as a whole: exit codes and sentences."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from ari_bridge.cli.parser import COMMANDS, main, parser


def test_every_command_has_help_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    """Law: `--help` of each command shows its examples and the exit codes, and ends with 0."""
    for command in COMMANDS:
        with pytest.raises(SystemExit) as ended:
            main([command.name, "--help"])
        assert ended.value.code == 0
        shown = capsys.readouterr().out
        assert f"ouidire {command.name}" in shown
        assert "examples:" in shown
        assert "exit codes:" in shown


def test_a_wrong_command_line_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    """Law: usage errors are told apart from problems."""
    for words in ([], ["lisen"], ["calls", "--days", "many"], ["calls", "--days", "0"], ["doctor", "--calls", "-1"]):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 2
    assert "must be a number from 1 to 365, not 'many'" in capsys.readouterr().err


def test_wrong_settings_end_with_2_and_a_sentence_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: what is wrong with the settings is told in sentences, without a traceback."""
    file = tmp_path / "ouidire.toml"
    file.write_text("[log]\nlevle = 1\n[retention]\nscores_days = 0\n", encoding="utf-8")
    assert main(["calls", "--settings", str(file)]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert all(line.startswith("ouidire: ") for line in told)
    assert "did you mean log.level?" in told[0] + told[1]


def test_a_problem_ends_with_1_and_a_sentence(settings_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: what is wrong with the machine is one sentence that says what to do."""
    assert main(["calls", "--settings", str(settings_file)]) == 1
    assert "has `ouidire serve` ever run" in capsys.readouterr().err


def test_help_is_quick_and_needs_no_model() -> None:
    """Law: asking for help loads neither a model's runtime nor the service."""
    code = "import sys; from ari_bridge.cli import main\ntry: main(['--help'])\nfinally: print(sorted(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not [name for name in ("onnxruntime", "torch", "aiohttp", "panoramisk", "pyaudio") if f"'{name}'" in shown]


def test_a_reader_that_has_seen_enough_is_no_error(settings_file: Path) -> None:
    """Law: `ouidire settings | head -1` ends quietly."""
    code = (
        f"from ari_bridge.cli import main; raise SystemExit(main(['settings', '--settings', {str(settings_file)!r}]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
        assert process.wait(timeout=30) == 0


def test_each_command_takes_the_settings_file() -> None:
    """Law: --settings means the same for all, also before what a command of several is to do."""
    for command in COMMANDS:
        rest = shlex.split(command.examples[0][0].partition(" > ")[0])[2:]
        assert parser().parse_args([command.name, "--settings", "x.toml", *rest]).settings == Path("x.toml")


_PRODUCT = """
import ari_bridge.cli
import os
import numpy as np
np.ones((400, 400), np.float32) @ np.ones((400, 400), np.float32)
print(len(os.listdir("/proc/self/task")), os.environ["OPENBLAS_NUM_THREADS"])
"""


def test_products_of_matrices_take_one_thread() -> None:
    """Law: no thread of NumPy's spins beside the PBX in wait for work; who sets another number has it."""
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    line = [sys.executable, "-c", _PRODUCT]
    own = subprocess.run(line, env=environment, capture_output=True, text=True, check=True)
    assert own.stdout.split() == ["1", "1"]
    set_before = environment | {"OPENBLAS_NUM_THREADS": "2"}
    assert subprocess.run(line, env=set_before, capture_output=True, text=True, check=True).stdout.split()[1] == "2"
