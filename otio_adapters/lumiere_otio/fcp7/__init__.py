"""Final Cut Pro 7 XML, which Premiere, Resolve and Hiero speak: read, and a track put into a file.

OpenTimelineIO's adapter writes it. For reading it looks up the tree for every rate, which takes five times as long; it
takes a Time Remap for 100 % (OpenTimelineIO #876), shows what is disabled, and finds nothing in nested sequences, nor
media that only a bin before the sequence tells. Hence this.
Source: Apple, "Final Cut Pro XML Interchange Format" (Timing Values, Inheritance, the id attribute).
"""

from .insertion import FCP7_SUFFIX, insert_fcp7
from .reading import read_fcp7

__all__ = ["FCP7_SUFFIX", "insert_fcp7", "read_fcp7"]
