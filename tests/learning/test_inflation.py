"""Teaching: image weights stay, an interruption changes nothing, examples are the same whatever was drawn before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lumiere_engine.diffusion import DiscreteSchedule
from lumiere_engine.learning.captioned import (
    MODES,
    CaptionedClip,
    CaptionedParams,
    TemporalTraining,
    draw_batch,
    gather,
    matte_of,
)
from lumiere_engine.learning.enlarging import resized, shrunk
from lumiere_engine.learning.inflation import Lesson, he_start, teach
from lumiere_engine.learning.team import Team
from lumiere_engine.learning.trainer import Keeping
from lumiere_engine.pretrained.small_picture import SmallPicture
from lumiere_engine.pretrained.space import Pixels, open_space
from lumiere_engine.pretrained.text import Text
from lumiere_engine.protocol.errors import LumiereError, SpecError
from lumiere_engine.stunet.image_params import InflatedParams, TemporalParams
from lumiere_engine.stunet.inflated import InflatedSTUNet, is_temporal

from ..effects.conftest import IMAGE as SMALL
from ..pretrained.conftest import write_vae

IMAGE = replace(SMALL, context=8)
PARAMS = CaptionedParams(
    steps=6, batch=2, size=(8, 8), frames=4, learning_rate=3e-3, warmup=1, modes=("nothing", "first")
)


@pytest.fixture
def clips(tmp_path: Path) -> list[CaptionedClip]:
    rng = np.random.default_rng(0)
    found = []
    for number in range(3):
        path = tmp_path / f"{number}.npy"
        np.save(path, rng.integers(0, 255, (6, 8, 8, 3)).astype(np.uint8))
        found.append(CaptionedClip(path.name, f"clip {number}", path))
    return found


def _read(prompt: str) -> Text:
    generator = torch.Generator().manual_seed(sum(prompt.encode()))
    return Text(torch.randn(5, 8, generator=generator))


def _lesson(clips: list[CaptionedClip], params: CaptionedParams = PARAMS) -> Lesson:
    torch.set_num_threads(1)
    network = InflatedSTUNet(InflatedParams(IMAGE, TemporalParams((2,), conditioned=True, heads=2)))
    return Lesson(
        network,
        network.temporal_parameters(),
        DiscreteSchedule(prediction="v_prediction", zero_terminal=True),
        Pixels(),
        _read,
        clips,
        params,
    )


def test_only_the_temporal_layers_are_learned(clips: list[CaptionedClip]) -> None:
    lesson = _lesson(clips)
    before = {name: value.clone() for name, value in lesson.network.state_dict().items()}
    state = teach(lesson)
    after = lesson.network.state_dict()
    changed = {name for name in after if not torch.equal(before[name], after[name])}
    assert changed and all(is_temporal(name) for name in changed)
    assert set(state.average) == set(lesson.parameters)


def test_an_interrupted_training_goes_on_bit_for_bit(clips: list[CaptionedClip], tmp_path: Path) -> None:
    whole = teach(_lesson(clips))
    with pytest.raises(KeyboardInterrupt):
        teach(_lesson(clips), Keeping(tmp_path / "state", save_every=2, on_step=_stop_at(5)))
    rest = teach(_lesson(clips), Keeping(tmp_path / "state", save_every=2))
    assert rest.losses == whole.losses
    assert all(torch.equal(rest.average[name], whole.average[name]) for name in whole.average)


def _stop_at(last: int) -> Any:
    def on_step(step: int, _: float) -> None:
        if step == last:
            raise KeyboardInterrupt

    return on_step


def test_it_learns(clips: list[CaptionedClip]) -> None:
    lesson = _lesson(clips[:1], CaptionedParams(**{**vars(PARAMS), "steps": 50, "batch": 2}))
    lesson.parameters = dict(lesson.network.named_parameters())
    losses = teach(lesson).losses
    assert np.mean(losses[-10:]) < 0.9 * np.mean(losses[:10])


def test_a_batch_does_not_depend_on_what_was_drawn_before(clips: list[CaptionedClip]) -> None:
    one, again, other = (draw_batch(clips, PARAMS, step) for step in (3, 3, 4))
    assert torch.equal(one.clean, again.clean) and one.captions == again.captions
    assert not torch.equal(one.clean, other.clean)
    assert 0 <= one.places.min() < 0.5 <= one.places.max() < 1


def test_a_team_has_the_batch_of_one_process(clips: list[CaptionedClip]) -> None:
    whole = draw_batch(clips, PARAMS, 3)
    for rank in range(2):
        part = draw_batch(clips, PARAMS, 3, Team(rank, 2).part(PARAMS.batch))
        assert torch.equal(part.clean[0], whole.clean[rank]) and part.places[0] == whole.places[rank]
        assert list(part.numbers) == [rank] and part.noise_seed == whole.noise_seed
    with pytest.raises(SpecError, match="3 processes cannot share a batch of 2"):
        Team(0, 3).part(2)


@pytest.mark.parametrize("mode", MODES)
def test_what_is_given_is_what_its_name_says(mode: str) -> None:
    matte = matte_of(mode, np.random.default_rng(0), (9, 12, 12), 4)[0]
    given = {t for t in range(9) if not matte[t].any()}
    assert given == {
        "nothing": set(), "first": {0}, "ends": {0, 8}, "every": {0, 4, 8}, "box": set(), "region": {0}, "small": set()
    }[mode]  # fmt: skip
    if mode in ("box", "region"):
        assert 0 < matte[1].mean() < 1 and (matte[1:] == matte[1]).all()
    elif mode != "nothing":
        assert all(matte[t].all() for t in range(9) if t not in given)


def test_a_start_at_random_is_not_the_identity() -> None:
    network = _lesson([]).network
    layers = {
        n: p.clone() for n, p in network.named_parameters() if "temporal_down" in n or "temporal_up" in n
    }
    he_start(network, 0)
    assert layers and all(
        not torch.equal(layers[n], p) for n, p in network.named_parameters() if n in layers and p.ndim > 1
    )


def test_material_without_captions_is_refused_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "material"
    params = CaptionedParams(size=(8, 8), frames=2)
    with pytest.raises(SpecError, match="no such folder"):
        gather(folder, tmp_path / "cache", params)
    folder.mkdir()
    with pytest.raises(SpecError, match="no captioned clips"):
        gather(folder, tmp_path / "cache", params)
    import cv2

    cv2.imwrite(str(folder / "a.png"), np.zeros((20, 12, 3), np.uint8))
    with pytest.raises(SpecError, match=r"a.png: it has no caption; write one into a.txt"):
        gather(folder, tmp_path / "cache", params)
    (folder / "a.txt").write_text(" nothing \n at all\n")
    with pytest.raises(LumiereError, match="it has 1 frames, and a window needs 2"):
        gather(folder, tmp_path / "cache", params)
    (one,) = gather(folder, tmp_path / "cache", CaptionedParams(size=(8, 8), frames=1))
    assert one.caption == "nothing at all" and np.load(one.cache).shape == (1, 8, 8, 3)
    (folder / "b.txt").write_text("lonely")
    with pytest.raises(SpecError, match=r"b.txt: that caption has no clip"):
        gather(folder, tmp_path / "cache", params)


@pytest.mark.parametrize("noise", [None, DiscreteSchedule(1000, 0.0001, 0.02)])
def test_networks_that_enlarge_are_shown_the_clip_small(
    clips: list[CaptionedClip], noise: DiscreteSchedule | None
) -> None:
    """Beside the noisy clip stands what was shrunk and enlarged, as noisy as the network is told."""
    params = replace(PARAMS, modes=("small",), steps=1)
    batch = draw_batch(clips, params, 0)
    assert (
        batch.small is not None and batch.small.shape == (2, 3, 4, 4, 4) and bool((batch.wanted == 1).all())
    )
    assert torch.allclose(shrunk(batch.clean[0], 2), batch.small[0])
    lesson = _lesson(clips, params)
    image = replace(IMAGE, in_channels=6, noise_levels=1000 if noise else 0)
    network = InflatedSTUNet(InflatedParams(image, TemporalParams((2,), heads=2)))
    seen: list[torch.Tensor] = []
    levels: list[torch.Tensor] = []
    network.conv_in.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    if noise:
        network.class_embedding.register_forward_pre_hook(lambda _, given: levels.append(given[0]))
    small = SmallPicture(2, noise, 350 if noise else 0)
    state = teach(replace(lesson, network=network, parameters=network.temporal_parameters(), small=small))
    assert np.isfinite(state.losses).all()
    shown = seen[0].unflatten(0, (2, 4)).transpose(1, 2)[:, 3:]
    for k in range(2):
        truth = resized(batch.small[k], (8, 8))
        if noise is None:
            assert torch.equal(shown[k], truth)
            continue
        sigma = noise.sigmas[levels[0][k]].float()
        apart = shown[k] * (sigma**2 + 1).sqrt() - truth
        assert 0 < levels[0][k] <= 350 and abs(float(apart.std() / sigma) - 1) < 0.1
        assert torch.allclose(
            apart[:, 0], apart[:, 3], atol=1e-5
        )  # one for all frames, as clips are enlarged


def test_in_latents_the_small_picture_lies_on_their_grid(clips: list[CaptionedClip], tmp_path: Path) -> None:
    """A VAE of factor 4 and a clip a quarter as wide: what the network is shown is the small clip itself."""
    write_vae(tmp_path / "vae")
    params = replace(PARAMS, modes=("small",), factor=4, steps=1)
    network = InflatedSTUNet(
        InflatedParams(replace(IMAGE, in_channels=7, out_channels=4), TemporalParams((2,), heads=2))
    )
    seen: list[torch.Tensor] = []
    network.conv_in.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    lesson = replace(
        _lesson(clips, params),
        network=network,
        parameters=network.temporal_parameters(),
        space=open_space(tmp_path, scale=0.08333),
        small=SmallPicture(4),
    )
    teach(lesson)
    assert torch.equal(
        seen[0].unflatten(0, (2, 4)).transpose(1, 2)[:, 4:], draw_batch(clips, params, 0).small
    )


def test_a_level_surface_stays_level_when_it_is_shrunk_and_enlarged() -> None:
    level = torch.full((3, 4, 8, 8), 0.3)
    assert torch.allclose(resized(shrunk(level, 2), (8, 8)), level)


@pytest.mark.parametrize(
    "wrong",
    [
        {"modes": ("sideways",)},
        {"modes": ()},
        {"batch": 0},
        {"size": (4, 4)},
        {"modes": ("small", "first")},
        {"modes": ("small",), "factor": 3},
    ],
)
def test_training_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        CaptionedParams(**wrong)
    with pytest.raises(SpecError, match="no way to start"):
        TemporalTraining(start="zero")
