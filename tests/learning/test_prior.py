"""The prior: learnt from what its list names, the same every time, and honest about what it learnt from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from lumiere_engine.learning.corpus import Corpus, CorpusParams, prepare
from lumiere_engine.learning.datasheet import data_sheet
from lumiere_engine.learning.prior import PriorParams, PriorSource, train, validate, validation_examples
from lumiere_engine.learning.recipe import read_recipe, recipe_text
from lumiere_engine.learning.scenes import cut, draw_holes, flown_over
from lumiere_engine.learning.state import FitState
from lumiere_engine.learning.trainer import Keeping
from lumiere_engine.protocol.errors import Cancelled, SpecError
from lumiere_engine.stunet import TINY, STUNet

SMALL = CorpusParams(clip_side=40, picture_side=64, stretches=2, stretch_frames=4, kept_out=2)
PARAMS = PriorParams(steps=4, windows=((2, 4, 16, 16), (3, 2, 16, 16)), warmup=2, network=TINY)


def _noise(seed: int, height: int, width: int) -> np.ndarray:
    noise = np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 2.0)
    return np.rint((soft - soft.min()) / (soft.max() - soft.min()) * 255).astype(np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips (image sequences), a picture, a picture that no list names, and the list."""
    folder = tmp_path_factory.mktemp("material")
    for clip in (1, 2):
        (folder / f"clip{clip}").mkdir()
        wide = _noise(clip, 60, 120)
        for t in range(9):
            cv2.imwrite(str(folder / f"clip{clip}" / f"{t:04d}.png"), wide[:, 3 * t : 3 * t + 80])
    for name in ("named.png", "unnamed.png"):
        cv2.imwrite(str(folder / name), _noise(9, 90, 130))
    rows = ["file\tlicence as stated\tauthor", "clip1\tCC0\tAnn"]
    rows += ["clip2\tCC0\tAnn", "named.png\tMIT; LICENSE file\tBen", "gone.png\tMIT\tBen"]
    (folder / "LICENCES.tsv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture(scope="module")
def corpus(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return prepare(folder, tmp_path_factory.mktemp("cache"), SMALL)


def test_what_the_list_does_not_name_is_not_learnt_from(corpus: Corpus) -> None:
    assert [item.name for item in corpus.clips] == ["clip1"]
    assert [item.name for item in corpus.kept_out] == ["clip2"]
    assert [item.name for item in corpus.pictures] == ["named.png"]
    assert len(corpus.skipped) == 1 and "gone.png" in corpus.skipped[0]
    assert corpus.clips[0].pictures.shape == (2, 4, 40, 53, 3)
    assert corpus.pictures[0].pictures.shape == (1, 1, 64, 92, 3)


def test_a_file_without_a_licence_stops_everything(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "LICENCES.tsv").write_text("file\tlicence\nnamed.png\t\n")
    with pytest.raises(SpecError, match=r"no licence.*named\.png"):
        prepare(tmp_path, tmp_path / "cache", SMALL)
    with pytest.raises(SpecError, match="list of licences"):
        prepare(folder / "clip1", tmp_path / "cache", SMALL)


def test_an_example_depends_on_its_number_alone(corpus: Corpus) -> None:
    source = PriorSource(corpus, PARAMS)
    first = source.batch(5)
    source.batch(0)
    again = source.batch(5)
    assert first.clean.shape == (3, 3, 2, 16, 16)
    assert all(torch.equal(value, vars(again)[name]) for name, value in vars(first).items())
    assert not torch.equal(first.clean, source.batch(7).clean)


def test_the_plate_of_an_example_hides_what_is_to_be_imagined(corpus: Corpus) -> None:
    examples = PriorSource(corpus, PARAMS).batch(0)
    plate, inside = examples.cond[:, :3], examples.inside.expand(-1, 3, -1, -1, -1) > 0
    assert torch.equal(plate[~inside], examples.clean[~inside])
    assert (plate - examples.clean)[inside].abs().mean() > 0.01


def test_a_virtual_camera_moves_steadily_over_its_picture() -> None:
    picture = _noise(4, 120, 160)
    moved = 0
    for seed in range(8):
        scene = flown_over(np.random.default_rng(seed), picture, (4, 32, 32))
        assert scene.shape == (4, 32, 32, 3) and scene.min() >= -1 and scene.max() <= 1
        steps = np.abs(np.diff(scene, axis=0)).mean((1, 2, 3))
        assert steps.max() < 4 * steps.min() + 0.02
        moved += steps.mean() > 0.005
    assert moved >= 5


def test_a_clip_shorter_than_a_scene_is_run_back_and_forth() -> None:
    pictures = np.stack([np.full((8, 8, 3), 50 * k, np.uint8) for k in range(3)])[None]
    scene = cut(np.random.default_rng(0), pictures, (5, 8, 8))
    levels = np.rint((scene[:, 0, 0, 0] + 1) * 127.5)
    assert (np.abs(np.diff(levels)) == 50).all()


def test_holes_leave_something_to_go_by() -> None:
    shares = [draw_holes(np.random.default_rng(k), (4, 64, 64)).mean() for k in range(60)]
    assert max(shares) < 0.9 and np.mean(shares) > 0.03


def test_an_interrupted_training_goes_on_bit_for_bit(corpus: Corpus, tmp_path: Path) -> None:
    source = PriorSource(corpus, PARAMS)
    whole = train(source)

    def stop(step: int, _: float) -> None:
        if step == 3:
            raise Cancelled("stopped")

    state = tmp_path / "state.safetensors"
    with pytest.raises(Cancelled):
        train(source, Keeping(state, save_every=2, on_step=stop))
    assert FitState.load(state).step == 2
    resumed = train(source, Keeping(state, save_every=2))
    assert resumed.losses == whole.losses
    assert all(torch.equal(value, resumed.average[name]) for name, value in whole.average.items())


def test_a_network_that_learnt_nothing_gains_nothing(corpus: Corpus) -> None:
    examples = validation_examples(corpus, (2, 16, 16))
    fresh = FitState.fresh(dict(STUNet(TINY).named_parameters()))
    assert validate(fresh, STUNet(TINY), examples).gain_db == pytest.approx(0, abs=1e-6)


def test_a_recipe_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(recipe_text(SMALL, PARAMS))
    assert read_recipe(path) == (SMALL, PARAMS)
    path.write_text("[prior]\nsteps = 7\nlearning_rate = 1\n")
    assert read_recipe(path) == (CorpusParams(), replace(PriorParams(), steps=7, learning_rate=1.0))


@pytest.mark.parametrize(
    "text",
    ["[prior]\nstep = 7", "[prior]\nsteps = 'many'", "[more]", "steps = ", "[prior.network]\nblocks = 0"],
)
def test_a_recipe_that_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(SpecError):
        read_recipe(path)


def test_the_data_sheet_names_every_file_and_counts_every_licence(corpus: Corpus) -> None:
    sheet = data_sheet(corpus, PARAMS, step=4, gain_db=0.5, weights=1000, machine="an abacus")
    assert "| CC0 | 1 |" in sheet and "| MIT | 1 |" in sheet
    assert "| clip1 | Ann |" in sheet and "| named.png | Ben |" in sheet
    assert "clip2" not in sheet.split("## Listed")[0].split("## Files")[1]
    assert "10 examples" in sheet and "+0.50 dB" in sheet and "gone.png" in sheet
