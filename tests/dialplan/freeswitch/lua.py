"""A Lua where this machine has one as a library: it reads our scripts, and runs them in a FreeSWITCH of a few lines."""

import ctypes
from ctypes.util import find_library
from typing import Final

_NAMES: Final = ("lua5.3", "lua5.4", "lua5.2", "lua-5.3", "lua-5.4", "lua")


class LuaError(Exception):
    """What Lua says of a script."""


class Lua:
    """One interpreter, with Lua's own libraries alone. Raises LookupError: there is no Lua of 5.2 or newer here."""

    def __init__(self) -> None:
        name = next(filter(None, map(find_library, _NAMES)), None)
        if name is None:
            raise LookupError("no Lua on this machine")
        self._library = library = ctypes.CDLL(name)
        library.luaL_newstate.restype = ctypes.c_void_p
        library.luaL_openlibs.argtypes = [ctypes.c_void_p]
        library.luaL_loadstring.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        call = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_ssize_t, ctypes.c_void_p]
        library.lua_pcallk.argtypes = call
        library.lua_tolstring.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
        library.lua_tolstring.restype = ctypes.c_char_p
        library.lua_settop.argtypes = [ctypes.c_void_p, ctypes.c_int]
        library.lua_close.argtypes = [ctypes.c_void_p]
        self._state = library.luaL_newstate()
        library.luaL_openlibs(self._state)

    def read(self, text: str) -> None:
        """Compile a script without running it. Raises LuaError."""
        self._checked(self._library.luaL_loadstring(self._state, text.encode()))
        self._library.lua_settop(self._state, 0)

    def run(self, text: str) -> str:
        """Run a script; the text that it returns. Raises LuaError."""
        self._checked(self._library.luaL_loadstring(self._state, text.encode()))
        self._checked(self._library.lua_pcallk(self._state, 0, 1, 0, 0, None))
        found: bytes | None = self._library.lua_tolstring(self._state, -1, None)
        self._library.lua_settop(self._state, 0)
        return (found or b"").decode()

    def close(self) -> None:
        """Give its memory back."""
        self._library.lua_close(self._state)

    def _checked(self, status: int) -> None:
        if status:
            said: bytes | None = self._library.lua_tolstring(self._state, -1, None)
            self._library.lua_settop(self._state, 0)
            raise LuaError((said or b"").decode())
