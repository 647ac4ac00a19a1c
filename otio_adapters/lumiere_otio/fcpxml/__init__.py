"""FCPXML, the format of Final Cut Pro, which Resolve speaks as well: read, written, added to.

Times are rational numbers of seconds in it, "1001/24000s", so every rate is exact. OpenTimelineIO's adapter
makes whole numbers of the rates and rounds times down, and finds no media in versions from 1.9 on; hence this.
Source: Apple, "FCPXML Reference" (Story Elements, Timing Attributes) and the DTDs of versions 1.0 to 1.11.
"""

from .insertion import insert_fcpxml
from .reading import read_fcpxml
from .writing import write_fcpxml

__all__ = ["insert_fcpxml", "read_fcpxml", "write_fcpxml"]
