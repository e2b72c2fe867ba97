"""The peak of this process's memory."""

from __future__ import annotations

import re
import resource
from pathlib import Path

__all__ = ["peak_mb"]

_STATUS = Path("/proc/self/status")


def peak_mb() -> float:
    """Return the most resident memory that this process has had, in MB."""
    if _STATUS.is_file():
        found = re.search(r"^VmHWM:\s+(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
        if found:
            return int(found[1]) / 1024
    # on Linux this one would count what the parent held before the process was its own
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
