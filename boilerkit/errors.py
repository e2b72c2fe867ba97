"""Exceptions and the one warning category of boilerkit."""

from __future__ import annotations

__all__ = [
    "BoilerkitError",
    "BoilerkitWarning",
    "ConfigError",
    "DecodeError",
    "MissingDependencyError",
    "ModelError",
]


class BoilerkitError(Exception):
    """Base of every exception that boilerkit raises on purpose."""


class ConfigError(BoilerkitError, ValueError):
    """A setting, label, format or model name that does not exist or does not fit."""


class DecodeError(BoilerkitError, ValueError):
    """Bytes that cannot be read as text."""


class ModelError(BoilerkitError):
    """A model that is there but damaged, of another format or with other columns."""


class MissingDependencyError(BoilerkitError, ImportError):
    """A package that the call needs is not installed; the message gives the pip command."""


class BoilerkitWarning(UserWarning):
    """Something the caller should know although an answer was given."""
