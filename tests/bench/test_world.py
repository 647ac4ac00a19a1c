"""The small world is read back from its pictures: what is measured on it is what they show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from lumiere_bench.world import FRAMES, SCENES, draw, read, write_world


def test_every_scene_is_read_as_what_it_was_drawn_from() -> None:
    for scene in SCENES:
        for seed in (0, 1):
            assert read(draw(scene, 16, seed)).scene == scene, (scene, seed)


def test_reading_survives_the_noise_of_a_network() -> None:
    rng = np.random.default_rng(0)
    right = 0
    for scene in SCENES[::5]:
        noisy = draw(scene, 16, 3) + rng.normal(0, 6, (16, 16, 16, 3))
        right += read(np.clip(noisy, 0, 255).astype(np.uint8)).scene == scene
    assert right >= 0.9 * len(SCENES[::5])


def test_a_swing_that_turns_round_half_way_is_no_whole_swing() -> None:
    scene = next(s for s in SCENES if s.motion == "swings")
    whole, other = draw(scene, 16, 0), draw(scene, 16, 0)
    assert read(whole).swing > 0.95
    other[6:] = whole[6:][:, :, ::-1]
    assert read(other).swing < 0.7


def test_an_empty_clip_shows_nothing() -> None:
    assert read(np.zeros((16, 16, 16, 3), np.uint8)).scene.motion == "nothing"


def test_the_world_is_written_with_a_caption_beside_each_clip(tmp_path: Path) -> None:
    count = write_world(tmp_path, 0, copies=1)
    assert count == len(SCENES) == len(list(tmp_path.glob("*.mkv"))) == len(list(tmp_path.glob("*.txt")))
    from lumiere_engine.frames.source import open_source

    with open_source(tmp_path / "000_0.mkv") as source:
        assert source.frame_count == FRAMES
