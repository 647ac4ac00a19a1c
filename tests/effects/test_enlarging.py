"""Super-resolution: larger, a few frames at a time, from what the clip shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lumiere_engine.diffusion import DiscreteSchedule, frame_noise
from lumiere_engine.effects.generate import generate
from lumiere_engine.effects.ingredients import files_fingerprint
from lumiere_engine.frames.source import open_source
from lumiere_engine.pretrained.small import (
    write_network,
    write_schedule,
    write_small_picture,
    write_text_encoder,
)
from lumiere_engine.pretrained.small_picture import SmallPicture
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.protocol.jobs import JobSpec, WorkOrder
from lumiere_engine.protocol.params import GenerateParams
from lumiere_engine.protocol.weights import Weights
from lumiere_engine.stunet.image_layout import config_of_params
from lumiere_engine.stunet.image_params import ImageUNetParams, InflatedParams, TemporalParams
from lumiere_engine.stunet.image_weights import find_image, fingerprint_of, save_temporal
from lumiere_engine.stunet.inflated import InflatedSTUNet, is_temporal

from ..pretrained.conftest import write_vae
from .conftest import IMAGE, write_movie

WINDOW, FRAMES = 3, 7


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small networks are slower on more."""
    monkeypatch.setattr("lumiere_engine.effects.prompting.THREADS", 1)


def _larger(
    folder: Path, image: ImageUNetParams, small: SmallPicture, schedule: DiscreteSchedule
) -> tuple[Weights, ...]:
    """A super-resolution model with random weights, and temporal layers for it that see three frames."""
    write_text_encoder(folder, ["a", "red", "disk"], image.context, seed=1)
    write_schedule(folder, schedule)
    write_small_picture(folder, small)
    network = InflatedSTUNet(InflatedParams(image, TemporalParams((1,), heads=2)), seed=1)
    state = network.state_dict()
    spatial = {name: value for name, value in state.items() if not is_temporal(name)}
    write_network(folder, spatial, config_of_params(image))
    torch.manual_seed(0)
    added = network.temporal_parameters()
    moved = {name: value + 0.05 * torch.randn_like(value) for name, value in added.items()}
    layers = folder / "larger.safetensors"
    save_temporal(moved, network.params.temporal, layers, {"frames": str(WINDOW), "modes": "small"})
    return (
        Weights("upscale", str(folder), fingerprint_of(find_image(folder))),
        Weights("upscale_temporal", str(layers), files_fingerprint([layers])),
    )


@pytest.fixture(scope="module")
def doubling(tmp_path_factory: pytest.TempPathFactory) -> tuple[Weights, ...]:
    """In pixels, twice as large; as `lumiere train image` makes them."""
    folder = tmp_path_factory.mktemp("doubling")
    schedule = DiscreteSchedule(prediction="v_prediction", zero_terminal=True)
    return _larger(folder, replace(IMAGE, in_channels=6), SmallPicture(2), schedule)


@pytest.fixture(scope="module")
def fourfold(tmp_path_factory: pytest.TempPathFactory) -> tuple[Weights, ...]:
    """As Stable Diffusion's x4 upscaler: latents of a VAE, and noise on the small picture."""
    folder = tmp_path_factory.mktemp("fourfold")
    image = replace(IMAGE, in_channels=7, out_channels=4, text_only=(1,), noise_levels=1000)
    noise = DiscreteSchedule(1000, 0.0001, 0.02)
    write_vae(folder / "vae")
    schedule = DiscreteSchedule(1000, 0.0001, 0.02, prediction="v_prediction")
    return _larger(folder, image, SmallPicture(4, noise, 350), schedule)


@pytest.fixture(scope="module")
def enlarging(weights: tuple[Weights, ...], doubling: tuple[Weights, ...]) -> tuple[Weights, ...]:
    """What makes a clip, and what doubles its size, three frames at a time."""
    return (*weights, *doubling)


def _run(
    folder: Path, weights: tuple[Weights, ...], name: str = "out", on_step: Any = None, **more: Any
) -> Any:
    plate = str(more.pop("plate", ""))
    params = GenerateParams(
        prompt="a red disk", steps=2, weights=weights, **{"frames": FRAMES, "window": FRAMES, **more}
    )
    order = WorkOrder(
        JobSpec("generate", plate, (), params=params), str(folder / f"{name}.mkv"), overwrite=True
    )
    generate(order, on_step or (lambda _: None))
    with open_source(order.output) as source:
        return np.stack([source.read(k).planes[0] for k in range(source.frame_count)])


def test_a_clip_is_enlarged_in_windows_that_share_two_frames(
    enlarging: tuple[Weights, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, ...]] = []
    forward = InflatedSTUNet.forward

    def listen(self: Any, x: torch.Tensor, *rest: Any, **more: Any) -> torch.Tensor:
        if x.device.type != "meta":  # where memory is only counted
            asked.append(tuple(x.shape[2:]))
        return forward(self, x, *rest, **more)

    monkeypatch.setattr(InflatedSTUNet, "forward", listen)
    assert _run(tmp_path, enlarging).shape == (FRAMES, 32, 32, 3)
    assert {shape for shape in asked if shape[1:] == (16, 16)} == {(FRAMES, 16, 16)}
    larger = [shape[0] for shape in asked if shape[1:] == (32, 32)]
    assert set(larger) == {WINDOW} and len(larger) == 2 * 2 * (FRAMES - 2)  # steps, texts, windows


