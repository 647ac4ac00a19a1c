"""Small edits as hosts write them, in each format's own words: what editors do that a timeline tool gets wrong.

Every edit comes with the clips that can serve, as (name, record timecode of its first frame, first frame used of its
media), and those that are refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Edit:
    """A file of a host.

    Attributes:
        suffix: of its format.
        text: what is in it.
        clips: name → (record timecode, the media's first frame that is seen, counted from 0).
        refused: name → a part of the reason.
    """

    suffix: str
    text: str
    clips: dict[str, tuple[str, int]]
    refused: dict[str, str] = field(default_factory=dict)


# Final Cut Pro 7 XML ------------------------------------------------------------------------------------------------

NTSC30 = "<rate><timebase>30</timebase><ntsc>TRUE</ntsc></rate>"
NTSC60 = "<rate><timebase>60</timebase><ntsc>TRUE</ntsc></rate>"
PAL = "<rate><timebase>25</timebase><ntsc>FALSE</ntsc></rate>"
FILM = "<rate><timebase>24</timebase><ntsc>TRUE</ntsc></rate>"
MARKER = "<marker><comment>see</comment><name>m</name><in>{}</in><out>-1</out></marker>"
REMAP = """<filter><effect><name>Time Remap</name><effectid>timeremap</effectid><effectcategory>motion</effectcategory>
<parameter><parameterid>speed</parameterid><value>{}</value></parameter>
<parameter><parameterid>reverse</parameterid><value>{}</value></parameter></effect></filter>"""


def item(
    name: str, start: int, end: int, into: int, rate: str, more: str = "", url: str = "", tc: int = 0
) -> str:
    """A clipitem; -1 is a cut within a dissolve."""
    length = max(end, 0) - max(start, 0)
    return f"""<clipitem id="{name}"><name>{name}</name><enabled>TRUE</enabled><duration>900</duration>{rate}
<start>{start}</start><end>{end}</end><in>{into}</in><out>{into + length}</out>
<file id="file {name}"><name>{name}</name><pathurl>{url or "file://localhost/m/" + name + ".mov"}</pathurl>{rate}
<duration>900</duration><timecode>{rate}<string>x</string><frame>{tc}</frame><displayformat>NDF</displayformat>
</timecode><media><video/></media></file>{more}</clipitem>"""


def transition(start: int, end: int, alignment: str) -> str:
    return f"""<transitionitem><start>{start}</start><end>{end}</end><alignment>{alignment}</alignment>
<effect><name>Cross Dissolve</name><effecttype>transition</effecttype></effect></transitionitem>"""


def xmeml(
    tracks: list[str], rate: str, start: int, format_: str = "NDF", more: str = "", sound: str = ""
) -> str:
    body = "\n".join(
        f"<track>{items}<enabled>TRUE</enabled><locked>FALSE</locked></track>" for items in tracks
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE xmeml>
<xmeml version="4"><sequence id="sequence-1"><name>Edit</name><duration>900</duration>{rate}
<timecode>{rate}<frame>{start}</frame><displayformat>{format_}</displayformat></timecode>{more}
<media><video><format><samplecharacteristics>{rate}</samplecharacteristics></format>
{body}
</video><audio>{sound}</audio></media></sequence></xmeml>
"""


LINK = "<link><linkclipref>{}</linkclipref><mediatype>{}</mediatype><trackindex>{}</trackindex></link>"
LINKS = LINK.format("b", "video", 2) + LINK.format("b sound", "audio", 1)
NEST = f"""<clipitem id="nest"><name>nest</name><duration>90</duration>{PAL}<start>20</start><end>60</end><in>5</in>
<out>45</out><sequence id="sequence-2"><name>Inside</name><duration>90</duration>{PAL}<media><video><track>
{item("inner", 10, 50, 7, PAL)}</track></video></media></sequence></clipitem>"""

FCP7 = {
    "drop frame, gap, disabled, markers": Edit(
        ".xml",
        xmeml(
            [
                item("a", 10, 40, 5, NTSC30, MARKER.format(9), tc=107892)
                + item("off", 50, 60, 0, NTSC30).replace("<enabled>TRUE", "<enabled>FALSE")
                + item("b", 1790, 1850, 100, NTSC30)
            ],
            NTSC30,
            107892,
            "DF",
            MARKER.format(30),
        ),
        {"a": ("01:00:00;10", 5), "off": ("01:00:01;20", 0), "b": ("01:00:59;20", 100)},
    ),
    "59.94, three tracks, linked sound": Edit(
        ".xml",
        xmeml(
            [item("a", 0, 60, 30, NTSC60), item("b", 10, 50, 0, NTSC60, LINKS), item("c", 20, 30, 3, NTSC60)],
            NTSC60,
            216000,
            sound=f"<track>{item('b sound', 10, 50, 0, NTSC60, LINKS)}</track>",
        ),
        {"a": ("01:00:00:00", 30), "b": ("01:00:00:10", 0), "c": ("01:00:00:20", 3)},
    ),
    "slow, reversed, frozen": Edit(
        ".xml",
        xmeml(
            [
                item("slow", 0, 20, 8, PAL, REMAP.format(50, "FALSE"))
                + item("back", 20, 40, 8, PAL, REMAP.format(100, "TRUE"))
                + item("still", 40, 60, 8, PAL, REMAP.format(0, "FALSE"))
                + item("plain", 60, 80, 8, PAL)
            ],
            PAL,
            0,
        ),
        {"plain": ("00:00:02:10", 8)},
        {"slow": "no constant speed", "back": "no constant speed", "still": "no constant speed"},
    ),
    "dissolves and fades": Edit(
        ".xml",
        xmeml(
            [
                transition(0, 8, "start-black")
                + item("in", -1, 30, 20, FILM)
                + item("out", 30, -1, 50, FILM)
                + transition(56, 64, "center")
                + item("next", -1, -1, 70, FILM)
                + transition(92, 100, "end-black")
            ],
            FILM,
            86400,
        ),
        {"in": ("01:00:00:00", 20), "out": ("01:00:01:06", 50), "next": ("01:00:02:12", 74)},
    ),
    "a nested sequence": Edit(
        ".xml",
        xmeml(
            [item("a", 0, 20, 0, PAL) + NEST + item("b", 60, 80, 4, PAL), item("c", 0, 10, 0, PAL)],
            PAL,
            90000,
        ),
        {"a": ("01:00:00:00", 0), "b": ("01:00:02:10", 4), "c": ("01:00:00:00", 0)},
        {"inner": "not in a nested one"},
    ),
    "names of files": Edit(
        ".xml",
        xmeml(
            [
                "".join(
                    item(name, 10 * n, 10 * n + 10, n, PAL, url=url)
                    for n, (name, url) in enumerate(
                        {
                            "spaces": "file://localhost/m/a%20b%20c.mov",
                            "umlauts": "file:///m/%C3%BCber%20den%20Flu%C3%9F.mov",
                            "bare umlauts": "/m/über den Fluß.mov",
                            "percent": "file:///m/100%25.mov",
                            "drive": "file://localhost/D%3a/Media/a.mov",
                            "bare drive": "D:\\Media\\a.mov",
                            "share": "file://server/share/a.mov",
                            "ampersand": "file:///m/a&amp;b.mov",
                        }.items()
                    )
                )
            ],
            PAL,
            0,
        ),
        {
            name: (f"00:00:0{10 * n // 25}:{10 * n % 25:02}", n)
            for n, name in enumerate(
                ("spaces", "umlauts", "bare umlauts", "percent", "drive", "bare drive", "share", "ampersand")
            )
        },
    ),
}

# FCPXML -------------------------------------------------------------------------------------------------------------


def time(frames: int, rate: str) -> str:
    """A number of frames in FCPXML's words; `rate` is the length of one."""
    numerator, _, denominator = rate.rstrip("s").partition("/")
    return f"{frames * int(numerator)}/{denominator}s"


@dataclass
class Spine:
    """Writes an FCPXML at one rate; every number is one of frames."""

    rate: str
    start: int = 0
    drop: bool = False

    def t(self, frames: int) -> str:
        return time(frames, self.rate)

    def clip(
        self, name: str, offset: int, start: int, duration: int, more: str = "", lane: int = 0, own: str = ""
    ) -> str:
        lanes = f'lane="{lane}" ' if lane else ""
        return (
            f'<asset-clip ref="r2" {lanes}offset="{self.t(offset)}" name="{name}" start="{self.t(start)}" '
            f'duration="{self.t(duration)}" {own}>\n{more}\n</asset-clip>\n'
        )

    def gap(self, offset: int, duration: int, more: str = "") -> str:
        t = self.t
        return (
            f'<gap name="Gap" offset="{t(offset)}" start="{t(0)}" duration="{t(duration)}">\n{more}\n</gap>\n'
        )

    def file(self, spine: str, more: str = "", src: str = "file:///m/a.mov") -> str:
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE fcpxml>
<fcpxml version="1.10"><resources>
<format id="r1" frameDuration="{self.rate}" width="1920" height="1080"/>
<asset id="r2" name="a" start="{self.t(0)}" duration="{self.t(900)}" hasVideo="1" hasAudio="1" format="r1">
<media-rep kind="original-media" src="{src}"/></asset>
{more}
</resources><library><event name="e"><project name="Edit">
<sequence format="r1" tcStart="{self.t(self.start)}" tcFormat="{"DF" if self.drop else "NDF"}" duration="{self.t(900)}">
<spine>
{spine}</spine></sequence></project></event></library></fcpxml>
"""


D, S, P, N = (
    Spine("1001/30000s", 107892, True),
    Spine("1001/60000s", 216000),
    Spine("100/2500s"),
    Spine("1001/24000s", 86400),
)
SPEED = '<timeMap><timept time="0s" value="{}"/><timept time="{}" value="{}"/></timeMap>'
NESTED = f"""<media id="r4" name="Inside"><sequence format="r1" tcStart="0s" duration="{P.t(90)}"><spine>
{P.clip("inner", 0, 7, 90)}</spine></sequence></media>"""
STORYLINE = f'<spine lane="1" offset="{P.t(14)}">\n{P.clip("s1", 0, 2, 10)}{P.clip("s2", 10, 3, 10)}</spine>'

FCPXML = {
    "drop frame, gap, disabled, markers": Edit(
        ".fcpxml",
        D.file(
            D.gap(107892, 10)
            + D.clip("a", 107902, 5, 30, f'<marker start="{D.t(9)}" duration="{D.t(1)}" value="m"/>')
            + D.clip("off", 107932, 0, 10, own='enabled="0"')
            + D.gap(107942, 1740)
            + D.clip("b", 109682, 100, 60)
        ),
        {"a": ("01:00:00;10", 5), "off": ("01:00:01;10", 0), "b": ("01:00:59;20", 100)},
    ),
    "59.94, lanes above and below, sound": Edit(
        ".fcpxml",
        S.file(
            S.clip(
                "a", 216000, 30, 60,
                S.clip("under", 40, 3, 20, lane=-1) + S.clip("b", 40, 0, 40, lane=1) + S.clip("c", 50, 9, 10, lane=2)
                + S.clip("w", 30, 0, 60, lane=-2, own='srcEnable="audio"'),
            )
        ),
        {
            "a": ("01:00:00:00", 30), "b": ("01:00:00:10", 0), "c": ("01:00:00:20", 9), "under": ("01:00:00:10", 3),
        },
    ),
    "slow, reversed, frozen, ramped": Edit(
        ".fcpxml",
        P.file(
            P.clip("slow", 0, 16, 20, SPEED.format("0s", P.t(1800), P.t(900)))
            + P.clip("back", 20, 100, 20, SPEED.format(P.t(900), P.t(900), "0s"))
            + P.clip("still", 40, 0, 20, SPEED.format(P.t(80), P.t(100), P.t(80)))
            + P.clip("ramp", 60, 0, 20, SPEED.format("0s", P.t(10), P.t(20)).replace(
                "</timeMap>", f'<timept time="{P.t(20)}" value="{P.t(25)}"/></timeMap>'))
        ),
        {"slow": ("00:00:00:00", 8), "back": ("00:00:00:20", 780), "still": ("00:00:01:15", 80)},
        {"ramp": "no constant speed"},
    ),
    "dissolves and fades": Edit(
        ".fcpxml",
        N.file(
            f'<transition name="Fade" offset="{N.t(86400)}" duration="{N.t(8)}"/>'
            + N.clip("in", 86400, 20, 30)
            + N.clip("out", 86430, 50, 30)
            + f'<transition name="Cross Dissolve" offset="{N.t(86456)}" duration="{N.t(8)}"/>'
            + N.clip("next", 86460, 74, 36)
        ),
        {"in": ("01:00:00:00", 20), "out": ("01:00:01:06", 50), "next": ("01:00:02:12", 74)},
    ),
    "a compound clip and a connected storyline": Edit(
        ".fcpxml",
        P.file(
            f'<ref-clip ref="r4" offset="0s" name="nest" start="{P.t(5)}" duration="{P.t(40)}"/>\n'
            + P.clip("b", 40, 4, 50, STORYLINE),
            NESTED,
        ),
        {"b": ("00:00:01:15", 4), "s1": ("00:00:02:00", 2), "s2": ("00:00:02:10", 3)},
        {"inner": "not in a nested one"},
    ),
    "names of files": Edit(
        ".fcpxml",
        P.file(P.clip("ü &amp; &lt;more&gt;", 0, 3, 20), src="file:///D:/Media%20one/%C3%BCber%20100%25.mov"),
        {"ü & <more>": ("00:00:00:00", 3)},
    ),
}  # fmt: skip
