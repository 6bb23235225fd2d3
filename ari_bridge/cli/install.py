"""`ouidire install`: the PBX's side, shown first if asked, written whole or not at all."""

from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ari_bridge.cli.command import Command, Exit
from ari_bridge.run import settings as all_settings
from ari_bridge.run.conditions import unmet
from ari_bridge.run.freeswitch_side import side_of
from ari_bridge.run.notices import recordings_of
from ari_bridge.run.pbx_side import prepare_keys, render_settings
from ari_bridge.run.settings_errors import SettingsError
from dialplan.change import InstallRefused, Plan, apply
from dialplan.freeswitch import install as freeswitch
from dialplan.freeswitch.lua_hook import LUA_CONF
from dialplan.install import plan

DEFAULT_FOLDER: Final = Path("/etc/asterisk")
HOOKED_FILE: Final = Path(LUA_CONF).name

_NEXT_STEPS: Final = """\
Now:
  1. asterisk -rx "core reload"
  2. In your dialplan, before Dial() or Queue() of calls from outside:  same => n,Gosub(ouidire-consent,s,1)
  3. ouidire doctor
  4. ouidire serve"""
_NEXT_STEPS_FREESWITCH: Final = f"""\
Now:
  1. In your dialplan, before bridge in calls from outside:
       {freeswitch.CONSENT_LINE}
  2. fs_cli -x reloadxml
  3. {{hook}}
  4. ouidire doctor --freeswitch {{folder}}
  5. ouidire serve"""
_RESTART: Final = (
    "The hook in lua.conf.xml is new, and mod_lua reads its hooks only as it starts (`reload mod_lua` is refused):\n"
    '       restart FreeSWITCH once when no call is on, as by: fs_cli -x "fsctl shutdown elegant restart"'
)
_NO_RESTART: Final = "Nothing to restart: the hook in lua.conf.xml is as it was, and the gate is read anew each time"


def run(arguments: Namespace) -> Exit:
    """Plan, show, and unless it is a dry run apply. Raises SettingsError and InstallRefused."""
    settings = all_settings.load(arguments.settings)
    check_folders(arguments, settings)
    _check_conditions(settings, arguments.dry_run)
    if not arguments.dry_run:
        for file in prepare_keys(settings):
            print(f"made: {file}; keep a backup of it, apart from the database's")
    made = _planned(settings, arguments)
    code = settle(made, arguments.dry_run)
    if code is Exit.OK and not arguments.dry_run and not made.is_empty:
        print(_next_steps(made, arguments.freeswitch))
    return code


def _planned(settings: all_settings.Settings, arguments: Namespace) -> Plan:
    secrets_file = settings.pbx.secrets_file
    if arguments.freeswitch is None:
        return plan(
            arguments.asterisk,
            render_settings(settings),
            secrets_file=secrets_file,
            sounds_dir=arguments.sounds,
            prompts=recordings_of(settings),
        )
    return freeswitch.plan(arguments.freeswitch, side_of(settings, arguments.freeswitch), secrets_file=secrets_file)


def _next_steps(made: Plan, freeswitch_folder: Path | None) -> str:
    if freeswitch_folder is None:
        return _NEXT_STEPS
    hook = _RESTART if any(change.path.name == HOOKED_FILE for change in made.changes) else _NO_RESTART
    return _NEXT_STEPS_FREESWITCH.format(folder=freeswitch_folder, hook=hook)


def _check_conditions(settings: all_settings.Settings, is_dry_run: bool) -> None:
    """Nothing is installed before the start conditions are met; a dry run tells them and goes on."""
    reasons = unmet(settings, datetime.now(UTC).date())
    if reasons and not is_dry_run:
        raise SettingsError(*reasons)
    for reason in reasons:
        print(f"before it is installed: {reason}")


def settle(made: Plan, is_dry_run: bool) -> Exit:
    """Show a plan, or carry it out and say what was done. Where something is in the way nothing is changed."""
    for note in made.notes:
        print(f"note: {note}")
    if made.conflicts:
        for conflict in made.conflicts:
            print(f"in the way: {conflict.subject}: {conflict.sentence}")
        print("Nothing was changed.")
        return Exit.PROBLEM
    if made.is_empty:
        print("Nothing to do: all is as it should be.")
        return Exit.OK
    if is_dry_run:
        print(made.diff())
        print("A dry run: nothing was changed.")
        return Exit.OK
    try:
        apply(made)
    except OSError as error:
        raise InstallRefused(f"{error.filename}: {error.strerror}; nothing was changed. Are you root?") from error
    for change in made.changes:
        print(f"{'removed' if change.after is None else 'written'}: {change.path}")
    return Exit.OK


def add_folder_argument(parser: ArgumentParser) -> None:
    """The arguments that name the PBX's configuration: Asterisk's, or FreeSWITCH's."""
    one = parser.add_mutually_exclusive_group()
    one.add_argument(
        "--asterisk",
        type=Path,
        default=DEFAULT_FOLDER,
        metavar="DIR",
        help=f"Asterisk's configuration folder (default: {DEFAULT_FOLDER})",
    )
    one.add_argument(
        "--freeswitch",
        type=Path,
        metavar="DIR",
        help="FreeSWITCH's configuration folder, the one that holds freeswitch.xml (often /etc/freeswitch)",
    )


def add_sounds_argument(parser: ArgumentParser) -> None:
    """The argument that names the prompts' folder."""
    parser.add_argument(
        "--sounds",
        type=Path,
        metavar="DIR",
        help="Asterisk's folder of prompts (default: as its asterisk.conf says); FreeSWITCH's lie in DIR/ouidire",
    )


def check_folders(arguments: Namespace, settings: all_settings.Settings) -> None:
    """Raises SettingsError where a folder is named that the PBX of the settings has no use for."""
    kind = settings.pbx.kind
    if kind == "freeswitch" and arguments.freeswitch is None:
        raise SettingsError("pbx.kind is freeswitch: name its configuration folder by --freeswitch DIR")
    if kind != "freeswitch" and arguments.freeswitch is not None:
        raise SettingsError(f'pbx.kind is {kind}: for a FreeSWITCH set kind = "freeswitch" in [pbx]')
    if arguments.freeswitch is not None and arguments.sounds is not None:
        raise SettingsError(
            "--sounds is for Asterisk: FreeSWITCH's prompts lie in ouidire/sounds of its --freeswitch DIR"
        )


def _add_arguments(parser: ArgumentParser) -> None:
    add_folder_argument(parser)
    add_sounds_argument(parser)
    parser.add_argument("--dry-run", action="store_true", help="show the changes as a diff and change nothing")


COMMAND = Command(
    "install",
    "Write the PBX's side: consent dialogue, gate, *9, prompts, users with passwords of their own.",
    (
        ("ouidire install --dry-run", "show what would be changed in /etc/asterisk"),
        ("ouidire install", "do it; a second run changes nothing"),
        ("ouidire install --asterisk /srv/pbx/etc", "another folder"),
        ("ouidire install --freeswitch /etc/freeswitch --dry-run", "show what would be changed in a FreeSWITCH"),
        ("ouidire install --freeswitch /etc/freeswitch", "do it; of your files lua.conf.xml alone gets a marked block"),
    ),
    _add_arguments,
    run,
)
