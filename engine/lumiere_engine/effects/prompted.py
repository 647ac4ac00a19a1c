"""Fill what no frame shows as a prompt says: by a text-to-image model that makes clips, see `prompting`.

A shot is filled in segments that hang on its first frame, so that memory does not grow with it. A segment begins with
the last frames of the one before, which it is given whole: what is imagined goes on across the border.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from torch import Tensor

from ..diffusion.windows import Span, spans
from ..motion.pyramid import push_pull
from ..pretrained.text import Text
from ..protocol.jobs import JobSpec
from ..protocol.params import GenerateParams, RemoveParams
from ..stunet.inflated import InflatedSTUNet
from .clock import Clock
from .completion import CompletedShots
from .ingredients import Ingredients
from .prompting import Given, Prompter
from .workspace import Workspace

Array = np.ndarray

# Frames; as many as the paper's network makes in one pass, and as many as it has to go on from.
_SEGMENT, _SHARED = 80, 8


class PromptedImagination:
    """Imagines what is unseen in all shots of a removal.

    Args:
        completed: the shots after borrowing.
        spec: the job; its prompt, quality and seed count.
        ingredients: the model that reads the prompt.
        workspace: where the answer to each step is kept.
        clock: hears of the stage "imagine"; may raise to stop.
    """

    def __init__(
        self,
        completed: CompletedShots,
        spec: JobSpec,
        ingredients: Ingredients,
        workspace: Workspace,
        clock: Clock,
    ) -> None:
        self._completed, self._workspace, self._clock = completed, workspace, clock
        chosen = spec.params_of(RemoveParams)
        params = GenerateParams(
            quality=chosen.quality,
            prompt=chosen.prompt,
            plate_as="clip",
            weights=chosen.weights,
            window=chosen.window,
        )
        self._prompter = Prompter(ingredients, params, spec.seed)

    def run(self) -> None:
        """Imagine whatever is not imagined yet; an interrupted run goes on at its last step."""
        segments = list(self._segments())
        longest = max(end - first for _, (first, end) in segments)
        self._prompter.plan(longest, self._size, self._workspace.shelf("window"))
        missing = [(start, span) for start, span in segments if any(map(self._wanted, range(*span)))]
        if not missing:
            return
        texts = self._prompter.texts()
        network = self._prompter.network()
        self._clock.note(*self._prompter.notes)
        for number, (start, span) in enumerate(missing):
            self._imagine(network, texts, start, span, (number, len(missing)))

    @property
    def shortened(self) -> int | None:
        """See `Prompter.shortened`."""
        return self._prompter.shortened

    @property
    def _size(self) -> tuple[int, int]:
        scale = self._completed.shots.scale
        return self._prompter.size(scale.small_width, scale.small_height)

    def _segments(self) -> Iterator[tuple[int, Span]]:
        """The first frame of each shot, and its segments: frames counted in the job."""
        for start, end in self._completed.shots.shots:
            for first, last in spans(0, end - start, _SEGMENT, _SEGMENT - _SHARED):
                yield start, (start + first, start + last)

    def _wanted(self, frame: int) -> bool:
        return not self._completed.has_imagined(frame) and bool(self._completed.unseen(frame).any())

    def _imagine(
        self,
        network: InflatedSTUNet,
        texts: tuple[Text, Text],
        start: int,
        span: Span,
        number: tuple[int, int],
    ) -> None:
        done, count = number

        def on_step(step: int, steps: int) -> None:
            self._clock.step("imagine", done * steps + step, count * steps)

        kept = self._workspace.shelf(f"denoised{span[0]:08d}")
        given = self._given(span, 0 if span[0] == start else _SHARED)
        clip = self._prompter.sample(network, texts, given, kept, on_step, first=span[0])
        self._keep(span, clip)

    def _given(self, span: Span, shared: int) -> Given:
        """All that is seen; of the first `shared` frames what was imagined as well."""
        space = self._prompter.space
        given = Given.nothing(space, span[1] - span[0], self._size)
        for place, frame in enumerate(range(*span)):
            unseen = self._completed.unseen(frame)
            hole = np.zeros_like(unseen) if place < shared else unseen
            given.give(space, place, self._completed.imagined(frame) / 255, hole)
        return given

    def _keep(self, span: Span, clip: Tensor) -> None:
        for frame, decoded in zip(range(*span), self._prompter.space.decode(clip[0]), strict=True):
            if self._wanted(frame):
                values = (decoded.float().cpu().numpy().transpose(1, 2, 0) + 1) * 127.5
                seen, unseen = self._completed.filled(frame), self._completed.unseen(frame)
                size = (seen.shape[1], seen.shape[0])
                made = cv2.resize(values, size, interpolation=cv2.INTER_CUBIC)
                # the model's colours are met at the rim, as a Poisson blend does
                made += push_pull(seen - made, ~unseen)
                self._completed.set_imagined(frame, np.clip(made, 0, 255))
