"""What Asterisk does to the headers of an AMI action before PJSIPNotify sends them, written again in Python.

After `__ast_app_separate_args` (main/app.c), `man_do_variable_value` and the input buffer (main/manager.c) and
`build_notify` (res/res_pjsip_notify.c).
"""

from __future__ import annotations

MAX_HEADER_BYTES = 1022
MAX_ARGUMENTS = 64


def separate(value: str, delimiter: str = ",") -> list[str]:
    """Cut a value at the delimiter outside of quotes, parentheses and brackets; drop each quote and backslash."""
    rest = list(value)
    found: list[str] = []
    scan = 0
    ended_with_delimiter = False
    parenthesis = quote = bracket = 0
    while scan < len(rest) and len(found) < MAX_ARGUMENTS - 1:
        begin = scan
        end: int | None = None
        while scan < len(rest):
            character = rest[scan]
            if character == "(":
                parenthesis += 1
            elif character == ")":
                parenthesis -= bool(parenthesis)
            elif character == "[":
                bracket += 1
            elif character == "]":
                bracket -= bool(bracket)
            elif character == '"':
                quote = not quote
                del rest[scan]
                continue
            elif character == "\\":
                del rest[scan]  # and the character after it is taken as it is
            elif character == delimiter and not (parenthesis or quote or bracket):
                end = scan
                scan += 1
                break
            scan += 1
        found.append("".join(rest[begin : scan if end is None else end]))
        ended_with_delimiter = end is not None
    if ended_with_delimiter and scan == len(rest):
        found.append("")
    return found


def notify_body(lines: tuple[str, ...]) -> str:
    """The body of the NOTIFY that comes of `Variable: Content=<line>` for each of the lines."""
    sent = "".join(f"Variable: Content={line}\r\n" for line in lines).encode()
    body: list[str] = []
    for header in sent.split(b"\r\n")[:-1]:
        if len(header) > MAX_HEADER_BYTES:
            raise AssertionError("Line too long: Asterisk throws the action away")
        name, _, value = header.decode().partition(": ")
        if name != "Variable":
            raise AssertionError(f"a line end made a header of its own: {header!r}")
        for pair in separate(value.lstrip(" \t")):
            variable, equals, content = pair.partition("=")
            if not (equals and variable == "Content"):
                raise AssertionError(f"a comma made a variable of its own: {pair!r}")
            body.append(content)
    return "\r\n".join(body)
