"""What happens to a clip after it is rendered: the recipe beside it, and the timeline with one track more.

The engine runs this as a child process (entry point group `lumiere.finish`), reads its one line of answer, and after
a crash runs it again: what stands there already, and is what would be written, is left as it is.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from lumiere_engine.protocol import FrameRange, JobResult, LumiereError
from lumiere_engine.protocol.errors import OutputExistsError, SpecError, TimelineError
from lumiere_engine.protocol.messages import message_from_wire
from lumiere_engine.protocol.recipe import write_sidecar


def main() -> int:
    """Answer one request; 1 if it crashed."""
    request = json.loads(sys.stdin.readline())
    try:
        result = message_from_wire(request["result"])
        assert isinstance(result, JobResult)
        answer = finish(request["finish"], request["params"], result, request["overwrite"])
        print(json.dumps({"label": "Answer.1", "answer": answer}), flush=True)
    except LumiereError as error:
        print(json.dumps(error.to_wire()), flush=True)
    return 0


def finish(name: str, params: dict[str, Any], result: JobResult, overwrite: bool) -> dict[str, Any]:
    """Do a finishing step.

    Args:
        name: "sidecar" or "timeline".
        params: "timeline": "timeline", "clip", "relink", "output", "alternate" (false where it is not told).
        result: what the worker reported.
        overwrite: whether a timeline that is there is replaced.

    Returns:
        "output", "media", "origin", "recipe": paths.

    Raises:
        LumiereError: it cannot be written, or the timeline has changed so that the clip has no place in it.
    """
    media = Path(result.output)
    answer = {
        "output": result.output,
        "media": result.output,
        "origin": result.origin,
        "recipe": str(write_sidecar(media, result.recipe, overwrite=True)),
    }
    if name == "timeline":
        answer["output"] = str(_into_timeline(params, result, overwrite))
    elif name != "sidecar":
        raise SpecError(f"'{name}' is no finishing step")
    return answer


def _into_timeline(params: dict[str, Any], result: JobResult, overwrite: bool) -> Path:
    """Write the timeline as it is now, with the clip on a new track."""
    from lumiere_otio import add_alternate, add_result, read_timeline, select_clip

    from .manifest import done_word
    from .preparing import probe

    source, output = Path(params["timeline"]), Path(params["output"])
    spec = result.recipe["spec"]
    timeline = read_timeline(source)
    selection = select_clip(
        timeline,
        params["clip"],
        timeline_path=source,
        relink=tuple(map(Path, params["relink"])),
        probe=probe,
    )
    if str(selection.media_path) != spec["plate"]:
        raise TimelineError(
            "the clip shows other media by now than when the job was queued",
            clip=selection.name,
            remedy=f"the rendered clip is {result.output}",
        )
    made: dict[str, Any] = {
        "media_path": Path(result.output),
        "result_range": FrameRange(**spec["written"]),
        "rate": selection.rate,
        "media_start_frame": result.start_frame,
    }
    if params.get("alternate"):
        timeline = add_alternate(timeline, selection, **made)
    changed = add_result(
        timeline,
        selection,
        **made,
        recipe={**result.recipe, "effect": spec["effect"], "seed": spec["seed"]},
        name=f"{selection.name} ({done_word(spec['effect'])})",
        output_path=output,
        origin_path=None if result.origin is None else Path(result.origin),
    )
    _write(changed, output, overwrite)
    return output


def _write(timeline: Any, output: Path, overwrite: bool) -> None:
    """Write a timeline, unless the same one stands there already: then an earlier run of this step wrote it."""
    from lumiere_otio import write_timeline

    try:
        write_timeline(timeline, output, overwrite=overwrite)
    except OutputExistsError:
        again = output.with_name(f".again-{output.name}")
        try:
            write_timeline(timeline, again, overwrite=True)
            same = again.read_bytes() == output.read_bytes()
        finally:
            again.unlink(missing_ok=True)
        if not same:
            raise


if __name__ == "__main__":
    sys.exit(main())
