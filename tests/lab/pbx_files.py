"""The configuration files of an ordinary small company's Asterisk, as its admin would have written them: no word of the
product.

A trunk from which strangers call, agents 1001 to 1056, four queues, a conference, transfers, parking, an own feature
code, an own ARI and AMI user. Pure functions: a dictionary of file names and texts.
"""

from dataclasses import dataclass
from pathlib import Path

from tests.lab.ports import PortBlock

SERVER_HOST = "127.0.0.1"
TRUNK_HOST = "127.0.0.2"
"""Strangers' phones sit at an address of their own: that is how the PBX tells the trunk from its staff."""
STAFF = range(1001, 1041)
REGISTERING = range(1041, 1057)
"""These agents have no fixed contact: they must REGISTER."""
LINE_PASSWORD = "line-of-the-desk"
"""What the phones of REGISTERING may ask the PBX for before they take a request."""
NAMES = (
    "Agnès Morel",
    "Bruno Petit",
    "Chloé Roux",
    "David Blanc",
    "Élise Fabre",
    "Farid Amrani",
    "Gaëlle Le Goff",
    "Hugo Weiß",
)
ADMIN_PASSWORD = "wallboard-of-the-admin"
_UNWANTED_MODULES = """
chan_sip chan_iax2 chan_mgcp chan_skinny chan_unistim chan_motif chan_console chan_alsa chan_oss pbx_dundi pbx_lua
pbx_ael pbx_realtime res_snmp res_xmpp res_calendar res_calendar_caldav res_calendar_ews res_calendar_exchange
res_calendar_icalendar res_hep res_hep_pjsip res_hep_rtcp res_odbc res_odbc_transaction res_config_odbc
res_config_pgsql res_config_ldap res_config_mysql res_config_curl res_config_sqlite3 res_smdi res_adsi res_phoneprov
res_pjsip_phoneprov_provider res_stun_monitor res_resolver_unbound res_geolocation res_pjsip_geolocation
res_prometheus res_statsd res_stir_shaken res_pjsip_stir_shaken res_speech_aeap res_aeap res_http_media_cache
res_pjsip_transport_websocket res_fax res_fax_spandsp res_pjsip_t38 res_corosync cdr_adaptive_odbc cdr_custom
cdr_manager cdr_odbc cdr_pgsql cdr_radius cdr_sqlite3_custom cdr_tds cdr_beanstalkd cel_beanstalkd
cel_manager cel_odbc cel_pgsql cel_radius cel_sqlite3_custom cel_tds app_voicemail app_voicemail_odbc
app_voicemail_imap app_minivm app_alarmreceiver app_festival app_jack app_adsiprog app_getcpeid app_agent_pool
app_amd app_followme res_clialiases app_sms app_test app_sla app_directory func_odbc func_enum func_srv
"""


_EMPTY = tuple(
    f"{name}.conf"
    for name in (
        "acl", "ccss", "udptl", "stasis", "pjproject", "sorcery", "pjsip_wizard", "pjsip_notify",
        "websocket_client", "chan_websocket", "queuerules",
    )
)  # fmt: skip
"""Files whose absence Asterisk would complain of; their defaults serve."""


@dataclass(frozen=True, slots=True)
class PbxFolders:
    """Where one PBX keeps its things; `run` must have a short path (it holds a Unix socket)."""

    etc: Path
    data: Path
    db: Path
    log: Path
    spool: Path
    run: Path
    modules: Path


