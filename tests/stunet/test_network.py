"""What the Space-Time U-Net promises before it has learnt anything, and that it can learn."""

from __future__ import annotations

import pytest
import torch
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.stunet import SHOT, TINY, STUNet, STUNetParams
from lumiere_engine.stunet.blocks import AttentionBlock, Down, SpaceTimeBlock, Up, shuffle, unshuffle
from torch.nn import functional as F


def _clip(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _loud(network: STUNet) -> STUNet:
    """With random weights where a fresh network has zeros."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return network


def test_temporal_down_sampling_starts_as_taking_every_second_frame() -> None:
    x = _clip(1, 4, 6, 8, 8)
    assert torch.allclose(Down(4, 2)(x), F.avg_pool3d(x, (1, 2, 2))[:, :, ::2], atol=1e-6)


def test_temporal_up_sampling_starts_as_repeating_frames() -> None:
    x = _clip(1, 4, 3, 4, 4)
    expected = x.repeat_interleave(2, 2).repeat_interleave(2, 3).repeat_interleave(2, 4)
    assert torch.allclose(Up(4, 2)(x), expected, atol=1e-6)


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_temporal_resampling_hands_a_constant_through_with_gain_one(stride: int) -> None:
    x = torch.full((1, 4, 6, 8, 8), 0.7)
    assert torch.allclose(Up(4, stride)(Down(4, stride)(x)), x, atol=1e-6)


def test_a_space_time_block_starts_as_the_identity() -> None:
    x, e = _clip(2, 8, 5, 6, 6), _clip(2, 16)
    assert torch.equal(SpaceTimeBlock(8, 8, 16)(x, e), x)
    assert torch.equal(AttentionBlock(8, 8, 16, 2)(x, e), x)


def test_a_fresh_network_answers_zero() -> None:
    assert not STUNet(TINY)(_clip(2, 7, 4, 16, 16), torch.zeros(2)).any()


@pytest.mark.parametrize("size", [(1, 1, 1), (1, 16, 16), (3, 17, 31), (5, 8, 3), (8, 32, 24)])
def test_any_duration_height_and_width_work(size: tuple[int, int, int]) -> None:
    out = _loud(STUNet(TINY))(_clip(1, 7, *size), torch.zeros(1))
    assert out.shape == (1, 3, *size)
    assert torch.isfinite(out).all()


def test_unshuffling_is_undone_by_shuffling() -> None:
    x = _clip(2, 3, 4, 8, 12)
    assert unshuffle(x, 4).shape == (2, 48, 4, 2, 3)
    assert torch.equal(shuffle(unshuffle(x, 4), 4), x)


def test_each_sample_of_a_batch_gets_the_answer_it_would_get_alone() -> None:
    network, x, noise = _loud(STUNet(TINY)), _clip(3, 7, 4, 16, 16), torch.tensor([-1.0, 0.0, 1.0])
    together = network(x, noise)
    for index in range(3):
        alone = network(x[index : index + 1], noise[index : index + 1])
        assert torch.allclose(together[index : index + 1], alone, atol=1e-5)


def test_only_the_coarsest_level_attends_over_time() -> None:
    network = STUNet(SHOT)
    last = len(SHOT.channels) - 1
    for level, blocks in enumerate(network.encoder):
        kind = AttentionBlock if level == last else SpaceTimeBlock
        assert all(isinstance(block, kind) for block in blocks.children())


def test_attention_counts_distances_in_time_only() -> None:
    """A clip whose frames are all alike gets the same answer in every frame."""
    block = AttentionBlock(8, 8, 16, 2)
    torch.nn.init.normal_(block.out.weight, generator=torch.Generator().manual_seed(0))
    x = _clip(1, 8, 1, 4, 4).repeat(1, 1, 6, 1, 1)
    out = block(x, _clip(1, 16))
    assert torch.allclose(out, out[:, :, :1].expand_as(out), atol=1e-5)


def test_with_circular_time_the_answer_follows_any_turn_of_the_circle() -> None:
    network = _loud(
        STUNet(STUNetParams(**{**TINY.to_wire(), "channels": (16, 24, 32), "temporal_strides": (2, 2)}))
    )
    x, noise, step = _clip(1, 7, 12, 16, 16), torch.zeros(1), network.params.temporal_multiple
    answer = network(x, noise, circular=True)
    for turn in range(0, 12, step):
        assert torch.allclose(
            network(x.roll(turn, 2), noise, circular=True),
            answer.roll(turn, 2),
            atol=1e-4 * float(answer.detach().abs().max()),
        )
    straight = network(x, noise)
    assert not torch.allclose(straight.roll(step, 2), network(x.roll(step, 2), noise), atol=0.01)
    # far from the ends the two kinds of time differ by what attention alone brings there
    assert not torch.allclose(straight[:, :, :1], answer[:, :, :1], atol=0.01)


def test_a_circle_that_cannot_be_resampled_is_refused() -> None:
    with pytest.raises(ValueError, match="circle of 5 frames"):
        STUNet(TINY)(_clip(1, 7, 5, 16, 16), torch.zeros(1), circular=True)


def test_the_same_seed_gives_the_same_network_and_leaves_other_draws_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = STUNet(TINY, seed=2).state_dict()
    assert torch.equal(torch.rand(3), expected)
    second, other = STUNet(TINY, seed=2).state_dict(), STUNet(TINY, seed=3).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["enter.weight"], other["enter.weight"])


def test_it_learns_one_batch_by_heart_with_finite_gradients() -> None:
    network = STUNet(TINY)
    x, noise, target = _clip(2, 7, 4, 16, 16), torch.tensor([-0.5, 0.5]), 0.5 * _clip(2, 3, 4, 16, 16, seed=9)
    optimiser = torch.optim.Adam(network.parameters(), 4e-3)
    first = target.square().mean().item()
    for _ in range(150):
        optimiser.zero_grad()
        loss = (network(x, noise) - target).square().mean()
        loss.backward()
        assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in network.parameters())
        optimiser.step()
    assert loss.item() < 0.35 * first


def test_the_shot_preset_stays_small() -> None:
    assert STUNet(SHOT).parameter_count < 5_000_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"channels": ()},
        {"channels": (16, 32), "temporal_strides": (2, 2)},
        {"channels": (16, 30), "temporal_strides": (2,)},
        {"blocks": 0},
        {"unshuffle": 1000},
        {"channels": (16, 10**9, 32)},
    ],
)
def test_parameters_that_make_no_network_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SpecError):
        STUNetParams(**wrong)  # type: ignore[arg-type]


def test_a_clip_with_the_wrong_channels_is_refused() -> None:
    with pytest.raises(ValueError, match="expected b 7"):
        STUNet(TINY)(_clip(1, 6, 2, 8, 8), torch.zeros(1))
