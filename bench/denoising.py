"""One denoising step at the size of Stable Diffusion 1.5, random weights: Lumiere against diffusers' UNetMotionModel.

    python bench/denoising.py [--frames 16] [--side 32] [--only NAME] [--long | --memory [FRAMESxSIDE …] | --plan]

Same latents, same text, one evaluation each, in one run; weights are random, shapes the true ones. Where
lumiere-pytorch is installed it is timed too, around diffusers' network (`bench/hooked.py`). Prints seconds on the
clock and of the processor (beside other programs only the latter compare), and the process's memory. `--long`
evaluates 80 frames in one pass instead, Lumiere alone. `--memory` prints the largest memory of one pass per number of
frames and side of the latents, each in a process of its own, beside what is computed for it. On a GPU all of it is the
GPU's. `--plan` prints how many frames one pass can have on devices of several sizes: computed, for a GPU, in a minute.
"""

from __future__ import annotations

import argparse
import bisect
import gc
import importlib.util
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from lumiere_engine.effects.planning import Pass, usable
from lumiere_engine.stunet.footprint import Footprint, footprint, measured
from lumiere_engine.stunet.image_params import (
    ImageUNetParams,
    InflatedParams,
    MotionParams,
    TemporalParams,
    frame_by_frame,
)
from lumiere_engine.stunet.inflated import InflatedSTUNet

SD15 = ImageUNetParams()
KINDS = {
    "UNetMotionModel, float32": None,
    "AnimateDiff's modules in Lumiere, float32": (torch.float32, frame_by_frame(SD15), MotionParams()),
    "AnimateDiff's modules in Lumiere, bfloat16": (torch.bfloat16, frame_by_frame(SD15), MotionParams()),
    "Space-Time U-Net, stride 1, bfloat16": (torch.bfloat16, TemporalParams((1, 1, 1)), None),
    "Space-Time U-Net, stride 2, float32": (torch.float32, TemporalParams(), None),
    "Space-Time U-Net, stride 2, bfloat16": (torch.bfloat16, TemporalParams(), None),
}
HOOKED = {
    "lumiere-pytorch, stride 2, float32": torch.float32,
    "lumiere-pytorch, stride 2, bfloat16": torch.bfloat16,
}
AS_USED = "Space-Time U-Net, stride 2, bfloat16"
XL = ImageUNetParams(
    channels=(320, 640, 1280),
    depths=(0, 2, 10),
    middle_depth=10,
    heads=(5, 10, 20),
    context=2048,
    pooled=1280,
)
X4 = ImageUNetParams(
    in_channels=7,
    channels=(256, 512, 512, 1024),
    depths=(0, 1, 1, 1),
    context=1024,
    text_only=(1, 2),
    noise_levels=1000,
)
# What is planned for: model, its network, sides of its latents, and pixels for each of these.
PLANNED = (
    ("1.5", InflatedParams(SD15, TemporalParams()), (64, 96, 128), 8),
    ("XL", InflatedParams(XL, TemporalParams((2, 2))), (96, 128, 192), 8),
    ("x4 upscaler", InflatedParams(X4, TemporalParams((1, 1, 1))), (256, 512, 768), 4),
)
CARDS_GB = (8, 12, 16, 24, 80, 140)
CONTEXT = 2**29  # bytes of a card's memory that the driver and CUDA's own context hold
PASSES = (1, 4, 8, 16, 24, 32, 48, 64, 80, 120, 160)
SIZES = ("16x32", "32x32", "80x32", "16x64", "32x64", "80x64", "80x128")
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--side", type=int, default=32)
    parser.add_argument("--only", default="", help="kinds whose names contain this")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--plan", action="store_true")
    parser.add_argument("--memory", nargs="*", metavar="FRAMESxSIDE")
    chosen = parser.parse_args()
    if chosen.plan:
        return plan()
    if chosen.memory is not None:
        return memory(chosen.memory or SIZES)
    frames = 80 if chosen.long else chosen.frames
    hooked = HOOKED if importlib.util.find_spec("lumiere_pytorch") else {}
    kinds = [k for k in (*KINDS, *hooked) if chosen.only in k]
    if chosen.long:
        kinds = [AS_USED]
    first: float | None = None
    print(f"{frames} frames of {chosen.side} × {chosen.side} latents, {torch.get_num_threads()} threads")
    print(
        "| network | million weights | clock, s | processor, s | against the first | largest memory so far, GB |"
    )
    print("|---|---|---|---|---|---|")
    for name in kinds:
        step, weights = _prepared(name, frames, chosen.side)
        clock, processor = time.perf_counter(), time.process_time()
        step()
        clock, processor = time.perf_counter() - clock, time.process_time() - processor
        first = first or processor
        peak = _peak_bytes() / 1e9
        ratio = f"{first / processor:.2f} ×"
        print(
            f"| {name} | {weights / 1e6:.0f} | {clock:.1f} | {processor:.1f} | {ratio} | {peak:.1f} |",
            flush=True,
        )
        del step
        gc.collect()


