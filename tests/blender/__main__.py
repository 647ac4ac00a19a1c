"""Runs the tests of this folder; Blender as a module hangs or crashes when Python ends, so it is left at once."""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
here = [f"--rootdir={HERE}", f"--confcutdir={HERE}", "-c", os.devnull]
code = pytest.main([str(HERE), "-q", "-p", "no:cacheprovider", *here, *sys.argv[1:]])
sys.stdout.flush()
os._exit(code)
