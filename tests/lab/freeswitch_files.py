"""The configuration of an ordinary small company's FreeSWITCH, as its admin would have written it: no word of the
product but the one line with which the admin calls the consent step.

Strangers call at the profile "external" (context `public`), staff sits in the directory and registers with a password
at the profile "internal" (context `default`), a gateway "trunk" leads out. Pure functions: texts by their file names.
"""

from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

from tests.lab.ports import PortBlock

HOST = "127.0.0.1"
DOMAIN = "pbx.test"
STAFF = range(1001, 1005)
QUEUE, QUEUE_AGENT = "700", 1004
"""A queue, and the one agent who takes calls out of it."""
STAFF_PASSWORD = "line-of-the-desk"
RIGHTS_LINE, STAFF_LINE, PAIRING = "600", "601", "602"
"""The numbers that the admin gave our lines; a page's code follows the last."""
CONSENT_STEP = "ouidire_consent XML ouidire"
"""What the admin writes before `bridge`; where nothing is installed FreeSWITCH notes that and goes on."""
OUTGOING_STEP = "ouidire_outgoing XML ouidire"
"""The same in calls to the outside."""
GATEWAY = "trunk"
_NEEDED = (
    "event_socket", "sofia", "commands", "dptools", "dialplan_xml", "db", "hash", "expr", "loopback",
    "sndfile", "tone_stream", "lua",
)  # fmt: skip
_WELCOME = ("logfile", "console", "native_file", "audio_stream", "conference", "callcenter", "say_en")
"""Loaded where this FreeSWITCH has them."""


@dataclass(frozen=True, slots=True)
class Modules:
    """Where the modules are. Raises nothing: what is missing shows when it is loaded."""

    folder: Path

    def __contains__(self, name: str) -> bool:
        return (self.folder / f"mod_{name}.so").is_file()

    @property
    def missing(self) -> list[str]:
        """Those without which this lab is none."""
        return [f"mod_{name}" for name in _NEEDED if name not in self]

    @property
    def wanted(self) -> list[str]:
        """What to load, in order."""
        names = [*(name for name in _WELCOME[:2] if name in self), *_NEEDED]
        return [f"mod_{name}" for name in (*names, *(name for name in _WELCOME[2:] if name in self))]


def render(ports: PortBlock, esl_password: str, modules: Modules, log_file: Path) -> dict[str, str]:
    """Every file by its path relative to the configuration folder."""
    files = {
        "freeswitch.xml": _ROOT,
        "dialplan/public.xml": _PUBLIC,
        "dialplan/default.xml": _DEFAULT,
        "directory/default.xml": _directory(),
        "autoload_configs/lua.conf.xml": _LUA,
        "autoload_configs/sofia.conf.xml": _sofia(ports),
    }
    loads = "".join(f'<load module="{name}"/>\n' for name in modules.wanted)
    files["autoload_configs/modules.conf.xml"] = _configuration("modules", f"<modules>\n{loads}</modules>")
    files["autoload_configs/switch.conf.xml"] = _configuration(
        "switch",
        _settings(
            {
                "loglevel": "info",
                "max-sessions": "1000",
                "sessions-per-second": "200",
                "rtp-start-port": str(ports.rtp.start),
                "rtp-end-port": str(ports.rtp.stop - 1),
                "rtp-enable-zrtp": "false",
            }
        ),
    )
    files["autoload_configs/event_socket.conf.xml"] = _configuration(
        "event_socket",
        _settings({"listen-ip": HOST, "listen-port": str(ports.ami), "password": esl_password, "nat-map": "false"}),
    )
    files["autoload_configs/logfile.conf.xml"] = _configuration(
        "logfile",
        f'<settings/><profiles><profile name="default">{_settings({"logfile": str(log_file)})}'
        '<mappings><map name="all" value="info,notice,warning,err,crit,alert"/></mappings></profile></profiles>',
    )
    files["autoload_configs/callcenter.conf.xml"] = _configuration("callcenter", _CALLCENTER)
    for name, body in _QUIET_ONES.items():
        files[f"autoload_configs/{name}.conf.xml"] = _configuration(name, body)
    return files


def _configuration(name: str, body: str) -> str:
    return f'<configuration name="{name}.conf">\n{body}\n</configuration>\n'


def _settings(values: dict[str, str]) -> str:
    lines = "\n".join(f"  <param name={quoteattr(name)} value={quoteattr(value)}/>" for name, value in values.items())
    return f"<settings>\n{lines}\n</settings>"


def _sofia(ports: PortBlock) -> str:
    common = {
        "sip-ip": HOST, "rtp-ip": HOST, "dialplan": "XML", "rfc2833-pt": "101", "manage-presence": "false",
        "inbound-codec-prefs": "PCMU,PCMA", "outbound-codec-prefs": "PCMU,PCMA",
        "rtp-timer-name": "soft", "hold-music": "tone_stream://%(500,500,440);loops=-1",
    }  # fmt: skip
    strangers = common | {"sip-port": str(ports.spare[4]), "context": "public", "auth-calls": "false"}
    staff = common | {
        "sip-port": str(ports.sip), "context": "default", "auth-calls": "true", "challenge-realm": DOMAIN,
        "force-register-domain": DOMAIN, "force-register-db-domain": DOMAIN,
        "inbound-reg-force-matching-username": "true",
    }  # fmt: skip
    gateway = {
        "proxy": f"{HOST}:{ports.trunk}", "realm": HOST, "username": "company", "password": "unused",
        "register": "false", "context": "public", "extension": "auto_to_user",
    }  # fmt: skip
    lines = "\n".join(f"  <param name={quoteattr(name)} value={quoteattr(value)}/>" for name, value in gateway.items())
    profiles = (
        f'<profile name="external">\n<gateways><gateway name="{GATEWAY}">\n{lines}\n</gateway></gateways>\n'
        f"{_settings(strangers)}\n</profile>\n"
        f'<profile name="internal">\n{_settings(staff)}\n</profile>'
    )
    return _configuration("sofia", f"<global_settings/>\n<profiles>\n{profiles}\n</profiles>")