def render(folders: PbxFolders, ports: PortBlock, language: str) -> dict[str, str]:
    """All files of the PBX's etc folder: {name: text}. `language` is the trunk's (en, fr)."""
    return {
        "asterisk.conf": _asterisk(folders),
        "modules.conf": _modules(folders.modules),
        "logger.conf": "[general]\ndateformat=%F %T.%3q\n\n[logfiles]\nfull => notice,warning,error,verbose\n",
        "pjsip.conf": _pjsip(ports, language),
        "rtp.conf": f"[general]\nrtpstart={ports.rtp.start}\nrtpend={ports.rtp.stop - 1}\n",
        "http.conf": f"[general]\nenabled=yes\nbindaddr={SERVER_HOST}\nbindport={ports.http}\n",
        "ari.conf": f"[general]\nenabled=yes\n\n[wallboard]\ntype=user\nread_only=yes\npassword={ADMIN_PASSWORD}\n",
        "manager.conf": _manager(ports),
        "features.conf": _FEATURES,
        "res_parking.conf": _PARKING,
        "queues.conf": _queues(),
        "confbridge.conf": _CONFBRIDGE,
        "musiconhold.conf": "[default]\nmode=files\ndirectory=moh\n",
        "cdr.conf": "[general]\nenable=yes\n\n[csv]\nusegmtime=yes\nloguniqueid=yes\n",
        "cel.conf": "[general]\nenable=yes\napps=all\nevents=ALL\n",
        "cel_custom.conf": _CEL,
        "extensions.conf": _EXTENSIONS,
        "indications.conf": _INDICATIONS,
        **dict.fromkeys(_EMPTY, ""),
    }


def _asterisk(folders: PbxFolders) -> str:
    return f"""[directories](!)
[directories]
astetcdir => {folders.etc}
astmoddir => {folders.modules}
astvarlibdir => {folders.data}
astdatadir => {folders.data}
astdbdir => {folders.db}
astkeydir => {folders.data}
astagidir => {folders.data}/agi-bin
astspooldir => {folders.spool}
astrundir => {folders.run}
astlogdir => {folders.log}

[options]
verbose = 3
nocolor = yes
hideconnect = yes
entityid = 02:00:00:00:00:01
"""


def _modules(modules: Path) -> str:
    unwanted = "".join(
        f"noload => {name}.so\n" for name in _UNWANTED_MODULES.split() if (modules / f"{name}.so").is_file()
    )
    return f"[modules]\nautoload=yes\n{unwanted}"


def agent_name(number: int) -> str:
    """The name that agent `number` is called by."""
    return NAMES[(number - 1001) % len(NAMES)]


def _pjsip(ports: PortBlock, language: str) -> str:
    sections = [
        f"""[global]
type=global
user_agent=Company PBX
endpoint_identifier_order=ip,username

[transport-udp]
type=transport
protocol=udp
bind={SERVER_HOST}:{ports.sip}

[party](!)
type=endpoint
transport=transport-udp
disallow=all
allow=ulaw,alaw,g722
direct_media=no
dtmf_mode=rfc4733
media_address={SERVER_HOST}
bind_rtp_to_media_address=yes
rtp_symmetric=yes
trust_id_inbound=yes

[trunk](party)
dtmf_mode=auto
context=from-trunk
aors=trunk
language={language}

[trunk]
type=aor
contact=sip:{TRUNK_HOST}:{ports.trunk}

[trunk]
type=identify
endpoint=trunk
match={TRUNK_HOST}/32
"""
    ]
    sections += [_agent(number, f"contact=sip:{number}@{SERVER_HOST}:{ports.agent(number)}") for number in STAFF]
    sections += [_registering(number) for number in REGISTERING]
    return "\n".join(sections)


def _registering(number: int) -> str:
    """The PBX shows the line's password where the phone asks for it, as Cisco's do before they take a NOTIFY."""
    password = f"[line-{number}]\ntype=auth\nusername={number}\npassword={LINE_PASSWORD}\n"
    return "\n".join(
        [_agent(number, "max_contacts=1\nremove_existing=yes", f"outbound_auth=line-{number}\n"), password]
    )


def _agent(number: int, reached: str, more: str = "") -> str:
    return f"""[{number}](party)
context=from-staff
aors={number}
callerid="{agent_name(number)}" <{number}>
{more}
[{number}]
type=aor
{reached}
"""


