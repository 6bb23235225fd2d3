"""What a file would run if it were unpickled, told without unpickling it.

PyTorch's checkpoints are zip archives around a pickle, and a pickle is a program. The loader refuses foreign programs
too (`weights`); here they are refused before an admin puts a name to them.
"""

import zipfile
from pickletools import genops
from typing import BinaryIO, Final

MAX_PICKLE_BYTES: Final = 32 * 1024 * 1024
"""The program of a checkpoint, without its numbers: a few hundred kilobytes for the largest models."""
_NUMPY: Final = b"\x93NUMPY"
_HEAD_BYTES: Final = 4096
_NAMES_OF_PICKLES: Final = (".pkl", ".pickle", ".joblib", ".dill")
_NAMES_OF_CHECKPOINTS: Final = (".ckpt", ".pt", ".pth", ".bin")
_WHAT_TENSORS_NEED: Final = frozenset(
    {
        "collections OrderedDict",
        "torch Size",
        "torch device",
        "torch._utils _rebuild_parameter",
        "torch._utils _rebuild_tensor",
        "torch._utils _rebuild_tensor_v2",
        "torch.nn.parameter Parameter",
        "torch.serialization _get_layout",
        "torch.storage UntypedStorage",
        *(
            f"torch {kind}Storage"
            for kind in ("BFloat16", "Bool", "Byte", "Char", "Double", "Float", "Half", "Int", "Long", "Short")
        ),
    }
)


def refusal(name: str, file: BinaryIO) -> str:
    """Why a file may not be trusted at all, as a sentence that begins with its name; empty where it may.

    Args:
        name: the file's path inside its folder.
        file: it, open at its beginning; where it stands afterwards is not said.
    """
    head = file.read(_HEAD_BYTES)
    if name.lower().endswith(_NAMES_OF_PICKLES) or _is_bare_pickle(head):
        return f"{name} is a pickle, which is a program: only checkpoints as `torch.save` writes them are taken"
    if head.startswith(_NUMPY):
        return f"{name} holds pickled objects" if b"'|O'" in head or b"'O'" in head else ""
    if not zipfile.is_zipfile(file):
        return ""
    try:
        unknown = _programs(file) - _WHAT_TENSORS_NEED
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, RuntimeError) as error:
        return f"{name} cannot be read as an archive: {error}" if name.lower().endswith(_NAMES_OF_CHECKPOINTS) else ""
    if unknown:
        return f"{name} would run {', '.join(sorted(unknown))}, which no list of numbers needs"
    return ""


def _is_bare_pickle(head: bytes) -> bool:
    return len(head) > 1 and head[0] == 0x80 and 2 <= head[1] <= 5


def _programs(file: BinaryIO) -> frozenset[str]:
    """What the pickles of an archive call for, as "module name". Raises ValueError for what cannot be told."""
    called: set[str] = set()
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            if not member.filename.endswith(_NAMES_OF_PICKLES):
                continue
            if member.file_size > MAX_PICKLE_BYTES:
                raise ValueError(f"{member.filename} has {member.file_size} bytes")
            called |= _called(archive.read(member))
    return frozenset(called)


def _called(program: bytes) -> set[str]:
    called: set[str] = set()
    for operation, argument, _ in genops(program):
        if operation.name in {"GLOBAL", "INST"}:
            called.add(str(argument))
        elif operation.name in {"STACK_GLOBAL", "EXT1", "EXT2", "EXT4"}:
            called.add(f"something by {operation.name}")
    return called
