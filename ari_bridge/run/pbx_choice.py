"""The PBX that the settings name, behind the port."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from ari_bridge.pbx.asterisk.access import AmiAccess, AriAccess
from ari_bridge.pbx.asterisk.adapter import AsteriskPbx
from ari_bridge.pbx.asterisk.phones import AsteriskPhones
from ari_bridge.pbx.freeswitch.access import EslAccess
from ari_bridge.pbx.freeswitch.adapter import FreeSwitchPbx
from ari_bridge.pbx.port import CodePbx, LinePbx, Pbx, Phones
from ari_bridge.run.passwords import read_esl_password, read_passwords
from ari_bridge.run.pbx_section import PbxSection
from ari_bridge.run.settings import Settings


class DeskPhones(Phones, Protocol):
    """The phones of a PBX, from `start` to `stop`."""

    async def start(self) -> None:
        """Try to connect. Raises PbxRefused on a wrong password."""
        ...

    async def stop(self) -> None:
        """End the connection."""
        ...

    async def user_agents(self) -> Mapping[str, tuple[str, ...]]:
        """What the phones call themselves, by endpoint."""
        ...

    async def addresses(self) -> Mapping[str, frozenset[str]]:
        """Where the phones are, by endpoint."""
        ...


class DialInPbx(LinePbx, CodePbx, Protocol):
    """A PBX on which people dial us."""


class ChosenPbx(NamedTuple):
    """One PBX by its roles."""

    calls: Pbx
    lines: DialInPbx
    phones: DeskPhones


def choose_pbx(settings: Settings) -> ChosenPbx:
    """The PBX of `pbx.kind`, not connected yet. Raises SettingsError: its passwords cannot be read."""
    pbx = settings.pbx
    if pbx.kind == "freeswitch":
        switch = FreeSwitchPbx(esl_access(pbx))
        return ChosenPbx(switch, switch.lines, switch.phones)
    passwords = read_passwords(pbx.secrets_file)
    listener = AmiAccess(pbx.ami_host, pbx.ami_port, pbx.ami_user, passwords.ami_password)
    pusher = AmiAccess(pbx.ami_host, pbx.ami_port, pbx.phones_user, passwords.phones_password)
    ari = AriAccess(pbx.ari_url, pbx.ari_user, passwords.ari_password)
    asterisk = AsteriskPbx(ari, listener, settings.media.lease_s)
    return ChosenPbx(asterisk, asterisk, AsteriskPhones(pusher))


def esl_access(pbx: PbxSection) -> EslAccess:
    """How we come in at a FreeSWITCH. Raises SettingsError: the password cannot be read."""
    return EslAccess(pbx.esl_host, pbx.esl_port, pbx.esl_user, read_esl_password(pbx.secrets_file))
