"""Jobs on the wire: nothing is lost, nothing is guessed, and the fingerprint names the result."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lumiere_engine.protocol import (
    FrameRange,
    JobSpec,
    RemoveParams,
    StyleShare,
    StylizeParams,
    Weights,
    WorkOrder,
)
from lumiere_engine.protocol.errors import LumiereError, SpecError, UnknownVersionError

SPEC = JobSpec("remove", "/plates/a.mov", ("/mattes/a.mkv",))

lengths = st.none() | st.floats(0, 1000)
params = st.builds(
    RemoveParams,
    st.sampled_from(("draft", "standard", "best")),
    lengths,
    lengths,
    st.booleans(),
    st.floats(0, 1),
    st.booleans(),
)
some_frames = st.builds(FrameRange, st.integers(0, 10**6), st.integers(1, 10**5))
specs = st.builds(
    lambda frames, handles, **rest: JobSpec(
        "remove", frames=frames, written=None if frames is None else frames.grown(handles, handles), **rest
    ),
    plate=st.text(min_size=1),
    mattes=st.lists(st.text(min_size=1), min_size=1, max_size=3).map(tuple),
    frames=st.none() | some_frames,
    handles=st.integers(0, 50),
    whole_mattes=st.booleans(),
    rate=st.none() | st.fractions(Fraction(1, 100), 1000),
    conform=st.booleans(),
    params=params,
    seed=st.integers(0, 2**63 - 1),
    checkpoint=st.none() | st.text(min_size=1),
)
orders = st.builds(
    lambda spec, *rest, **more: WorkOrder(
        spec, *rest, network=None if spec.checkpoint is None else "net.safetensors", **more
    ),
    specs,
    st.text(min_size=1),
    st.none() | st.text(),
    st.booleans(),
    chunk_frames=st.integers(1, 1000),
    save_network=st.none() | st.text(min_size=1),
)


@given(orders)
def test_an_order_crosses_a_process_unchanged(order: WorkOrder) -> None:
    assert WorkOrder.from_wire(json.loads(json.dumps(order.to_wire()))) == order


def test_weights_come_with_their_fingerprint() -> None:
    with pytest.raises(SpecError, match="fingerprint"):
        WorkOrder(SPEC, "out.mkv", network="net.safetensors")
    with pytest.raises(SpecError, match="fingerprint"):
        WorkOrder(replace(SPEC, checkpoint="abc"), "out.mkv")


@pytest.mark.parametrize("kind", [JobSpec, WorkOrder])
@pytest.mark.parametrize("label", [None, "", "JobSpec.2", "WorkOrder.2", "Progress.1", 1])
def test_an_unknown_label_is_refused_by_name(kind: Any, label: object) -> None:
    wire = (SPEC if kind is JobSpec else WorkOrder(SPEC, "out.mkv")).to_wire()
    with pytest.raises(UnknownVersionError, match=f"'{label}'"):
        kind.from_wire({**wire, "label": label})


def test_an_unknown_field_is_refused_by_name() -> None:
    with pytest.raises(SpecError, match="strength"):
        JobSpec.from_wire({**SPEC.to_wire(), "strength": 1})
    with pytest.raises(SpecError, match="priority"):
        WorkOrder.from_wire({**WorkOrder(SPEC, "o.mkv").to_wire(), "priority": 1})


@pytest.mark.parametrize("name", [f.name for f in fields(JobSpec)])
def test_a_missing_field_is_refused_and_not_guessed(name: str) -> None:
    wire = SPEC.to_wire()
    del wire[name]
    with pytest.raises(SpecError, match=name):
        JobSpec.from_wire(wire)


@pytest.mark.parametrize(
    "change",
    [
        {"mattes": "/mattes/a.mkv"},
        {"mattes": 3},
        {"mattes": []},
        {"frames": [0, 5]},
        {"frames": {"start": 0}},
        {"frames": {"start": 0, "duration": "5"}},
        {"written": {"start": 0, "duration": 9}},
        {"rate": "24/0"},
        {"rate": "fast"},
        {"params": None},
        {"params": {"quality": "perfect"}},
        {"params": {"colour": "red"}},
        {"seed": "lucky"},
        {"seed": -1},
        {"seed": 2**63},
        {"effect": "add"},
    ],
    ids=str,
)
def test_a_spec_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        JobSpec.from_wire({**SPEC.to_wire(), **change})


@pytest.mark.parametrize("junk", [None, 3, "JobSpec.1", [], [["label", "JobSpec.1"]]])
def test_what_is_no_object_is_refused(junk: Any) -> None:
    with pytest.raises(LumiereError):
        JobSpec.from_wire(junk)
    with pytest.raises(LumiereError):
        WorkOrder.from_wire({**WorkOrder(SPEC, "o.mkv").to_wire(), "spec": junk})


@pytest.mark.parametrize("grow", [-1, 1001, float("nan"), float("inf")])
def test_a_matte_cannot_grow_by_nonsense(grow: float) -> None:
    with pytest.raises(SpecError, match="grow"):
        RemoveParams(grow=grow)


@pytest.mark.parametrize("structure", [-0.1, 1.1, float("nan")])
def test_structure_is_a_share(structure: float) -> None:
    with pytest.raises(SpecError, match="structure.*choose 0 to 1"):
        RemoveParams(structure=structure)


CHANGES: dict[str, Any] = {
    "frames": FrameRange(0, 5),
    "whole_mattes": True,
    "rate": Fraction(25),
    "conform": True,
    "params": RemoveParams(quality="draft"),
    "seed": 1,
    "checkpoint": "abc",
}


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_the_fingerprint_depends_on_what_the_result_depends_on(name: str) -> None:
    assert replace(SPEC, **{name: CHANGES[name]}).fingerprint("media") != SPEC.fingerprint("media")


@pytest.mark.parametrize("name", [f.name for f in fields(RemoveParams)])
def test_the_fingerprint_depends_on_every_choice_of_the_artist(name: str) -> None:
    others: dict[str, Any] = {
        "quality": "best", "grow": 3.0, "feather": 2.0, "imagine": False, "structure": 0.5, "regrain": False
    }  # fmt: skip
    weights = (Weights("image", "/m", "0" * 64),)
    words = {"prompt": "sand", "weights": weights}
    changed = replace(SPEC, params=RemoveParams(**({name: others[name]} if name in others else words)))
    assert changed.fingerprint("media") != SPEC.fingerprint("media")


def test_jobs_that_differ_in_what_is_imagined_borrow_alike() -> None:
    other = replace(SPEC, seed=7, params=replace(SPEC.params, imagine=False, structure=0.8, regrain=False))
    assert other.for_borrowing() == SPEC.for_borrowing()
    for params in (RemoveParams("draft"), RemoveParams(grow=3.0), RemoveParams(feather=2.0)):
        assert replace(SPEC, params=params).for_borrowing() != SPEC.for_borrowing()


def test_the_fingerprint_depends_on_the_media_and_on_which_frames_are_written() -> None:
    some = replace(SPEC, frames=FrameRange(4, 8))
    assert SPEC.fingerprint("media") != SPEC.fingerprint("other media")
    assert replace(some, written=FrameRange(2, 12)).fingerprint("m") != some.fingerprint("m")


def test_the_fingerprint_is_the_same_in_every_process() -> None:
    again = JobSpec.from_wire(json.loads(json.dumps(SPEC.to_wire())))
    assert again.fingerprint("media") == SPEC.fingerprint("media")


def test_another_version_does_not_go_on_with_a_job_half_done(monkeypatch: pytest.MonkeyPatch) -> None:
    before = SPEC.fingerprint("media")
    monkeypatch.setattr("lumiere_engine.protocol.jobs.__version__", "9.9.9")
    assert SPEC.fingerprint("media") != before


def test_an_effect_is_refused_the_parameters_of_another() -> None:
    with pytest.raises(SpecError, match="no effect of this version"):
        JobSpec.from_wire({**SPEC.to_wire(), "effect": "vanish"})
    with pytest.raises(SpecError, match="parameters of 'remove'"):
        replace(SPEC, effect="vanish")


def test_every_effect_is_in_every_table() -> None:
    from lumiere_engine.effects.performers import PERFORMERS
    from lumiere_engine.protocol import EFFECTS, effect_of
    from lumiere_engine.protocol.messages import STAGES
    from lumiere_plugin.manifest import manifest

    assert set(EFFECTS) == set(PERFORMERS) == set(STAGES) == set(manifest()["effects"])
    assert [effect_of(kind()) for kind in EFFECTS.values()] == list(EFFECTS)


@pytest.mark.parametrize(
    ("style", "styles"), [(None, ()), ("/a.safetensors", (StyleShare("/a.safetensors"),))]
)
def test_what_0_4_0_stored_of_a_style_is_understood(
    style: str | None, styles: tuple[StyleShare, ...]
) -> None:
    """Recipes and queued jobs outlive an update."""
    spec = JobSpec("stylize", "/plate.mov", (), params=StylizeParams())
    stored = spec.to_wire()
    del stored["params"]["styles"]
    stored["params"]["style"] = style
    assert JobSpec.from_wire(stored) == replace(spec, params=StylizeParams(styles=styles))
    order = {**WorkOrder(spec, "/out.mov").to_wire(), "spec": stored}
    assert WorkOrder.from_wire(order).spec.params == StylizeParams(styles=styles)
