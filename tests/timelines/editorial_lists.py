"""More small edits: decision lists, and OpenTimelineIO as Resolve, Premiere, Hiero and Kdenlive write it."""

from __future__ import annotations

from typing import Any

import opentimelineio as otio
from editorial import Edit

schema = otio.schema


def edl(events: str, mode: str = "NON-DROP FRAME", head: str = "") -> str:
    return f"TITLE: edit\nFCM: {mode}\n{head}\n{events}"


EDL = {
    "drop frame": Edit(
        ".edl",
        edl(
            """001  A001     V     C        01:00:10;05 01:00:11;05 01:00:00;00 01:00:01;00
* FROM CLIP NAME: one.mov
002  A001     V     C        01:00:20;00 01:00:21;00 01:00:59;20 01:01:00;22
* FROM CLIP NAME: two.mov
""",
            "DROP FRAME",
        ),
        {"one.mov": ("01:00:00;00", 108197), "two.mov": ("01:00:59;20", 108492)},
    ),
    "drop frame with colons": Edit(
        ".edl",
        edl(
            """001  A001     V     C        01:00:10:05 01:00:11:05 01:00:00:00 01:00:01:00
* FROM CLIP NAME: one.mov
002  A001     V     C        01:00:20:00 01:00:21:00 01:00:59:29 01:01:01:01
* FROM CLIP NAME: two.mov
""",
            "DROP FRAME",
        ),
        {"one.mov": ("01:00:00;00", 108197), "two.mov": ("01:00:59;29", 108492)},
    ),
    "59.94": Edit(
        ".edl",
        edl(
            """001  A001     V     C        01:00:10:05 01:00:11:05 01:00:00:00 01:00:01:00
* FROM CLIP NAME: one.mov
002  A002     V     C        02:00:20:00 02:00:20:40 01:00:01:10 01:00:01:50
* FROM CLIP NAME: two.mov
""",
            head="* FORMAT: 3840X2160 59.94 FPS\n",
        ),
        {"one.mov": ("01:00:00:00", 216605), "two.mov": ("01:00:01:10", 433200)},
    ),
    "fast, reversed, frozen": Edit(
        ".edl",
        edl(
            """001  A001     V     C        01:00:10:00 01:00:12:00 01:00:00:00 01:00:01:00
M2   A001       048.0                01:00:10:00
* FROM CLIP NAME: fast.mov
002  A002     V     C        01:00:20:00 01:00:21:00 01:00:01:00 01:00:02:00
M2   A002      -024.0                01:00:20:00
* FROM CLIP NAME: back.mov
003  A003     V     C        01:00:30:00 01:00:30:01 01:00:02:00 01:00:03:00
M2   A003       000.0                01:00:30:00
* FROM CLIP NAME: still.mov
004  A004     V     C        01:00:40:00 01:00:41:00 01:00:03:00 01:00:04:00
M2   A004       012.0                01:00:40:00
* FROM CLIP NAME: untold.mov
005  A005     V     C        01:00:40:00 01:00:41:23 01:00:04:00 01:00:05:23
* FROM CLIP NAME: plain.mov
"""
        ),
        {
            "fast.mov": ("01:00:00:00", 86640),
            "still.mov": ("01:00:02:00", 87120),
            "plain.mov": ("01:00:04:00", 87360),
        },
        {"back.mov": "'M2 -24' has no constant speed", "untold.mov": "'M2 12' has no constant speed"},
    ),
    "dissolves": Edit(
        ".edl",
        edl(
            """001  A001     V     C        01:00:10:00 01:00:11:00 01:00:00:00 01:00:01:00
* FROM CLIP NAME: one.mov
002  A001     V     C        01:00:11:00 01:00:11:00 01:00:01:00 01:00:01:00
002  A002     V     D    012 01:00:20:00 01:00:22:23 01:00:01:00 01:00:03:23
* FROM CLIP NAME: one.mov
* TO CLIP NAME: two.mov
003  A003     V     C        01:00:30:00 01:00:31:00 01:00:03:23 01:00:04:23
* FROM CLIP NAME: three.mov
"""
        ),
        {
            "one.mov": ("01:00:00:00", 86640),
            "two.mov": ("01:00:01:00", 86880),
            "three.mov": ("01:00:03:23", 87120),
        },
    ),
    "sound, gap, marker, names": Edit(
        ".edl",
        edl(
            """001  A001C001_160101_R1AB B     C        00:00:10:00 00:00:11:00 10:00:00:00 10:00:01:00
* FROM CLIP NAME: über den Fluß 100%.mov
* LOC: 10:00:00:12 RED     LOOK HERE
002  A001     AA    C        00:00:10:00 00:00:11:00 10:00:01:00 10:00:02:00
* FROM CLIP NAME: sound.wav
003  A002     V     C        00:00:20:00 00:00:21:24 10:00:02:00 10:00:03:24
* FROM CLIP NAME: a b.mov
* FROM FILE: D:\\Media one\\a b.mov
"""
        ),
        {"über den Fluß 100%.mov": ("10:00:00:00", 250), "a b.mov": ("10:00:02:00", 500)},
    ),
}

DROP, FAST, FILM = 30000 / 1001, 60000 / 1001, 24000 / 1001


def time(value: float, rate: float) -> Any:
    return otio.opentime.RationalTime(value, rate)


def span(start: float, duration: float, rate: float) -> Any:
    return otio.opentime.TimeRange(time(start, rate), time(duration, rate))