def _manager(ports: PortBlock) -> str:
    return f"""[general]
enabled=yes
bindaddr={SERVER_HOST}
port={ports.ami}

[dashboard]
secret={ADMIN_PASSWORD}
deny=0.0.0.0/0.0.0.0
permit=127.0.0.1/255.255.255.255
read=call,agent
write=
"""


def _queues() -> str:
    shared = (
        "strategy={strategy}\nringinuse=no\ntimeout=20\nretry=1\nwrapuptime=0\nannounce-frequency=0\njoinempty=yes\n"
    )
    freepbx_like = "member => Local/{n}@from-queue/n,0,{n},PJSIP/{n}\n"
    few, many = range(1001, 1004), STAFF
    return "\n".join(
        [
            "[general]\npersistentmembers=no\nautofill=yes\nshared_lastcall=no\n",
            "[support]\n" + shared.format(strategy="linear") + "".join(freepbx_like.format(n=n) for n in few),
            "[desk]\n"
            + shared.format(strategy="linear")
            + "".join(f"member => PJSIP/{n},0,{agent_name(n)}\n" for n in few),
            "[patient]\nperiodic-announce=company-tune\nperiodic-announce-frequency=6\n"
            + shared.format(strategy="linear")
            + "member => PJSIP/1018,0\n",
            "[many]\n" + shared.format(strategy="rrmemory") + "".join(freepbx_like.format(n=n) for n in many),
        ]
    )


_INDICATIONS = """[general]
country=fr

[fr]
description=France
ringcadence=1500,3500
dial=440
busy=440/500,0/500
ring=440/1500,0/3500
congestion=440/250,0/250
"""

_FEATURES = """[general]
transferdigittimeout => 3
atxfernoanswertimeout => 15
atxferabort => *1

[featuremap]
blindxfer => #1
atxfer => *2

[applicationmap]
note => *5,self,NoOp,noted
"""

_PARKING = """[default]
parkext => 8700
parkpos => 8701-8720
context => parkedcalls
parkingtime => 60
"""

_CEL = "[mappings]\nMaster.csv => " + ",".join(
    f"${{CSV_QUOTE(${{{one}}})}}"
    for one in (
        "eventtype", "eventtime", "CALLERID(num)", "CHANNEL(exten)", "CHANNEL(channame)", "CHANNEL(appname)",
        "CHANNEL(appdata)", "CHANNEL(uniqueid)", "CHANNEL(linkedid)", "eventextra",
    )
) + "\n"  # fmt: skip

_CONFBRIDGE = """[general]

[quiet]
type=user
quiet=yes

[room]
type=bridge
"""

