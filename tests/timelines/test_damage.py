"""Damaged files are read, or refused in one line; never a traceback."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import opentimelineio as otio
import pytest
from lumiere_engine.protocol.errors import LumiereError
from lumiere_otio import list_clips, overview, read_timeline, select_clip, write_timeline

HERE = Path(__file__).resolve()
FOOTAGE = Path(os.environ.get("LUMIERE_FOOTAGE") or HERE.parents[3] / "shared" / "footage")
ADAPTERS = set(otio.adapters.suffixes_with_defined_adapters(write=True))
SUFFIXES = [".otio", ".fcpxml", *(s for s in (".xml", ".edl") if s[1:] in ADAPTERS)]
time, span = otio.opentime.RationalTime, otio.opentime.TimeRange


def written(folder: Path, suffix: str) -> bytes:
    """A timeline with clips, a gap, a dissolve, a speed and a marker, as far as the format has them."""
    rate = 24000 / 1001
    track = otio.schema.Track("V1", kind="Video")
    for number in range(4):
        media = otio.schema.ExternalReference(
            f"/media/{number}.mov", span(time(86400, rate), time(300, rate))
        )
        clip = otio.schema.Clip(f"sh{number}0", media, span(time(86420, rate), time(40, rate)))
        clip.markers.append(otio.schema.Marker("m", span(time(86425, rate), time(1, rate))))
        if number == 2 and suffix in (".otio", ".fcpxml"):
            track.append(otio.schema.Transition("x", "SMPTE_Dissolve", time(4, rate), time(4, rate)))
            clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=2))
        track.append(clip)
        if number == 0:
            track.append(otio.schema.Gap(source_range=span(time(0, rate), time(10, rate))))
    timeline = otio.schema.Timeline("edit", global_start_time=time(86400, rate))
    timeline.tracks.append(track)
    path = folder / f"whole{suffix}"
    if suffix == ".edl":
        otio.adapters.write_to_file(timeline, str(path), style="nucoda", rate=24)
    else:
        from lumiere_otio import Timeline

        write_timeline(Timeline.from_otio(timeline), path)
    return path.read_bytes()


def flipped(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 8)):
        data[chance.randrange(len(data))] = chance.randrange(256)


def numbered(data: bytearray, chance: random.Random) -> None:
    """Digits become other digits, signs, points or nothing: files that are well-formed still."""
    places = [n for n, byte in enumerate(data) if 48 <= byte <= 57]
    for place in sorted(chance.sample(places, min(len(places), chance.randint(1, 6))), reverse=True):
        data[place : place + 1] = chance.choice([b"0", b"9", b"-", b".", b"", b"99999999999", b"e9", b"7"])


def moved(data: bytearray, chance: random.Random) -> None:
    """A part is cut out, or put in elsewhere."""
    begin, length = chance.randrange(len(data)), chance.choice([1, 3, 20, 200])
    part = data[begin : begin + length]
    del data[begin : begin + length]
    if chance.random() < 0.5:
        place = chance.randrange(len(data) + 1)
        data[place:place] = part


DAMAGE: tuple[Callable[[bytearray, random.Random], None], ...] = (flipped, numbered, moved)


def look(path: Path) -> str:
    """Everything that is done with a timeline before work begins."""
    try:
        timeline = read_timeline(path)
        overview(timeline)
        for info in list_clips(timeline)[:4]:
            try:
                select_clip(timeline, f"#{info.index}", relink=[])
            except LumiereError as error:
                assert "\n" not in str(error)
    except LumiereError as error:
        assert "\n" not in str(error) and len(str(error)) < 800, error
        return "refused"
    return "read"


def damage(sources: list[tuple[str, bytes]], folder: Path, count: int, seed: int) -> Counter[str]:
    chance = random.Random(seed)
    done: Counter[str] = Counter()
    for number in range(count):
        name, data = sources[number % len(sources)]
        broken = bytearray(data)
        chance.choice(DAMAGE)(broken, chance)
        path = folder / f"broken{name[name.index('.') :]}"
        path.write_bytes(broken)
        try:
            done[look(path)] += 1
        except Exception as error:
            kept = folder / f"kept_{number}{path.suffix}"
            kept.write_bytes(broken)
            raise AssertionError(f"{kept} ({name}): {type(error).__name__}: {error}") from error
    return done


def sources(folder: Path) -> list[tuple[str, bytes]]:
    made = [(f"made{suffix}", written(folder, suffix)) for suffix in SUFFIXES]
    files = sorted((FOOTAGE / "timelines").glob("*.*"))
    usable = {".otio", ".json", ".kdenlive", *SUFFIXES}
    small = [path for path in files if path.suffix in usable and path.stat().st_size < 60_000]
    return made + [(path.name, path.read_bytes()) for path in small]


def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    done = damage(sources(tmp_path), tmp_path, 400, 6)
    assert done["read"] and done["refused"]


@pytest.mark.slow
def test_ten_thousand_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    done = damage(sources(tmp_path), tmp_path, 10_000, 7)
    print(dict(done))
    assert sum(done.values()) == 10_000 and min(done.values()) > 1000


@pytest.mark.slow
@pytest.mark.skipif(not FOOTAGE.is_dir() or "aaf" not in ADAPTERS, reason="no AAF files or no adapter")
@pytest.mark.timeout(600)
def test_damaged_aaf_files_are_read_or_refused(tmp_path: Path) -> None:
    files = [(path.name, path.read_bytes()) for path in sorted((FOOTAGE / "timelines").glob("*.aaf"))]
    chance, done = random.Random(8), Counter[str]()
    for number in range(150):
        name, data = files[number % len(files)]
        broken = bytearray(data)
        for _ in range(chance.randint(1, 40)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        (tmp_path / "broken.aaf").write_bytes(broken)
        done[look(tmp_path / "broken.aaf")] += 1
        assert name
    assert done["read"] and done["refused"]