def clip(name: str, into: int, length: int, rate: float, *effects: Any, url: str = "", tc: int = 0) -> Any:
    media = schema.ExternalReference(url or f"/m/{name}.mov", span(tc, 900, rate))
    made = schema.Clip(name, media, span(tc + into, length, rate), effects=list(effects))
    made.metadata["Resolve_OTIO"] = {"Link Group ID": 4, "Item Level Effects": [{"Value": 0.1 + 0.2}]}
    return made


def gap(length: int, rate: float) -> Any:
    return schema.Gap(source_range=span(0, length, rate))


def edit(start: float, rate: float, *tracks: list[Any], sound: list[Any] | None = None) -> str:
    timeline = schema.Timeline(
        "edit", global_start_time=time(start, rate), metadata={"host": {"version": "21.0", "n": 1}}
    )
    for number, items in enumerate(tracks):
        timeline.tracks.append(schema.Track(f"Video {number + 1}", items))
        timeline.tracks[-1].markers.append(schema.Marker("here", span(3, 1, rate)))
    if sound is not None:
        timeline.tracks.append(schema.Track("Audio 1", sound, kind="Audio"))
    return str(timeline.to_json_string())


def off(made: Any) -> Any:
    made.enabled = False
    made.markers.append(schema.Marker("m", span(3, 0, DROP), "RED"))
    return made


def dissolve(before: int, after: int, rate: float) -> Any:
    return schema.Transition("x", "SMPTE_Dissolve", time(before, rate), time(after, rate))


def nest(*items: Any, trim: Any, effects: Any = ()) -> Any:
    stack = schema.Stack("nest", source_range=trim, effects=list(effects))
    stack.append(schema.Track("inside", list(items)))
    return stack


WARP = schema.LinearTimeWarp
URLS = {
    "spaces": "file:///m/a%20b%20c.mov",
    "umlauts": "/m/über den Fluß.mov",
    "percent": "/m/100%.mov",
    "drive": "D:\\Media\\a.mov",
    "share": "\\\\server\\share\\a.mov",
    "localhost": "file://localhost/D%3a/a.mov",
}

OTIO = {
    "drop frame, gap, disabled, markers": Edit(
        ".otio",
        edit(
            107892, DROP, [gap(10, DROP), clip("a", 5, 30, DROP, tc=107892), off(clip("off", 0, 10, DROP))]
        ),
        {"a": ("00:59:56:22", 5), "off": ("00:59:57:22", 0)},
    ),
    "59.94, three tracks, linked sound": Edit(
        ".otio",
        edit(
            216000, FAST, [clip("a", 30, 60, FAST)], [gap(10, FAST), clip("b", 0, 40, FAST)],
            [gap(20, FAST), clip("c", 3, 10, FAST)], sound=[gap(10, FAST), clip("b sound", 0, 40, FAST)],
        ),
        {"a": ("01:00:00:00", 30), "b": ("01:00:00:10", 0), "c": ("01:00:00:20", 3)},
    ),
    "slow, reversed, frozen, ramped": Edit(
        ".otio",
        edit(
            0, 25,
            [
                clip("slow", 8, 20, 25, WARP(time_scalar=0.5)),
                clip("back", 780, 20, 25, WARP(time_scalar=-1)),
                clip("still", 80, 20, 25, schema.FreezeFrame()),
                clip("ramp", 0, 20, 25, schema.TimeEffect("ramp", "ramp")),
            ],
        ),
        {"slow": ("00:00:00:00", 8), "back": ("00:00:00:20", 780), "still": ("00:00:01:15", 80)},
        {"ramp": "no constant speed"},
    ),
    "dissolves and fades": Edit(
        ".otio",
        edit(
            86400, FILM,
            [
                dissolve(0, 8, FILM), clip("in", 20, 30, FILM), clip("out", 50, 30, FILM), dissolve(4, 4, FILM),
                clip("next", 74, 36, FILM), dissolve(8, 0, FILM),
            ],
        ),
        {"in": ("01:00:00:00", 20), "out": ("01:00:01:06", 50), "next": ("01:00:02:12", 74)},
    ),
    "nested, trimmed and twice as fast": Edit(
        ".otio",
        edit(
            90000, 25,
            [
                clip("a", 0, 20, 25),
                nest(gap(10, 25), clip("inner", 7, 40, 25), trim=span(5, 30, 25)),
                nest(clip("fast", 7, 80, 25), trim=span(0, 40, 25), effects=[WARP(time_scalar=2)]),
                clip("b", 4, 20, 25),
            ],
        ),
        {"a": ("01:00:00:00", 0), "inner": ("01:00:01:00", 7), "fast": ("01:00:02:00", 7), "b": ("01:00:03:15", 4)},
    ),
    "names of files": Edit(
        ".otio",
        edit(0, 25, [clip(name, n, 10, 25, url=url) for n, (name, url) in enumerate(URLS.items())]),
        {name: (f"00:00:0{10 * n // 25}:{10 * n % 25:02}", n) for n, name in enumerate(URLS)},
    ),
    "Kdenlive": Edit(
        ".otio",
        edit(0, 25, [gap(10, 25), clip("k", 5, 20, 25, tc=90000)], [gap(12, 25), clip("l", 9, 20, 25)], sound=[]),
        {"k": ("00:00:00:10", 5), "l": ("00:00:00:12", 9)},
    ),
}  # fmt: skip
