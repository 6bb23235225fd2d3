"""Laws of finding who else listens."""

from collections.abc import Callable
from pathlib import Path

from dialplan.recorders import recorders

Folder = Callable[[dict[str, str]], Path]


def test_every_kind_is_found_with_its_place(folder_of: Folder) -> None:
    """Law: dialplan, included files, AEL, Lua, queues, features, conferences, phones: file and line of each."""
    etc = folder_of(
        {
            "extensions.conf": "[a]\nexten => s,1,ExecIf($[1]?MixMonitor(x.wav))\n#include b.conf\n"
            " same => n,Dial(PJSIP/1,30,tTwk)\n",
            "b.conf": "exten => 2,1,ChanSpy(PJSIP)\nexten => 3,1,ExtenSpy(1@a)\nexten => 4,1,Record(x:gsm)\n",
            "extensions.ael": "context x { // MixMonitor(no)\n s => Monitor(wav);\n}\n",
            "extensions.lua": "app.mixmonitor('x')\n-- app.record('no')\n",
            "queues.conf": "[q]\nmonitor-format = wav\n",
            "features.conf": "[featuremap]\nautomixmon => *3\n[applicationmap]\n"
            "rec => *1,self,MixMonitor,x\nn => *7,self,NoOp\n",
            "confbridge.conf": "[room]\nrecord_conference=yes\n",
            "pjsip.conf": "[1001]\none_touch_recording = yes\n",
        }
    )
    found = {(one.file.name, one.line, one.what) for one in recorders(etc)}
    assert found == {
        ("extensions.conf", 2, "MixMonitor"),
        ("extensions.conf", 4, "recording by a key (option w)"),
        ("b.conf", 1, "ChanSpy"),
        ("b.conf", 2, "ExtenSpy"),
        ("b.conf", 3, "Record"),
        ("extensions.ael", 2, "Monitor"),
        ("extensions.lua", 1, "mixmonitor"),
        ("queues.conf", 2, "queue recording"),
        ("features.conf", 2, "recording by a key"),
        ("features.conf", 4, "MixMonitor"),
        ("confbridge.conf", 2, "conference recording"),
        ("pjsip.conf", 2, "one-touch recording"),
    }


def test_what_only_looks_alike_is_not_found(folder_of: Folder) -> None:
    """Law: comments, StopMixMonitor, other options and names, a way to record that no queue uses, are no recorders."""
    etc = folder_of(
        {
            "extensions.conf": "[a]\n;exten => s,1,MixMonitor(x)\nexten => s,1,StopMixMonitor()\n"
            " same => n,Dial(PJSIP/1001,30,tT)\n same => n,Queue(desk,tT,,,60)\n same => n,Set(Record=1)\n",
            "features.conf": "[featuremap]\nautomon =>\n",
            "queues.conf": "[general]\nmonitor-type = MixMonitor\n",
        }
    )
    assert recorders(etc) == ()
