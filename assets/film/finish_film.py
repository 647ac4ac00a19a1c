"""Makes the demo's files from the rendered frames, and prints what is true of them.

python assets/film/finish_film.py --work WORK [--out assets/demo] [--shot crossing|pond]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import encode
import flow_file
import numpy as np
import truth

CROSSING_FRAMES, POND_FRAMES = 72, 60
CUT = slice(12, 60)


def _pictures(folder: Path, count: int) -> np.ndarray:
    """A shot's rendered pictures (t, h, w, 3)."""
    return np.stack([truth.read_picture(folder / f"{frame:04d}.png") for frame in range(count)])


def _positions(folder: Path, count: int) -> np.ndarray:
    """What each pixel of the empty set shows, as places in the world (t, h, w, 3)."""
    names = [folder / "clean_data" / f"{frame:04d}.exr" for frame in range(count)]
    return np.stack([truth.read_channels(name, "Position.X", "Position.Y", "Position.Z") for name in names])


def finish_crossing(work: Path, out: Path) -> dict[str, float]:
    """Plate, clean plate, mattes and flow of `crossing`; returns the figures."""
    folder, count = work / "crossing", CROSSING_FRAMES
    raw = _pictures(folder / "clean", count)
    plates, fine = _pictures(folder / "plate", count), _pictures(folder / "object", count)
    objects = np.stack(
        [truth.object_mask(folder / "object_mask" / f"{t:04d}.exr", fine[t]) for t in range(count)]
    )
    mattes = np.stack([truth.shadow_mask(plates[t], raw[t], objects[t]) for t in range(count)])
    cleans = truth.steady(raw, _positions(folder, count), truth.cameras(folder / "cameras.json"))
    for t in range(count):
        plates[t] = truth.join(plates[t], raw[t], cleans[t], fine[t], objects[t], mattes[t])
    encode.write_movie(out / "crossing.mov", plates)
    encode.write_movie(out / "crossing_clean.mov", cleans)
    encode.write_matte(out / "crossing_matte.mkv", mattes)
    encode.write_matte(out / "crossing_object_matte.mkv", objects)
    figures = _flow(folder, out, cleans)
    figures |= _agreement(out, mattes)
    figures["matte_percent"] = 100 * float((mattes > 0.5).mean())
    figures["object_percent"] = 100 * float((objects > 0.5).mean())
    figures |= _hidden(folder, mattes)
    return figures


def _flow(folder: Path, out: Path, cleans: np.ndarray) -> dict[str, float]:
    """Writes the flow file and measures it by bringing each frame's successor back."""
    count = len(cleans)
    matrices = truth.cameras(folder / "cameras.json")
    positions = _positions(folder, count)
    clean = np.stack([truth.still_flow(positions[t], matrices[t], matrices[t + 1]) for t in range(count - 1)])
    renderer = np.stack([truth.vector_flow(folder / "clean_data" / f"{t:04d}.exr") for t in range(count - 1)])
    moving = np.stack([truth.vector_flow(folder / "plate_data" / f"{t:04d}.exr") for t in range(count - 1)])
    mask = np.stack(
        [
            truth.read_channels(folder / "plate_data" / f"{t:04d}.exr", "object.X")[..., 0] > 0.5
            for t in range(count - 1)
        ]
    )
    path = out / "crossing_flow.npz"
    flow_file.save(path, clean, moving, mask)
    stored = flow_file.full_size(flow_file.load(path))
    errors, still = [], []
    for t in range(count - 1):
        inside = np.ones(clean.shape[1:3], dtype=bool)
        inside[:8], inside[-8:], inside[:, :8], inside[:, -8:] = False, False, False, False
        errors.append(np.abs(truth.warp_back(cleans[t + 1], clean[t]) - cleans[t])[inside].mean() * 255)
        still.append(np.abs(cleans[t + 1] - cleans[t])[inside].mean() * 255)
    return {
        "flow_length_px": float(np.linalg.norm(clean, axis=3).mean()),
        "object_flow_length_px": float(np.linalg.norm(moving, axis=3)[mask].mean()),
        "flow_vs_renderer_px": float(np.linalg.norm(clean - renderer, axis=3).mean()),
        "plate_flow_vs_clean_off_object_px": float(np.median(np.linalg.norm(clean - moving, axis=3)[~mask])),
        "stored_flow_median_error_px": float(np.median(np.linalg.norm(stored - clean, axis=3))),
        "stored_flow_mean_error_px": float(np.linalg.norm(stored - clean, axis=3).mean()),
        "warp_error_8bit": float(np.mean(errors)),
        "no_warp_error_8bit": float(np.mean(still)),
    }


