"""Previews that differ in a slider alone: what lies between two of them is seen at once, as a mixture of both."""

from __future__ import annotations

from dataclasses import Field, fields, replace
from typing import Any

from .project import Preview, Request


def slider_of(params: Any) -> Field[Any] | None:
    """The field of an effect's parameters that is a slider, if one is: 0 of it leaves the shot as it is."""
    return next((field for field in fields(params) if field.metadata.get("kind") == "slider"), None)


class Tried:
    """The values of the slider that were previewed while all else stayed the same.

    A mixture is not what the network answers there: it is laid over with a note that says so, until that is here.
    """

    def __init__(self) -> None:
        self._of: tuple[object, ...] = ()
        self._plate = ""
        self._by_value: dict[float, Preview] = {}

    def add(self, request: Request, plate: str, preview: Preview) -> None:
        """Keep a finished preview, and the small copy of the shot, which is that of no strength.

        Args:
            request: what it is of.
            plate: the small copy's file.
            preview: as large as that, with as many frames.
        """
        slider = slider_of(request.params)
        if slider is None:
            return
        of = _without(request, slider)
        if of != self._of or plate != self._plate:
            self._of, self._plate = of, plate
            self._by_value = {0.0: replace(preview, media=plate)}
        self._by_value[getattr(request.params, slider.name)] = preview

    def at(self, request: Request) -> Preview | None:
        """The preview that was made with the slider there, or a mixture of its neighbours; None outside of them."""
        slider = slider_of(request.params)
        if slider is None or _without(request, slider) != self._of:
            return None
        value: float = getattr(request.params, slider.name)
        below = max((one for one in self._by_value if one <= value), default=None)
        above = min((one for one in self._by_value if one >= value), default=None)
        if below is None or above is None:
            return None
        if below == above:
            return self._by_value[below]
        return replace(
            self._by_value[below],
            over=self._by_value[above],
            share=(value - below) / (above - below),
            note=f"{slider.metadata['label']} {value:.2f}: a mixture of {below:.2f} and {above:.2f}",
        )


def _without(request: Request, slider: Field[Any]) -> tuple[object, ...]:
    """What a preview depends on, but for the slider."""
    params = replace(request.params, **{slider.name: slider.default})
    return request.shot, request.roto, request.effect, params, request.seed, request.frames
