"""The one options object; everything that decides labels and limits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any

from boilerkit.errors import ConfigError
from boilerkit.labels import CHROME_LABELS, Label, Role

__all__ = ["DEFAULT_ROLES", "OPERATING_POINTS", "CleanConfig"]

OPERATING_POINTS = ("careful", "balanced", "greedy")

# One choice for every page, measured over all development sets together (docs/benchmark.md):
# the page's own headline and captions are labelled content but not printed.
DEFAULT_ROLES = frozenset(role for role in Role if role not in (Role.TITLE, Role.CAPTION))

_DEFAULT_MAX_BYTES = 50_000_000
# The longest of the development pages has 3,000 lines. So many take two seconds and a half.
_DEFAULT_MAX_LINES = 125_000


@dataclass(frozen=True)
class CleanConfig:
    """How lines are decided on; validated once, never changed.

    keep: chrome labels that are kept beside ``content`` (default: none).
    drop: the only labels that are dropped; not together with `keep`.
    operating_point: ``careful`` keeps more, ``greedy`` drops more than ``balanced``.
    roles: the roles that ``extract`` prints (default: all but title and caption).
    split_sentences: cut sentences that are chrome off the start or the end of long lines of a text
        (``Line.parts``); pages are not split.
    max_bytes: longer inputs are cut there with a warning (UTF-8 bytes); None: no limit.
    max_lines: inputs of more lines are cut there with a warning, pages of twice as many block
        elements too (a page is cut up to 32 kB later); None: no limit.

    Raises ConfigError for an unknown label, role or operating point, TypeError for a wrong type.
    """

    keep: frozenset[Label] = frozenset()
    drop: frozenset[Label] | None = None
    operating_point: str = "balanced"
    roles: frozenset[Role] = DEFAULT_ROLES
    max_bytes: int | None = _DEFAULT_MAX_BYTES
    split_sentences: bool = False
    max_lines: int | None = _DEFAULT_MAX_LINES

    def __init__(
        self,
        *,
        keep: Iterable[Label | str] = (),
        drop: Iterable[Label | str] | None = None,
        operating_point: str = "balanced",
        roles: Iterable[Role | str] = DEFAULT_ROLES,
        max_bytes: int | None = _DEFAULT_MAX_BYTES,
        split_sentences: bool = False,
        max_lines: int | None = _DEFAULT_MAX_LINES,
    ) -> None:
        kept = _members("keep", keep, Label)
        dropped = None if drop is None else _members("drop", drop, Label)
        if kept and dropped is not None:
            raise ConfigError("keep and drop exclude each other: give one of them")
        if dropped is not None and Label.CONTENT in dropped:
            raise ConfigError("drop must not hold 'content': choose among the chrome labels")
        if not isinstance(operating_point, str):
            raise TypeError(f"operating_point must be a str, not {type(operating_point).__name__}")
        if operating_point not in OPERATING_POINTS:
            raise ConfigError(
                f"unknown operating point {operating_point!r}: "
                f"choose from {', '.join(OPERATING_POINTS)}"
            )
        _check_limit("max_bytes", max_bytes, 0)
        _check_limit("max_lines", max_lines, 1)
        if not isinstance(split_sentences, bool):
            raise TypeError(f"split_sentences must be a bool, not {type(split_sentences).__name__}")
        printed = _members("roles", roles, Role)
        values = (
            kept,
            dropped,
            operating_point,
            printed,
            max_bytes,
            split_sentences,
            max_lines,
        )
        for item, value in zip(fields(self), values, strict=True):
            object.__setattr__(self, item.name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        # Sorted, so that equal configurations have equal pickles: caches go by them.
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        sets = {name: sorted(v) for name, v in values.items() if isinstance(v, frozenset)}
        return _restore, ({**values, **sets},)

    @property
    def kept_labels(self) -> frozenset[Label]:
        """The chrome labels whose lines are kept beside content."""
        if self.drop is not None:
            return frozenset(CHROME_LABELS) - self.drop
        return self.keep - {Label.CONTENT}


def _restore(values: dict[str, Any]) -> CleanConfig:
    return CleanConfig(**values)


def _check_limit(name: str, value: int | None, least: int) -> None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise TypeError(f"{name} must be an int or None, not {type(value).__name__}")
    if value is not None and value < least:
        raise ConfigError(f"{name} must be {least} or more, not {value}")


def _members(name: str, values: Iterable[Any], kind: type[Enum]) -> frozenset[Any]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise TypeError(f"{name} must be a collection of names, not {type(values).__name__}")
    members = set()
    for value in values:
        try:
            members.add(kind(value))
        except ValueError:
            known = ", ".join(member.value for member in kind)
            raise ConfigError(
                f"unknown {kind.__name__.lower()} {value!r} in {name}: choose from {known}"
            ) from None
    return frozenset(members)