def memory(sizes: Sequence[str]) -> None:
    """One pass of the network as it is used, per size; a GPU that is too small says so."""
    print(
        "| frames | latents | pictures | computed, GB | largest memory of the process, GB | seconds of the clock |"
    )
    print("|---|---|---|---|---|---|")
    for frames, side in (map(int, size.split("x")) for size in sizes):
        own = [sys.executable, __file__, "--frames", str(frames), "--side", str(side), "--only", AS_USED]
        said = subprocess.run(own, capture_output=True, text=True, check=False)
        *_, last = said.stdout.splitlines() or [""]
        cells = [cell.strip() for cell in last.split("|")] if AS_USED in last else []
        peak, seconds = (cells[6], cells[3]) if cells else ("too much for this machine", "–")
        gpu = DEVICE == "cuda"
        computed = footprint(PLANNED[0][1], frames, side, side, torch.bfloat16, gpu).bytes / 1e9
        pictures = f"{side} × {side} | {8 * side} × {8 * side}"
        print(f"| {frames} | {pictures} | {computed:.1f} | {peak} | {seconds} |", flush=True)


def plan() -> None:
    """The longest of `PASSES` per size of card, model and picture; what is printed is computed, not tried."""
    print("| model | pictures | " + " | ".join(f"{size} GB" for size in CARDS_GB) + " |")
    print("|---|---|" + "---|" * len(CARDS_GB))
    for name, network, sides, factor in PLANNED:
        for side in sides:
            work = Pass(network, torch.bfloat16, 0, side, side, 0, "cuda")
            cells = [_longest(work, usable(size * 2**30 - CONTEXT)) for size in CARDS_GB]
            print(f"| {name} | {factor * side} × {factor * side} | " + " | ".join(cells) + " |", flush=True)
    vae = _vae()
    print(
        f"\nVAE of both, one tile: {vae.weights / 1e9:.1f} GB of weights, {vae.passing / 1e9:.1f} GB to decode"
    )


def _vae() -> Footprint:
    from diffusers import AutoencoderKL

    with torch.device("meta"):
        vae = AutoencoderKL(
            block_out_channels=(128, 256, 512, 512),
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            layers_per_block=2,
        )
    tile = torch.empty(1, 4, 64, 64, device="meta")
    return measured(vae.eval(), lambda: vae.decode(tile), gpu=True)


def _longest(work: Pass, room: int) -> str:
    count = bisect.bisect_right(PASSES, room, key=lambda frames: replace(work, frames=frames).bytes(frames))
    return str(PASSES[count - 1]) if count else "–"


def _peak_bytes() -> int:
    """The largest memory of this process so far; on a GPU that of the tensors on it."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _prepared(name: str, frames: int, side: int) -> tuple[Callable[[], object], int]:
    """One evaluation by the network of that name, and how many weights it has."""
    if name in HOOKED:
        return _hooked(HOOKED[name], frames, side)
    return _ours(name, frames, side) if KINDS[name] else _theirs(frames, side)


def _ours(name: str, frames: int, side: int) -> tuple[Callable[[], object], int]:
    kind = KINDS[name]
    assert kind is not None
    dtype, temporal, motion = kind
    with torch.device("meta"):
        network = InflatedSTUNet(InflatedParams(SD15, temporal, motion))
    network = network.to(dtype).to_empty(device=DEVICE)
    _randomise(network)
    network = network.channels_last().eval()
    x = torch.randn(1, 4, frames, side, side, dtype=dtype, device=DEVICE)
    text = torch.randn(1, 77, 768, dtype=dtype, device=DEVICE)

    @torch.no_grad()
    def step() -> object:
        return network(x, torch.tensor([500.0], device=DEVICE), text).sum().item()

    return step, network.parameter_count


def _theirs(frames: int, side: int) -> tuple[Callable[[], object], int]:
    from diffusers import UNetMotionModel

    with torch.device("meta"):
        network = UNetMotionModel(cross_attention_dim=768, num_attention_heads=8, use_motion_mid_block=True)
    network = network.to_empty(device=DEVICE)
    _randomise(network)
    network.eval()
    x = torch.randn(1, 4, frames, side, side, device=DEVICE)
    text = torch.randn(1, 77, 768, device=DEVICE).repeat_interleave(frames, 0)

    @torch.no_grad()
    def step() -> object:
        return network(x, torch.tensor([500], device=DEVICE), text).sample.sum().item()

    return step, sum(p.numel() for p in network.parameters())


def _hooked(dtype: torch.dtype, frames: int, side: int) -> tuple[Callable[[], object], int]:
    from diffusers import UNet2DConditionModel
    from hooked import hooked, step_of

    network = hooked(UNet2DConditionModel(cross_attention_dim=768), side).to(DEVICE, dtype)
    x = torch.randn(1, 4, frames, side, side, dtype=dtype, device=DEVICE)
    # its own `parameters` leaves out the network of pictures
    count = sum(value.numel() for _, value in network.named_parameters())
    return step_of(network.eval(), x), count


@torch.no_grad()
def _randomise(network: torch.nn.Module) -> None:
    """Small numbers everywhere: speed depends on shapes alone, and infinities or denormals would disturb it."""
    pattern = (0.02 * torch.randn(1 << 20, generator=torch.Generator().manual_seed(0))).to(DEVICE)
    for tensor in (*network.parameters(), *network.buffers()):
        if tensor.is_floating_point():
            flat = tensor.view(-1) if tensor.is_contiguous() else None
            if flat is None:
                tensor.fill_(0.01)
                continue
            for at in range(0, len(flat), len(pattern)):
                part = flat[at : at + len(pattern)]
                part.copy_(pattern[: len(part)])


if __name__ == "__main__":
    main()