def _directory() -> str:
    users = "\n".join(
        f'<user id="{number}"><params><param name="password" value="{STAFF_PASSWORD}"/></params>'
        f'<variables><variable name="user_context" value="default"/></variables></user>'
        for number in STAFF
    )
    dial = "{presence_id=${dialed_user}@${dialed_domain}}${sofia_contact(*/${dialed_user}@${dialed_domain})}"
    return (
        f'<include>\n<domain name="{DOMAIN}">\n<params><param name="dial-string" value="{dial}"/></params>\n'
        f'<groups><group name="staff"><users>\n{users}\n</users></group></groups>\n</domain>\n</include>\n'
    )


_ROOT = """<?xml version="1.0"?>
<document type="freeswitch/xml">
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
"""Each include stands on a line of its own: FreeSWITCH's preprocessor drops what else is on it."""

_LUA = """<configuration name="lua.conf" description="LUA Configuration">
  <settings>
    <!-- <param name="startup-script" value="startup_script_1.lua"/> -->
  </settings>
</configuration>
"""

_CALLCENTER = f"""<settings/>
<queues><queue name="sales">
  <param name="strategy" value="longest-idle-agent"/>
  <param name="moh-sound" value="tone_stream://%(500,500,440);loops=-1"/>
</queue></queues>
<agents>
  <agent name="sales-desk" type="callback" contact="user/{QUEUE_AGENT}@{DOMAIN}" status="Available" max-no-answer="3"
         wrap-up-time="0" reject-delay-time="1" busy-delay-time="1"/>
</agents>
<tiers><tier agent="sales-desk" queue="sales" level="1" position="1"/></tiers>"""

_PUBLIC = f"""<include>
<context name="public">
  <!-- a stranger calls somebody: consent is asked first -->
  <extension name="staff"><condition field="destination_number" expression="^(10\\d\\d)$">
    <action application="execute_extension" data="{CONSENT_STEP}"/>
    <action application="set" data="hangup_after_bridge=true"/>
    <action application="bridge" data="user/$1@{DOMAIN}"/>
  </condition></extension>
  <!-- out of a queue, where this FreeSWITCH has mod_callcenter -->
  <extension name="queue"><condition field="destination_number" expression="^{QUEUE}$">
    <action application="execute_extension" data="{CONSENT_STEP}"/>
    <action application="callcenter" data="sales"/>
  </condition></extension>
  <!-- the line for callers' rights -->
  <extension name="rights"><condition field="destination_number" expression="^{RIGHTS_LINE}$">
    <action application="execute_extension" data="ouidire_rights XML ouidire"/>
  </condition></extension>
  <!-- the same in French -->
  <extension name="french"><condition field="destination_number" expression="^20(10\\d\\d)$">
    <action application="set" data="default_language=fr"/>
    <action application="execute_extension" data="{CONSENT_STEP}"/>
    <action application="set" data="hangup_after_bridge=true"/>
    <action application="bridge" data="user/$1@{DOMAIN}"/>
  </condition></extension>
  <!-- the same with the sound going past the PBX -->
  <extension name="past"><condition field="destination_number" expression="^5(10\\d\\d)$">
    <action application="execute_extension" data="{CONSENT_STEP}"/>
    <action application="set" data="bypass_media=true"/>
    <action application="bridge" data="user/$1@{DOMAIN}"/>
  </condition></extension>
</context>
</include>
"""

_DEFAULT = f"""<include>
<context name="default">
  <extension name="staff"><condition field="destination_number" expression="^(10\\d\\d)$">
    <action application="set" data="hangup_after_bridge=true"/>
    <action application="bridge" data="user/$1@{DOMAIN}"/>
  </condition></extension>
  <!-- the line for staff, and the code of a page -->
  <extension name="notice"><condition field="destination_number" expression="^{STAFF_LINE}$">
    <action application="execute_extension" data="ouidire_staff XML ouidire"/>
  </condition></extension>
  <extension name="page"><condition field="destination_number" expression="^{PAIRING}(\\d{{6}})$">
    <action application="execute_extension" data="ouidire_pair_$1 XML ouidire"/>
  </condition></extension>
  <!-- 0 for an outside line -->
  <extension name="out"><condition field="destination_number" expression="^0(\\d+)$">
    <action application="execute_extension" data="{OUTGOING_STEP}"/>
    <action application="export" data="nolocal:leg_timeout=10"/>
    <action application="set" data="hangup_after_bridge=true"/>
    <action application="bridge" data="sofia/gateway/{GATEWAY}/$1"/>
  </condition></extension>
</context>
</include>
"""

_QUIET_ONES = {
    "acl": '<network-lists><list name="nobody" default="deny"/></network-lists>',
    "db": "<settings/>",
    "timezones": '<timezones><zone name="Asia/Tokyo" value="JST-9"/></timezones>',
    "console": '<mappings><map name="all" value="err,crit,alert"/></mappings><settings/>',
    "conference": "<advertise/><caller-controls/><profiles/>",
}
"""Files whose absence FreeSWITCH would complain of; their defaults serve."""
