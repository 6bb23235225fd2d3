"""An admin's FreeSWITCH configuration in a folder: small, of our own writing, in the form that FreeSWITCH reads."""

from collections.abc import Mapping
from pathlib import Path

from dialplan.freeswitch.side import Side

HOOK = '<hook event="CUSTOM" subclass="ouidire::ask" script="/etc/freeswitch/ouidire/gate.lua" />'
MAIN = """\
<?xml version="1.0"?>
<document type="freeswitch/xml">
  <X-PRE-PROCESS cmd="include" data="vars.xml"/>
  <section name="configuration">
    <X-PRE-PROCESS cmd="include" data="autoload_configs/*.xml"/>
  </section>
  <section name="dialplan">
    <X-PRE-PROCESS cmd="include" data="dialplan/*.xml"/>
  </section>
  <section name="directory">
    <X-PRE-PROCESS cmd="include" data="directory/*.xml"/>
  </section>
</document>
"""
LUA_CONF = """\
<configuration name="lua.conf" description="Lua">
  <settings>
    <!-- <param name="module-directory" value="/usr/lib/lua/?.so"/> -->
\t<hook event="CUSTOM" subclass="conference::maintenance" script="his.lua"/>
  </settings>
</configuration>
"""
LOADED = ("commands", "db", "dialplan_xml", "dptools", "event_socket", "hash", "lua", "sndfile", "sofia")
FILES = {
    "freeswitch.xml": MAIN,
    "vars.xml": '<include>\n  <X-PRE-PROCESS cmd="set" data="esl_ip=127.0.0.1"/>\n</include>\n',
    "autoload_configs/lua.conf.xml": LUA_CONF,
    "autoload_configs/modules.conf.xml": '<configuration name="modules.conf">\n  <modules>\n'
    + "".join(f'    <load module="mod_{name}"/>\n' for name in LOADED)
    + '    <!-- <load module="mod_audio_stream"/> -->\n  </modules>\n</configuration>\n',
    "autoload_configs/event_socket.conf.xml": '<configuration name="event_socket.conf">\n  <settings>\n'
    '    <param name="listen-ip" value="$${esl_ip}"/>\n    <param name="password" value="his own"/>\n'
    "  </settings>\n</configuration>\n",
    "autoload_configs/switch.conf.xml": '<configuration name="switch.conf">\n  <settings/>\n</configuration>\n',
    "dialplan/public.xml": '<include>\n  <context name="public">\n  </context>\n</include>\n',
    "directory/default.xml": '<include>\n  <domain name="$${domain}"/>\n</include>\n',
}


class Site:
    """One FreeSWITCH's folder below a temporary one."""

    def __init__(self, root: Path, files: Mapping[str, str] = FILES) -> None:
        self.root = root
        self.etc = root / "freeswitch"
        self.secrets = root / "bridge" / "secrets.toml"
        self.etc.mkdir()
        for name, text in files.items():
            self.put(name, text)

    def put(self, name: str, text: str) -> Path:
        """Write one of the admin's files."""
        file = self.etc / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
        return file

    def edit(self, name: str, old: str, new: str) -> None:
        """Do what an admin does with an editor."""
        data = (self.etc / name).read_bytes()
        assert old.encode() in data
        (self.etc / name).write_bytes(data.replace(old.encode(), new.encode()))

    def snapshot(self) -> dict[str, tuple[bytes, int]]:
        """Every file with its bytes and mode, and every folder."""
        return {
            str(path.relative_to(self.root)): (path.read_bytes() if path.is_file() else b"folder", path.stat().st_mode)
            for path in self.root.rglob("*")
        }


def texts(esl_password: str) -> dict[str, str]:
    """Files as a renderer makes them."""
    return {
        "dialplan/ouidire.xml": '<include>\n<context name="ouidire">\n</context>\n</include>\n',
        "directory/ouidire.xml": f'<include>\n<domain name="ouidire.invalid">\n'
        f'<param name="esl-password" value="{esl_password}" />\n</domain>\n</include>\n',
        "ouidire/gate.lua": "-- the gate\n",
        "ouidire/stop.lua": "-- the stop\n",
    }


def side(*languages: str) -> Side:
    """Ours, in English where no language is named."""
    return Side(texts, HOOK, languages or ("en",))
