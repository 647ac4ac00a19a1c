"""What is said about media across processes."""

from __future__ import annotations

from fractions import Fraction

import pytest
from lumiere_engine.protocol.errors import SpecError, UnknownVersionError
from lumiere_engine.protocol.media import MediaInfo

INFO = MediaInfo(
    "a.mov", "movie", 1920, 1080, 48, Fraction(24000, 1001), 86400, "01:00:00:00", False, 10, "yuv 4:2:2"
)


def test_it_crosses_the_wire_unchanged() -> None:
    wire = INFO.to_wire()
    assert (wire["label"], wire["rate"]) == ("MediaInfo.1", "24000/1001")
    assert MediaInfo.from_wire(wire) == INFO


def test_another_version_is_refused_by_name() -> None:
    with pytest.raises(UnknownVersionError, match=r"MediaInfo\.2.*MediaInfo\.1"):
        MediaInfo.from_wire({**INFO.to_wire(), "label": "MediaInfo.2"})


@pytest.mark.parametrize("change", [{"rate": "1/0"}, {"width": "wide"}, {"rate": None}])
def test_nonsense_is_refused(change: dict) -> None:
    with pytest.raises(SpecError):
        MediaInfo.from_wire({**INFO.to_wire(), **change})
