"""An admin's Asterisk or FreeSWITCH configuration in a folder, and settings that fit it."""

from pathlib import Path

from tests.dialplan.freeswitch.switch_folder import Site

PLAIN = {
    "extensions.conf": "[from-trunk]\nexten => 200,1,Dial(PJSIP/1001)\n",
    "features.conf": "[general]\n\n[applicationmap]\nnote => *5,self,NoOp\n",
    "http.conf": "[general]\n",
    "ari.conf": "[general]\nenabled=yes\n",
    "manager.conf": "[general]\nenabled=yes\nbindaddr=127.0.0.1\n",
    "rtp.conf": "[general]\nrtpstart=10000\nrtpend=20000\n",
    "modules.conf": "[modules]\nautoload=yes\n",
}


def lay_out(folder: Path) -> Path:
    """The admin's files in `folder`/etc; astdatadir is `folder`/data."""
    etc = folder / "etc"
    etc.mkdir()
    for name, text in PLAIN.items():
        (etc / name).write_text(text, encoding="utf-8")
    (folder / "data" / "sounds").mkdir(parents=True)
    (etc / "asterisk.conf").write_text(f"[directories]\nastdatadir => {folder / 'data'}\n", encoding="utf-8")
    return etc


def lay_out_freeswitch(folder: Path, settings_file: Path, media: str = "") -> Path:
    """The admin's files in `folder`/freeswitch, every module loaded; the settings name that PBX, and no password yet.

    `media` are more lines of the settings' section of that name.
    """
    text = settings_file.read_text(encoding="utf-8").replace("[pbx]", '[pbx]\nkind = "freeswitch"', 1)
    settings_file.write_text(f'{text}[media]\ntransport = "websocket"\n{media}', encoding="utf-8")
    (folder / "secrets.toml").unlink()
    site = Site(folder)
    site.edit("autoload_configs/modules.conf.xml", '<!-- <load module="mod_audio_stream"/> -->', "")
    site.edit(
        "autoload_configs/modules.conf.xml", "  </modules>", '    <load module="mod_audio_stream"/>\n  </modules>'
    )
    return site.etc


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file below a folder, with its bytes."""
    return {file.relative_to(folder): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}
