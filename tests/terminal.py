"""A terminal for commands that look whether they write to one."""

from __future__ import annotations

import os

import pytest


def open_terminal(columns: int) -> tuple[int, int]:
    """Return our side and the command's of a terminal of 24 rows; skip where there is none."""
    fcntl, pty, termios = (pytest.importorskip(name) for name in ("fcntl", "pty", "termios"))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, bytes([24, 0, columns, 0, 0, 0, 0, 0]))
    return ours, theirs


def read_terminal(ours: int) -> bytes:
    """Return what the command showed, once its side is closed."""
    shown = b""
    try:
        while chunk := os.read(ours, 4096):
            shown += chunk
    except OSError:
        pass  # Linux: the other side is closed
    os.close(ours)
    return shown
