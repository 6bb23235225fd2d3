"""A call as a picture (SVG): who spoke, what was forked and when, the caller's tone with its uncertainty, the marks."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from consent.parties import Party
from tests.demo.call_report import CallReport
from tests.demo.evidence import Score
from tests.demo.performance import CallName

WIDTH, HEIGHT = 1100, 430
LEFT, RIGHT = 130, 1080
LANES = {"caller": 70, "agent": 104, "caller's fork": 150, "agent's fork": 184}
LANE_HEIGHT = 24
TONE_TOP, TONE_BOTTOM = 232, 362
AXIS = 380
_COLOURS = {"calm": "#5b8fb9", "tense": "#c8553d", "fork": "#6a994e", "tone": "#7b2d8b", "abstained": "#bbbbbb"}
_MARK = "#222222"
_STYLE = (
    "text{font:12px sans-serif;fill:#222}.small{font-size:10px;fill:#555}.count{font-size:10px;fill:#fff}"
    ".head{font-size:15px;font-weight:bold}"
)
_OUTCOME = {
    CallName.YES: "a yes: both voices are forked until somebody hangs up",
    CallName.NO: "a no: nothing is forked",
    CallName.SILENCE: "no answer counts as a no: nothing is forked",
    CallName.WITHDRAWN: "a yes, then *9: forks end, what was derived is erased",
    CallName.KILLED: "a yes, then the bridge is killed: the call goes on, forks end with their lease",
}


class Picture:
    """Draws one call. The time axis begins when the caller dials; the tone's when the first fork does."""

    def __init__(self, report: CallReport) -> None:
        self._report = report
        self._start_ns = report.performance.started_ns
        self._end_ns = max(report.performance.hung_up_ns, *(flow.last_ns for flow in report.flows), 0) + 500_000_000
        self._root = ElementTree.Element(
            "svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img"}
        )

    def draw(self) -> ElementTree.Element:
        """The whole picture."""
        name = self._report.performance.name
        self._add("title").text = f"Call {name}: {_OUTCOME[name]}"
        self._add("style").text = _STYLE
        self._add("rect", width=WIDTH, height=HEIGHT, fill="#ffffff")
        self._text(20, 26, f"{name}: {_OUTCOME[name]}", "head")
        self._grant()
        self._axis()
        self._speech()
        self._forks()
        self._tone()
        self._marks()
        self._legend()
        return self._root

    def _x(self, at_ns: float) -> float:
        share = (at_ns - self._start_ns) / (self._end_ns - self._start_ns)
        return round(LEFT + share * (RIGHT - LEFT), 1)

    def _add(self, tag: str, **attributes: object) -> ElementTree.Element:
        named = {name.replace("_", "-"): str(value) for name, value in attributes.items()}
        return ElementTree.SubElement(self._root, tag, named)

    def _text(self, x: float, y: float, text: str, style: str = "", anchor: str = "start") -> None:
        self._add("text", x=x, y=y, text_anchor=anchor, **({"class": style} if style else {})).text = text

    def _block(self, since_ns: float, until_ns: float, y: float, colour: str, hint: str) -> None:
        x = self._x(since_ns)
        width = max(1.0, round(self._x(until_ns) - x, 1))
        block = self._add("rect", x=x, y=y, width=width, height=LANE_HEIGHT, fill=colour)
        ElementTree.SubElement(block, "title").text = hint

    def _grant(self) -> None:
        grant = self._report.grant
        if grant is not None:
            x, end = self._x(grant.start_ns), self._x(grant.end_ns)
            self._add("rect", x=x, y=56, width=end - x, height=AXIS - 56, fill="#eef6e6")

    def _axis(self) -> None:
        for name, y in LANES.items():
            self._text(LEFT - 8, y + 16, name, anchor="end")
            self._add("line", x1=LEFT, x2=RIGHT, y1=y + LANE_HEIGHT, y2=y + LANE_HEIGHT, stroke="#dddddd")
        self._text(LEFT - 8, TONE_TOP + 10, "tense 1", anchor="end")
        self._text(LEFT - 8, (TONE_TOP + TONE_BOTTOM) / 2, "caller's tone", anchor="end")
        self._text(LEFT - 8, TONE_BOTTOM, "calm 0", anchor="end")
        self._add(
            "rect", x=LEFT, y=TONE_TOP, width=RIGHT - LEFT, height=TONE_BOTTOM - TONE_TOP, fill="none", stroke="#dddddd"
        )
        for second in range(0, int((self._end_ns - self._start_ns) / 1e9) + 1, 5):
            x = self._x(self._start_ns + second * 1e9)
            self._add("line", x1=x, x2=x, y1=AXIS - 4, y2=AXIS, stroke=_MARK)
            self._text(x, AXIS + 13, f"{second} s", "small", "middle")

    def _speech(self) -> None:
        self._text(LEFT + 6, LANES["caller"] + 16, "hears the notice", "small")
        for one in self._report.performance.spoken:
            hint = f"{one.party} speaks, {one.mood}, {(one.end_ns - one.start_ns) / 1e9:.1f} s"
            self._block(one.start_ns, one.end_ns, LANES[one.party.value], _COLOURS[one.mood.value], hint)

    def _forks(self) -> None:
        """Height: packets a second."""
        for flow in self._report.flows:
            y = LANES["agent's fork" if self._report.party_of(flow) is Party.AGENT else "caller's fork"]
            packets = self._report.packets
            times_ns = packets["time_ns"][(packets["port"] == flow.port) & (packets["ssrc"] == flow.ssrc)]
            edges = np.arange(flow.first_ns, flow.last_ns + 500_000_000, 500_000_000)
            for since_ns, count in zip(edges[:-1], np.histogram(times_ns, edges)[0], strict=True):
                height = round(min(1.0, count / 25) * LANE_HEIGHT, 1)
                x, until = self._x(since_ns), self._x(min(since_ns + 500_000_000, flow.last_ns))
                self._add(
                    "rect", x=x, y=y + LANE_HEIGHT - height, width=round(max(0.0, until - x) + 0.4, 1), height=height,
                    fill=_COLOURS["fork"],
                )  # fmt: skip
            self._text(self._x(flow.last_ns) - 4, y + 16, f"{flow.packets} packets", "count", "end")

    def _tone(self) -> None:
        verdicts = self._report.evidence.verdicts if self._report.evidence else ()
        if not verdicts or not self._report.flows:
            self._text((LEFT + RIGHT) / 2, (TONE_TOP + TONE_BOTTOM) / 2, self._why_no_tone(), anchor="middle")
            return
        zero_ns = self._report.flows[0].first_ns
        for verdict in verdicts:
            since, until = self._x(zero_ns + verdict.start_s * 1e9), self._x(zero_ns + verdict.end_s * 1e9)
            if verdict.reason is not None:
                self._abstention(since, until, verdict.reason)
            else:
                self._score(since, until, verdict)

    def _score(self, since: float, until: float, score: Score) -> None:
        value, sigma = score.activation or 0.0, score.activation_sigma or 0.0
        top, bottom = self._y(min(1.0, value + sigma)), self._y(max(0.0, value - sigma))
        hint = f"activation {value:.2f} ± {sigma:.2f}, anger {score.anger or 0.0:.2f} ± {score.anger_sigma or 0.0:.2f}"
        band = self._add(
            "rect", x=since, y=top, width=round(until - since, 1), height=round(bottom - top, 1),
            fill=_COLOURS["tone"], fill_opacity=0.22,
        )  # fmt: skip
        ElementTree.SubElement(band, "title").text = hint
        self._add(
            "line", x1=since, x2=until, y1=self._y(value), y2=self._y(value), stroke=_COLOURS["tone"], stroke_width=3
        )
        y = self._y(score.anger or 0.0)
        self._add(
            "line", x1=since, x2=until, y1=y, y2=y, stroke=_COLOURS["tense"], stroke_width=1.5, stroke_dasharray="4 3"
        )

    def _abstention(self, since: float, until: float, reason: str) -> None:
        height = TONE_BOTTOM - TONE_TOP
        block = self._add(
            "rect", x=since, y=TONE_TOP, width=round(until - since, 1), height=height,
            fill=_COLOURS["abstained"], fill_opacity=0.45,
        )  # fmt: skip
        ElementTree.SubElement(block, "title").text = f"not measured: {reason.replace('_', ' ')}"
        self._add(
            "text",
            x=0,
            y=0,
            transform=f"translate({(since + until) / 2 + 4:.1f} {TONE_BOTTOM - 6}) rotate(-90)",
            **{"class": "small"},
        ).text = reason.replace("_", " ")

    @staticmethod
    def _y(value: float) -> float:
        return round(TONE_BOTTOM - value * (TONE_BOTTOM - TONE_TOP), 1)

    def _why_no_tone(self) -> str:
        if self._report.performance.name is CallName.WITHDRAWN:
            before = self._report.performance.scores_before_end or 0
            return f"{before} scores had been made; all that was derived is erased with the *9"
        return "nothing was heard, so nothing was measured"

    def _marks(self) -> None:
        """Vertical lines; their words on three levels in turn, so that near ones do not cover each other."""
        for level, (at_ns, words) in enumerate(self._moments()):
            x = self._x(at_ns)
            self._add("line", x1=x, x2=x, y1=34, y2=AXIS, stroke=_MARK, stroke_dasharray="2 2")
            side, anchor = (-3, "end") if x > RIGHT - 80 else (3, "start")
            self._text(x + side, 41 + 11 * (level % 2), words, "small", anchor)

    def _moments(self) -> Iterator[tuple[int, str]]:
        call = self._report.performance
        found = [(call.connected_ns, "agent answers"), (call.hung_up_ns, "hangs up")]
        if call.key_ns is not None:
            found.append((call.key_ns, f"key {call.key}"))
        if call.stop_ns is not None:
            found.append((call.stop_ns, "*9"))
        if call.killed_ns is not None:
            found.append((call.killed_ns, "SIGKILL"))
        if self._report.lease_end_ns is not None:
            found.append((self._report.lease_end_ns, f"one lease ({self._report.lease_s} s)"))
        yield from sorted(found)

    def _legend(self) -> None:
        x: float = LEFT
        y = HEIGHT - 14
        entries = (
            (_COLOURS["calm"], "speaks calmly"), (_COLOURS["tense"], "speaks tensely"),
            (_COLOURS["fork"], "forked packets"), (_COLOURS["tone"], "activation, band: one sigma; dashed: anger"),
            (_COLOURS["abstained"], "not measured, with the reason"), ("#d5e8c4", "from the yes to its end"),
        )  # fmt: skip
        for colour, words in entries:
            self._add("rect", x=x, y=y - 9, width=10, height=10, fill=colour)
            self._text(x + 14, y, words, "small")
            x += 34 + 5.2 * len(words)


def write(report: CallReport, folder: Path) -> Path:
    """Draw a call into `folder`; the file."""
    path = folder / f"call-{report.performance.name}.svg"
    ElementTree.ElementTree(Picture(report).draw()).write(path, encoding="utf-8", xml_declaration=True)
    return path