def test_an_interrupted_enlarging_goes_on_to_the_same_bytes(
    enlarging: tuple[Weights, ...], tmp_path: Path
) -> None:
    steps: list[int] = []

    def stop(step: Any) -> None:
        if step.stage == "imagine":
            steps.append(step.done)
            assert step.total == 4
            if step.done == 3:
                raise KeyboardInterrupt

    whole = _run(tmp_path, enlarging)
    with pytest.raises(KeyboardInterrupt):
        _run(tmp_path, enlarging, "rest", stop)
    steps.clear()
    rest = _run(
        tmp_path, enlarging, "rest", lambda step: steps.append(step.done) if step.stage == "imagine" else None
    )
    assert steps == [4] and (rest == whole).all()


def test_the_picture_that_is_animated_is_the_first_frame_at_full_size(
    enlarging: tuple[Weights, ...], tmp_path: Path
) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (1, 32, 32, 3)).astype(np.uint8)
    write_movie(tmp_path / "still.%03d.png", picture)
    made = _run(tmp_path, enlarging, plate=next(tmp_path.glob("still.*.png")), plate_as="first_frame")
    assert made.shape == (FRAMES, 32, 32, 3) and (made[0] == picture[0]).all()


def test_the_size_that_is_asked_for_is_that_of_the_result(
    enlarging: tuple[Weights, ...], tmp_path: Path
) -> None:
    assert _run(tmp_path, enlarging, frames=2, width=24, height=40).shape == (2, 40, 24, 3)


def test_all_frames_begin_with_one_noise(
    enlarging: tuple[Weights, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a clip that rests each frame is the same; with a noise for each frame it would flicker."""
    monkeypatch.setattr(
        "lumiere_engine.effects.generate._imagined", lambda *_: torch.full((1, 3, 3, 16, 16), 0.2)
    )
    alone = enlarging[:-1]
    made = _run(tmp_path, alone, frames=3)
    assert made.shape == (3, 32, 32, 3) and made[0].std() > 0
    assert (made[0] == made[1]).all() and (made[0] == made[2]).all()
    assert (_run(tmp_path, enlarging, "together", frames=3)[0] != made[0]).any()


@pytest.mark.filterwarnings(
    "ignore:The configuration file of the vae"
)  # whose scale is none that the pipeline takes
def test_a_clip_is_enlarged_fourfold_as_diffusers_pipeline_enlarges_its_frames(
    weights: tuple[Weights, ...],
    fourfold: tuple[Weights, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same noise, schedule, guidance, noise level and scale of latents; to a code."""
    import diffusers
    import transformers
    from diffusers.pipelines.stable_diffusion import pipeline_stable_diffusion_upscale as reference

    clip = torch.rand(1, 3, 2, 16, 16, generator=torch.Generator().manual_seed(5)) * 2 - 1
    monkeypatch.setattr("lumiere_engine.effects.generate._imagined", lambda *_: clip)
    made = _run(tmp_path, (*weights, fourfold[0]), frames=2, sampler="ddim", guidance=3.0, negative="a disk")

    noise = frame_noise(0, [0], (7, 16, 16)).transpose(0, 1)
    monkeypatch.setattr(reference, "randn_tensor", lambda *_, **__: noise[:, 4:])
    folder = Path(fourfold[0].path)
    betas = {"beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "scaled_linear"}
    pipeline = reference.StableDiffusionUpscalePipeline(
        vae=diffusers.AutoencoderKL.from_pretrained(folder / "vae"),
        text_encoder=transformers.CLIPTextModel.from_pretrained(folder / "text_encoder"),
        tokenizer=transformers.PreTrainedTokenizerFast.from_pretrained(folder / "tokenizer"),
        unet=diffusers.UNet2DConditionModel.from_pretrained(folder / "unet"),
        low_res_scheduler=diffusers.DDPMScheduler(**betas),
        scheduler=diffusers.DDIMScheduler(
            **betas, prediction_type="v_prediction", timestep_spacing="trailing", clip_sample=False
        ),
    )
    pipeline.set_progress_bar_config(disable=True)
    for frame in range(2):
        expected = pipeline(
            prompt="a red disk",
            negative_prompt="a disk",
            image=(clip[:, :, frame] + 1) / 2,
            num_inference_steps=2,
            guidance_scale=3.0,
            latents=noise[:, :4],
            output_type="np",
        ).images[0]
        assert expected.std() > 0.01
        assert np.abs(made[frame].astype(float) - 255 * expected).max() <= 1


def test_what_does_not_fit_into_memory_is_refused_at_the_size_that_it_is_enlarged_to(
    enlarging: tuple[Weights, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lumiere_engine.effects.prompting.free_bytes", lambda _: 3_000_000)
    with pytest.raises(SpecError, match=r"32 × 32 pixels take .* of memory, 3 at a time"):
        _run(tmp_path, enlarging)


def test_models_that_do_not_enlarge_or_do_nothing_else_are_refused(
    weights: tuple[Weights, ...], doubling: tuple[Weights, ...], tmp_path: Path
) -> None:
    with pytest.raises(SpecError, match="reads no small pictures, and so enlarges nothing"):
        _run(tmp_path, (*weights, replace(weights[0], role="upscale")))
    with pytest.raises(SpecError, match="that file holds temporal layers, and no image network"):
        _run(tmp_path, (*weights, replace(weights[1], role="upscale")))  # as Lumiere 0.7 enlarged
    with pytest.raises(SpecError, match="that model makes clips larger, and none"):
        _run(tmp_path, (replace(doubling[0], role="image"),))
    with pytest.raises(SpecError, match=r"larger.safetensors: these are not the weights"):
        _run(tmp_path, (*weights, doubling[0], replace(doubling[1], fingerprint="0")))
