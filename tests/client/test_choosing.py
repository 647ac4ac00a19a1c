"""Which registered models a job gets: told in words where it is not clear."""

from __future__ import annotations

from pathlib import Path

import pytest
from lumiere_engine.client import models as register
from lumiere_engine.client.models import Model
from lumiere_engine.protocol.errors import SpecError
from lumiere_plugin.choosing import Choice, choose, taught


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUMIERE_HOME", str(tmp_path))


def _add(name: str, kind: str, shape: str = "s", trained_with: str | None = None) -> None:
    register.add(Model(name, kind, f"/{name}", name * 8, shape, 1, None, trained_with))


def _roles(choice: Choice, moving: bool = True) -> dict[str, str]:
    return {one.role: one.path for one in choose(choice, moving=moving, without="x")}


def test_the_only_model_and_the_only_motion_that_fits_are_taken() -> None:
    _add("sd", "image")
    _add("other", "temporal", trained_with="another model")
    _add("wide", "motion", shape="t")
    _add("layers", "temporal", trained_with="sd" * 8)
    _add("larger", "upscale", shape="u")
    assert _roles(Choice()) == {"image": "/sd", "temporal": "/layers"}
    assert _roles(Choice(motion="none", upscale="larger")) == {"image": "/sd", "upscale": "/larger"}
    _add("steady", "temporal", shape="u", trained_with="larger" * 8)
    assert _roles(Choice(motion="none", upscale="larger")) == {
        "image": "/sd",
        "upscale": "/larger",
        "upscale_temporal": "/steady",
    }


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (Choice(), "can move in 2 ways; name one with --motion: a, b"),
        (Choice(motion="larger"), "'larger' gives 'sd' no motion"),
        (Choice(motion="a", upscale="b"), "'b' is no super-resolution model"),
        (Choice(motion="a", upscale="layers"), "'layers' is no super-resolution model"),
        (Choice(motion="a", upscale="larger"), "'larger' has 2 sets of temporal layers; leave one"),
        (Choice(model="a"), "'a' is no text-to-image model"),
        (Choice(motion="a", loras=("larger",)), "'larger' is no LoRA for 'sd'"),
    ],
)
def test_what_does_not_fit_or_is_not_clear_is_told(choice: Choice, said: str) -> None:
    _add("sd", "image")
    _add("a", "temporal")
    _add("b", "motion")
    _add("larger", "upscale", shape="u")
    _add("layers", "upscale", trained_with="sd" * 8)  # of Lumiere 0.7
    for name in ("steady", "steadier"):
        _add(name, "temporal", shape="u", trained_with="larger" * 8)
    with pytest.raises(SpecError, match=said):
        _roles(choice)


def test_a_single_file_is_taught_with_the_folder_that_it_is_like() -> None:
    _add("sd", "image")
    register.add(Model("film", "image", "/film.safetensors", "f", "s", 1, "/sd"))
    assert taught("film") == {"model": "/film.safetensors", "like": "/sd"}
    assert taught("sd") == {"model": "/sd", "like": None}
    assert taught("no/such") == {"model": str(Path("no/such").absolute()), "like": None}
