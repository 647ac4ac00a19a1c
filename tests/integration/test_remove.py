"""`lumiere remove` on media: the object is gone, everything else is as it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from lumiere_engine.frames.convert import to_rgb
from lumiere_engine.frames.source import open_source


def decoded_rgb(path: Path) -> list[np.ndarray]:
    """As any player shows it: FFmpeg's own rgb24."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def assert_outside_untouched(result: Path, plate: Path, outside: list[np.ndarray]) -> None:
    """Every sample of the plate's own that no pixel inside the matte has a part in is the same."""
    with open_source(plate) as before, open_source(result) as after:
        assert before.format == after.format and before.frame_count == after.frame_count
        for frame, kept in enumerate(outside):
            for old, new in zip(before.read(frame).planes, after.read(frame).planes, strict=True):
                down, across = (round(a / b) for a, b in zip(kept.shape, old.shape[:2], strict=True))
                whole = kept.reshape(kept.shape[0] // down, down, -1, across).all((1, 3))
                assert np.array_equal(old[whole], new[whole])
                assert whole.any() and not whole.all()


def test_pixels_outside_the_matte_are_untouched(rendered: Any, shot: Any, tools: Any) -> None:
    outside = tools.untouched(shot.matte, shot.plate)
    assert_outside_untouched(rendered.output, shot.plate, outside)


def test_pixels_outside_the_matte_look_untouched_in_a_player(rendered: Any, shot: Any, tools: Any) -> None:
    outside = tools.untouched(shot.matte, shot.plate)
    pairs = zip(decoded_rgb(shot.plate), decoded_rgb(rendered.output), outside, strict=True)
    for old, new, kept in pairs:
        assert np.array_equal(old[kept], new[kept])
        assert not np.array_equal(old, new)


def test_the_object_is_gone_and_the_background_is_there(rendered: Any, shot: Any, tools: Any) -> None:
    with open_source(rendered.output) as result:
        for frame, (truth, hole) in enumerate(zip(shot.truth, tools.holes(), strict=True)):
            seen = to_rgb(result.read(frame), result.format)
            assert np.abs(seen - truth)[hole].mean() < 6 / 255


def test_the_answer_says_what_was_made(rendered: Any) -> None:
    answer = json.loads(rendered.said.stdout)
    assert answer["label"] == "Outcome.1"
    assert answer["frame_count"] == 10 and answer["start_frame"] == 86400 and answer["rate"] == "24/1"
    assert answer["borrowed"] > 0.95 and answer["borrowed"] + answer["imagined"] == pytest.approx(1)
    for name in ("output", "media", "origin", "recipe"):
        assert Path(answer[name]).is_file()
    assert rendered.said.stderr == ""


def test_the_origin_matte_shows_what_was_borrowed(rendered: Any, tools: Any) -> None:
    with open_source(rendered.folder / "out.origin.mkv") as origin:
        assert origin.frame_count == 10
        for frame, hole in enumerate(tools.holes()):
            red, green, _ = np.moveaxis(origin.read(frame).planes[0], 2, 0)
            assert np.median(green[hole]) > 240 and np.median(red[hole]) < 15
            assert not green[:9].any() and not red[:9].any()


def test_nothing_but_the_results_is_left(rendered: Any) -> None:
    names = {path.name for path in rendered.folder.iterdir()}
    assert names == {"out.mkv", "out.origin.mkv", "out.mkv.lumiere.json"}


def test_inputs_are_never_changed(rendered: Any, shot: Any, tools: Any) -> None:
    assert {path: tools.digest(path) for path in shot.folder.iterdir()} == rendered.before


def test_a_picture_sequence_becomes_a_picture_sequence(shot: Any, tools: Any, tmp_path: Path) -> None:
    plates, mattes = tmp_path / "plates", tmp_path / "mattes"
    pictures = tools.with_object(shot.truth, tools.holes())
    tools.write_clip(plates / "p.%04d.png", pictures, tools.RGB, first_number=1001)
    tools.write_clip(mattes / "m.%04d.png", tools.as_matte(tools.holes()), tools.RGB)
    said = tools.lumiere(
        "remove", plates, "--matte", mattes, "-o", tmp_path / "out" / "r.%04d.png", *tools.FAST
    )
    assert said.returncode == 0, said.stderr
    written = sorted(path.name for path in (tmp_path / "out").glob("r.????.png"))
    assert written == [f"r.{number}.png" for number in range(1001, 1011)]
    result = tmp_path / "out" / "r.%04d.png"
    assert_outside_untouched(result, plates / "p.%04d.png", tools.untouched(mattes, plates))


def test_prores_in_and_out_keeps_rate_timecode_and_tags(shot: Any, tools: Any, tmp_path: Path) -> None:
    pictures = tools.with_object(shot.truth, tools.holes())
    ntsc = tools.Fraction(30000, 1001)
    more = {"rate": ntsc, "timecode": "01:00:00;00", "start_frame": 107892, "drop_frame": True}
    plate = tools.write_clip(
        tmp_path / "p.mov", pictures, tools.PixelLayout("yuv", 10, chroma_shift=(1, 0)), **more
    )
    said = tools.lumiere(
        "remove", plate, "--matte", shot.matte, "-o", tmp_path / "o.mov", "--frames", "4-9", *tools.FAST
    )
    assert said.returncode == 1 and "6" in said.stderr and "10" in said.stderr  # the matte is too long
    covers = ("--matte-covers", "media")
    said = tools.lumiere(
        "remove",
        plate,
        "--matte",
        shot.matte,
        "-o",
        tmp_path / "o.mov",
        "--frames",
        "4-9",
        *covers,
        *tools.FAST,
    )
    assert said.returncode == 0, said.stderr
    with open_source(plate) as before, open_source(tmp_path / "o.mov") as after:
        assert after.frame_count == 6
        assert after.format == before.format.starting_at(4)
        assert after.format.timecode == "01:00:00;04"
    with av.open(str(tmp_path / "o.mov")) as container:
        assert container.streams.video[0].codec_context.name == "prores"


def test_a_matte_of_another_size_is_scaled_and_said_so(
    remove: Callable[..., Any], tools: Any, tmp_path: Path
) -> None:
    half = [mask[::2, ::2] for mask in tools.holes()]
    matte = tools.write_clip(tmp_path / "half.mkv", tools.as_matte(half), tools.RGB)
    said = remove(matte=matte)
    assert said.returncode == 0
    assert "half.mkv scaled from 64x36 to 128x72" in said.stderr


def test_a_frame_that_is_all_matte_does_not_stop_the_rest(
    remove: Callable[..., Any], shot: Any, tools: Any, tmp_path: Path
) -> None:
    masks = tools.holes()
    masks[3] |= True
    masks[7] &= False
    matte = tools.write_clip(tmp_path / "m.mkv", tools.as_matte(masks), tools.RGB)
    said = remove(matte=matte)
    assert said.returncode == 0, said.stderr
    with open_source(shot.plate) as before, open_source(tmp_path / "out.mkv") as after:
        assert before.read(7).equals(after.read(7))
        error = np.abs(to_rgb(after.read(5), after.format) - shot.truth[5])
    assert error[masks[5]].mean() < 6 / 255


def test_what_a_writer_has_to_say_is_told(remove: Callable[..., Any], tmp_path: Path, shot: Any) -> None:
    said = remove(out="out.mp4")
    assert said.returncode == 0, said.stderr
    assert "out.mp4: 10 frames in" in said.stdout