def _agreement(out: Path, mattes: np.ndarray) -> dict[str, float]:
    """How well the two compressed movies agree where neither object nor shadow is near."""
    plate, clean = encode.read_movie(out / "crossing.mov"), encode.read_movie(out / "crossing_clean.mov")
    far = np.stack([cv2.dilate(matte, np.ones((33, 33))) < 0.02 for matte in mattes])
    change = np.abs(plate.astype(int) - clean).max(axis=3)[far]
    return {
        "off_object_mean_difference_8bit": float(change.mean()),
        "off_object_99_percentile_8bit": float(np.percentile(change, 99)),
        "off_object_over_2_percent": 100 * float((change > 2).mean()),
    }


def _hidden(folder: Path, mattes: np.ndarray) -> dict[str, float]:
    """The share of hidden pixels that no frame ever shows, for the whole shot and for the cut alone."""
    matrices = truth.cameras(folder / "cameras.json")
    positions = _positions(folder, len(mattes))
    whole = truth.never_seen(mattes, positions, matrices)
    cut = truth.never_seen(mattes[CUT], positions[CUT], matrices[CUT])
    return {
        "never_seen_percent": 100 * float(whole.sum() / (mattes > 0.02).sum()),
        "never_seen_in_cut_percent": 100 * float(cut.sum() / (mattes[CUT] > 0.02).sum()),
        "never_seen_in_cut_with_handles_percent": 100 * float(whole[CUT].sum() / (mattes[CUT] > 0.02).sum()),
    }


def finish_pond(work: Path, out: Path) -> dict[str, float]:
    """The plate and the matte of `pond`."""
    folder = work / "pond"
    names = [f"{frame:04d}" for frame in range(POND_FRAMES)]
    still = truth.read_picture(next((folder / "still").glob("*.png")))
    frames = np.stack([truth.read_picture(folder / "plate" / f"{name}.png") for name in names])
    parts = [folder / "plate_mask" / f"{name}.exr" for name in names]
    masks = np.stack([truth.object_mask(part, frame) for part, frame in zip(parts, frames, strict=True)])
    matte = masks.max(axis=0)
    edge = cv2.erode((matte < 0.004).astype(np.uint8), np.ones((3, 3)), borderValue=1).astype(bool)
    frames[:, edge] = still[edge]
    encode.write_movie(out / "pond.mov", frames)
    cv2.imwrite(str(out / "pond_matte.png"), np.round(matte * 255).astype(np.uint8))
    return {
        "water_percent": 100 * float((matte > 0.5).mean()),
        "loop_step_8bit": 255 * float(np.abs(frames[-1] - frames[0]).mean()),
        "usual_step_8bit": 255 * float(np.abs(np.diff(frames, axis=0)).mean()),
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="the folder that render_film.py wrote")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "demo")
    parser.add_argument("--shot", choices=("crossing", "pond"), action="append", help="both if not given")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for shot in arguments.shot or ("crossing", "pond"):
        finish = finish_crossing if shot == "crossing" else finish_pond
        figures = finish(arguments.work, arguments.out)
        print(json.dumps({shot: {key: round(value, 3) for key, value in figures.items()}}, indent=2))


if __name__ == "__main__":
    main()
