"""The libraries that read text encoders and latents; they come with the extra `pretrained`."""

from __future__ import annotations

import importlib
import os
from typing import Any

from lumiere_engine.protocol.errors import SpecError


def package(name: str) -> Any:
    """The module `transformers` or `diffusers`, told to stay off the network and to keep quiet.

    Raises:
        SpecError: it is not installed.
    """
    # read by the libraries when they are imported: nothing is looked up, reported or fetched
    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        raise SpecError(
            f"text encoders and latents need the package {name}, which cannot be loaded: {error}",
            remedy="pip install 'lumiere-plugin[pretrained]'",
        ) from error
    module.utils.logging.set_verbosity_error()
    module.utils.logging.disable_progress_bar()
    return module
