"""What all frames say of a place is truer and stiller than what each says alone."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from lumiere_engine.motion.chain import HomographyChain
from lumiere_engine.motion.flow import grid, sample
from lumiere_engine.motion.steady import steady

FRAMES, HEIGHT, WIDTH, STEP = 12, 48, 64, 2


@dataclass
class Panned:
    """A camera that pans over a plane; every frame fills its hole with an error of its own."""

    rms: float = 20.0
    doubts: list[float] = field(default_factory=lambda: [20.0] * FRAMES)
    frame_count: int = FRAMES
    exposures: list[float] = field(default_factory=lambda: [1.0] * FRAMES)

    def __post_init__(self) -> None:
        draw = np.random.default_rng(0)
        plane = draw.uniform(0, 255, (HEIGHT, WIDTH + FRAMES * STEP, 3)).astype(np.float32)
        plane = cv2.GaussianBlur(plane, (0, 0), 6)
        self.truths = [e * plane[:, t * STEP : t * STEP + WIDTH] for t, e in enumerate(self.exposures)]
        self.pictures = []
        for t, truth in enumerate(self.truths):
            wrong = draw.normal(0, self.doubts[t], 3).astype(np.float32)  # a colour cast, as fills have it
            self.pictures.append(np.where(self.hole(t)[..., None], truth + wrong, truth))

    def picture(self, frame: int) -> np.ndarray:
        return self.pictures[frame]

    def hole(self, frame: int) -> np.ndarray:
        out = np.zeros((HEIGHT, WIDTH), bool)
        left = 36 - STEP * frame  # it lies on the plane
        out[12:36, left : left + 24] = True
        return out

    def doubt(self, frame: int) -> np.ndarray:
        return np.float32(self.doubts[frame]) * self.hole(frame)

    @property
    def view(self) -> Panned:
        return self

    @property
    def chain(self) -> HomographyChain:
        step = np.eye(3)
        step[0, 2] = -STEP
        return HomographyChain([step] * (FRAMES - 1))

    def borrowed(self, frame: int) -> np.ndarray:
        return np.zeros((HEIGHT, WIDTH), bool)

    def forward_flow(self, frame: int) -> np.ndarray:
        return np.full((HEIGHT, WIDTH, 2), (-STEP, 0), np.float32)

    def backward_flow(self, frame: int) -> np.ndarray:
        return -self.forward_flow(frame)


class Kept(dict[int, dict[str, np.ndarray]]):
    """`steady.Memory`, in memory."""

    def put(self, number: int, **arrays: np.ndarray) -> None:
        self[number] = arrays

    def get(self, number: int, *names: str) -> dict[str, np.ndarray]:  # type: ignore[override]
        return self[number]


def fused(shot: Panned) -> list[np.ndarray]:
    out = [picture.copy() for picture in shot.pictures]
    for frame, values in steady(shot, Kept()):
        out[frame][shot.hole(frame)] = values
    return out


def error(shot: Panned, pictures: list[np.ndarray]) -> float:
    inside = [(p - t)[shot.hole(k)] for k, (p, t) in enumerate(zip(pictures, shot.truths, strict=True))]
    return float(np.sqrt(np.mean(np.square(inside))))


def flicker(shot: Panned, pictures: list[np.ndarray]) -> float:
    """Root mean square change along the motion."""
    changes = []
    for t in range(FRAMES - 1):
        brought = sample(pictures[t + 1], grid(HEIGHT, WIDTH) + shot.forward_flow(t))
        changes.append((brought - pictures[t])[shot.hole(t)])
    return float(np.sqrt(np.mean(np.square(np.concatenate(changes)))))


def test_errors_of_single_frames_are_averaged_along_the_motion() -> None:
    shot = Panned()
    after = fused(shot)
    assert error(shot, after) < 0.6 * error(shot, shot.pictures)
    assert flicker(shot, after) < 0.35 * flicker(shot, shot.pictures)


def test_a_frame_that_knows_better_convinces_the_others() -> None:
    shot = Panned(doubts=[1.0 if t == 6 else 30.0 for t in range(FRAMES)])
    after = fused(shot)
    for t in (4, 5, 6, 7, 8):
        wrong = np.abs(after[t] - shot.truths[t])[shot.hole(t)].mean()
        before = np.abs(shot.pictures[t] - shot.truths[t])[shot.hole(t)].mean()
        assert wrong < max(2.0, 0.6 * before)


def test_nothing_outside_the_holes_changes_and_the_truth_stays_the_truth() -> None:
    shot = Panned(doubts=[0.0] * FRAMES)
    for before, after in zip(shot.pictures, fused(shot), strict=True):
        assert np.abs(after - before).max() < 1.0


def test_a_jump_of_exposure_is_no_flicker_to_be_fused_away() -> None:
    shot = Panned(exposures=[1.0 if t % 3 else 0.6 for t in range(FRAMES)], doubts=[10.0] * FRAMES)
    assert error(shot, fused(shot)) < error(shot, shot.pictures)


def test_a_shot_of_one_frame_keeps_its_own() -> None:
    shot = Panned(frame_count=1)
    ((frame, values),) = steady(shot, Kept())
    assert frame == 0 and np.allclose(values, shot.pictures[0][shot.hole(0)], atol=0.05)


def test_the_camera_is_asked_where_the_flow_is_wrong() -> None:
    class Misled(Panned):
        def forward_flow(self, frame: int) -> np.ndarray:
            return super().forward_flow(frame) + np.float32((9, 7))

        def borrowed(self, frame: int) -> np.ndarray:
            return self.hole(frame) & (np.arange(WIDTH) % 2 > 0)

    class Lost(Misled):
        @property
        def chain(self) -> HomographyChain:
            away = np.eye(3)
            away[:2, 2] = 12, 9
            return HomographyChain([away] * (FRAMES - 1))

    doubts = [12.0] * FRAMES
    assert error(Misled(doubts=doubts), fused(Misled(doubts=doubts))) < 0.9 * error(
        Lost(doubts=doubts), fused(Lost(doubts=doubts))
    )
