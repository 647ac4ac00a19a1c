"""The contract suite and the fakes import each other by name, as they do inside a host's own Python."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