_EXTENSIONS = """[general]
static=yes
writeprotect=yes

[globals]

; ---- calls of strangers
[from-trunk]
; one agent
exten => 200,1,Answer()
 same => n,Gosub(ouidire-consent,s,1)
 same => n,Dial(PJSIP/1001,30,tT)
 same => n,Hangup()
; the same in French
exten => 201,1,Answer()
 same => n,Set(CHANNEL(language)=fr)
 same => n,Gosub(ouidire-consent,s,1)
 same => n,Dial(PJSIP/1001,30,tT)
 same => n,Hangup()
; the admin's own feature code is in force too
exten => 202,1,Answer()
 same => n,Set(__DYNAMIC_FEATURES=note)
 same => n,Gosub(ouidire-consent,s,1)
 same => n,Dial(PJSIP/1001,30,tT)
 same => n,Hangup()
; a language without prompts: the notice is the first one's
exten => 203,1,Answer()
 same => n,Set(CHANNEL(language)=tr)
 same => n,Gosub(ouidire-consent,s,1)
 same => n,Dial(PJSIP/1003,30,tT)
 same => n,Hangup()
; nobody asks: an agent without any consent step
exten => 209,1,Answer()
 same => n,Dial(PJSIP/1001,30,tT)
 same => n,Hangup()
; people in need: listed in the settings, neither asked nor heard
exten => 208,1,Answer()
 same => n,Gosub(ouidire-consent,s,1)
 same => n,Dial(PJSIP/1026,30,tT)
 same => n,Hangup()
; the line on which people exercise their rights
exten => 600,1,Goto(ouidire-rights,s,1)
; queues: FreePBX-like members, plain members, everybody
exten => 300,1,Answer()
 same => n,Gosub(ouidire-consent,s,1)
 same => n,Queue(support,tT,,,60)
 same => n,Hangup()
exten => 301,1,Answer()
 same => n,Gosub(ouidire-consent,s,1)
 same => n,Queue(desk,tT,,,60)
 same => n,Hangup()
exten => 302,1,Answer()
 same => n,Gosub(ouidire-consent,s,1)
 same => n,Queue(many,tT,,,60)
 same => n,Hangup()
; a tune, then a queue that plays music and the tune again while one waits
exten => 303,1,Answer()
 same => n,Gosub(ouidire-consent,s,1)
 same => n,Playback(company-tune)
 same => n,Queue(patient,tT,,,60)
 same => n,Hangup()
; conferences
exten => _4XX,1,Answer()
 same => n,Gosub(ouidire-consent,s,1)
 same => n,ConfBridge(${EXTEN},room,quiet)
 same => n,Hangup()
; 5 and an agent's number: that agent; 6 and the number: that agent behind a Local channel
exten => _510XX,1,Answer()
 same => n,Gosub(ouidire-consent,s,1)
 same => n,Dial(PJSIP/${EXTEN:1},30,tT)
 same => n,Hangup()
exten => _610XX,1,Answer()
 same => n,Gosub(ouidire-consent,s,1)
 same => n,Dial(Local/${EXTEN:1}@from-queue/n,30,tT)
 same => n,Hangup()
; 8 and the number: that agent; the caller alone hears the tune every six seconds of the talk
exten => _810XX,1,Answer()
 same => n,Gosub(ouidire-consent,s,1)
 same => n,Set(LIMIT_PLAYAUDIO_CALLER=yes)
 same => n,Set(LIMIT_PLAYAUDIO_CALLEE=no)
 same => n,Set(LIMIT_WARNING_FILE=company-tune)
 same => n,Dial(PJSIP/${EXTEN:1},30,tTL(600000:598000:6000))
 same => n,Hangup()

; ---- queue members
[from-queue]
exten => _10XX,1,Dial(PJSIP/${EXTEN},20,t)
 same => n,Hangup()

; ---- calls of staff
[from-staff]
include => parkedcalls
exten => _10XX,1,Dial(PJSIP/${EXTEN},30,tT)
 same => n,Hangup()
exten => _10XX,hint,PJSIP/${EXTEN}
; out through the trunk: short numbers as they are, long ones with the question, which emergency calls are spared
exten => _9XX,1,Dial(PJSIP/${EXTEN}@trunk,30,tT)
 same => n,Hangup()
exten => _0XX.,1,Dial(PJSIP/${EXTEN}@trunk,30,tTU(ouidire-outgoing))
 same => n,Hangup()
exten => 112,1,Dial(PJSIP/112@trunk,30,tTU(ouidire-outgoing))
 same => n,Hangup()
; the line on which staff answer the notice to staff
exten => 601,1,Goto(ouidire-staff,s,1)
; and 602 with the six digits of the page that a colleague has open
exten => _602XXXXXX,1,Goto(ouidire-pair,${EXTEN:3},1)
; an agent who passes the consent step on the way out, and to a colleague
exten => _79XX,1,Answer()
 same => n,Gosub(ouidire-consent,s,1)
 same => n,Dial(PJSIP/${EXTEN:1}@trunk,30,tT)
 same => n,Hangup()
exten => _710XX,1,Answer()
 same => n,Gosub(ouidire-consent,s,1)
 same => n,Dial(PJSIP/${EXTEN:1},30,tT)
 same => n,Hangup()
; the conferences
exten => _4XX,1,Answer()
 same => n,ConfBridge(${EXTEN},room,quiet)
 same => n,Hangup()
"""
