"""The inflated network against diffusers, with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from lumiere_engine.stunet.image_layout import published_name
from lumiere_engine.stunet.image_params import TemporalParams
from lumiere_engine.stunet.image_weights import find_image, load_inflated
from lumiere_engine.stunet.inflated import InflatedSTUNet
from safetensors.torch import load_file, save_file

from .conftest import FAMILIES, frame_answers, inputs, reference

torch.set_num_threads(1)


def _strides(family: str, stride: int) -> tuple[int, ...]:
    return (stride,) * (len(FAMILIES[family]["block_out_channels"]) - 1)


def _apart(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    """Largest difference, relative to the largest value."""
    return float((ours - theirs).abs().max() / theirs.abs().max())


@torch.no_grad()
def test_with_stride_1_and_untrained_it_equals_the_image_network_on_every_frame(
    family: str, saved: tuple[Any, Path]
) -> None:
    network, folder = saved
    given = inputs(family, 3)
    layers = TemporalParams(_strides(family, 1), conditioned=family != "x4")  # which reads the small picture
    ours = load_inflated(find_image(folder), layers)
    assert _apart(ours(**given), frame_answers(network, given)) <= 1e-4


@torch.no_grad()
@pytest.mark.parametrize("family", ["sd1"], indirect=True)
def test_sizes_that_do_not_halve_evenly_are_answered_as_the_image_network_does(
    family: str, saved: tuple[Any, Path]
) -> None:
    network, folder = saved
    given = inputs(family, 2, (17, 22))
    assert _apart(load_inflated(find_image(folder))(**given), frame_answers(network, given)) <= 1e-4


@torch.no_grad()
def test_a_single_file_holds_the_same_network(family: str, saved: tuple[Any, Path], tmp_path: Path) -> None:
    _, folder = saved
    in_folder = find_image(folder)
    weights = load_file(folder / "unet" / "diffusion_pytorch_model.safetensors")
    published = {published_name(name, in_folder.params): value for name, value in weights.items()}
    if family != "sdxl":
        published["first_stage_model.encoder.conv_in.weight"] = torch.zeros(1)
    save_file(published, tmp_path / "single.safetensors")
    alone = find_image(tmp_path / "single.safetensors")
    assert alone.params == in_folder.params
    given = inputs(family, 1)
    assert torch.equal(load_inflated(alone)(**given), load_inflated(in_folder)(**given))


def test_a_single_file_is_read_as_diffusers_reads_it(family: str, saved: tuple[Any, Path]) -> None:
    utils = pytest.importorskip("diffusers.loaders.single_file_utils")
    network, folder = saved
    found, weights = find_image(folder), network.state_dict()
    published = {published_name(name, found.params): value for name, value in weights.items()}
    back = utils.convert_ldm_unet_checkpoint(dict(published), dict(network.config))
    assert back.keys() == weights.keys()
    assert all(torch.equal(back[name], weights[name]) for name in weights)


@torch.no_grad()
def test_with_stride_2_coarser_levels_start_with_the_frame_before(
    family: str, saved: tuple[Any, Path]
) -> None:
    """Level n sees frame 2ⁿ·⌊t/2ⁿ⌋: the image network with its down-sampled features replaced says the same."""
    network, folder = saved
    given = inputs(family, 6, (16, 16))
    kept: dict[tuple[int, int], torch.Tensor] = {}
    frame = 0

    def hold(level: int) -> Any:
        def hook(_module: Any, _given: Any, answer: torch.Tensor) -> torch.Tensor:
            kept[level, frame] = answer
            return kept[level, frame - frame % 2 ** (level + 1)]

        return hook

    for level, block in enumerate(network.down_blocks[:-1]):
        block.downsamplers[0].register_forward_hook(hold(level))
    expected = []
    for frame in range(6):
        one = {**given, "x": given["x"][:, :, frame : frame + 1]}
        expected.append(frame_answers(network, one))
    ours = load_inflated(find_image(folder), TemporalParams(_strides(family, 2)))
    assert _apart(ours(**given), torch.cat(expected, 2)) <= 1e-4


@torch.no_grad()
@pytest.mark.parametrize(
    ("family", "adapter"),
    [
        ("sd1", {"use_motion_mid_block": True, "motion_max_seq_length": 32}),  # v1.5.2
        ("sd1", {"use_motion_mid_block": False, "motion_max_seq_length": 32}),  # v1.5.3
        ("sdxl", {"use_motion_mid_block": False, "motion_max_seq_length": 32}),  # XL beta
    ],
    indirect=["family"],
)
def test_motion_adapters_answer_as_in_diffusers(
    family: str, saved: tuple[Any, Path], adapter: dict[str, Any], tmp_path: Path
) -> None:
    import diffusers

    network, folder = saved
    torch.manual_seed(4)
    motion = diffusers.MotionAdapter(
        block_out_channels=FAMILIES[family]["block_out_channels"],
        motion_layers_per_block=2,
        motion_num_attention_heads=8,
        motion_norm_num_groups=32,
        **adapter,
    )
    for name, value in motion.state_dict().items():
        if "proj_out" in name or "pe" not in name.split("."):
            torch.nn.init.normal_(value, 0.5 if name.endswith("norm.weight") else 0.0, 0.1)
    motion.save_pretrained(tmp_path / "motion")
    theirs = diffusers.UNetMotionModel.from_unet2d(network, motion).eval()
    if hasattr(network, "add_embedding"):  # which `from_unet2d` forgets
        theirs.add_embedding.load_state_dict(network.add_embedding.state_dict())
    given = inputs(family, 5)
    added = {"text_embeds": given["pooled"], "time_ids": given["sizes"]} if "pooled" in given else None
    text = given["context"].repeat_interleave(5, 0)  # its callers repeat it for every frame
    expected = theirs(given["x"], given["timestep"], text, added_cond_kwargs=added).sample
    still = load_inflated(find_image(folder))(**given)
    ours = load_inflated(find_image(folder), motion=tmp_path / "motion")(**given)
    assert _apart(ours, expected) <= 1e-3
    assert _apart(still, expected) > 0.05  # the modules were heard


@torch.no_grad()
@pytest.mark.parametrize("frames", [1, 5, 8])
@pytest.mark.parametrize("family", ["sd1"], indirect=True)
def test_trained_layers_take_any_duration_and_survive_saving(
    family: str, saved: tuple[Any, Path], tmp_path: Path, frames: int
) -> None:
    from lumiere_engine.stunet.image_weights import save_temporal

    _, folder = saved
    network = load_inflated(find_image(folder), TemporalParams(_strides(family, 2), conditioned=True))
    for parameter in network.temporal_parameters().values():
        parameter.add_(0.05 * torch.randn(parameter.shape))
    given = inputs(family, frames, (8, 8))
    given["cond"] = torch.randn(2, 5, frames, 8, 8)
    layers = network.temporal_parameters()
    save_temporal(layers, network.params.temporal, tmp_path / "temporal.safetensors", {"learned": "noise"})
    again = load_inflated(find_image(folder), tmp_path / "temporal.safetensors")
    answer = network(**given)
    assert answer.shape == given["x"].shape
    assert torch.equal(again(**given), answer)


def test_gradients_reach_every_added_layer_and_recomputing_changes_nothing() -> None:
    network = InflatedSTUNet(_tiny())
    with torch.no_grad():
        for parameter in network.temporal_parameters().values():
            parameter.add_(0.1 * torch.randn(parameter.shape))
    given = inputs("sd1", 4, (8, 8))
    given["context"] = given["context"][..., :24]
    gradients = []
    for network.recompute in (False, True):
        network.zero_grad()
        network(**given).square().mean().backward()
        gradients.append({n: p.grad.clone() for n, p in network.temporal_parameters().items()})
    assert all(g.isfinite().all() and g.any() for g in gradients[0].values())
    assert all(torch.allclose(gradients[0][n], gradients[1][n], atol=1e-6) for n in gradients[0])


def _tiny() -> Any:
    from lumiere_engine.stunet.image_params import ImageUNetParams, InflatedParams

    image = ImageUNetParams(channels=(16, 32), layers=1, depths=(0, 1), heads=(2, 2), context=24, groups=8)
    return InflatedParams(image, TemporalParams((2,), conditioned=True, heads=2))


def test_wrong_shapes_of_inputs_are_told() -> None:
    network, given = InflatedSTUNet(_tiny()), inputs("sd1", 2, (8, 8))
    with pytest.raises(ValueError, match="a text of b m 24"):
        network(given["x"], given["timestep"], given["context"][..., :7])
    with pytest.raises(ValueError, match="a clip of b 4"):
        network(given["x"][:, :3], given["timestep"], given["context"])
    with pytest.raises(ValueError, match="a noise level exactly where"):
        network(given["x"], given["timestep"], given["context"], level=torch.tensor([20, 20]))


def test_an_option_that_is_not_computed_is_refused_by_its_name(tmp_path: Path) -> None:
    from lumiere_engine.protocol.errors import SpecError

    reference("sd1", class_embed_type="timestep").save_pretrained(tmp_path)
    with pytest.raises(SpecError, match="class_embed_type"):
        find_image(tmp_path)
    reference("sd1", only_cross_attention=True).save_pretrained(tmp_path)  # in the middle as well
    with pytest.raises(SpecError, match="only_cross_attention"):
        find_image(tmp_path)
