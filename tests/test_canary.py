"""A page or text makes boilerkit open no connection, start nothing, read no file of its choosing."""

from __future__ import annotations

from pathlib import Path

import pytest
from fresh_python import run_python

from boilerkit import CleanConfig, extract

PAGE = """<!DOCTYPE html [<!ENTITY canary SYSTEM "file://{secret}">]>
<?xml-stylesheet href="http://127.0.0.1:9/a.css"?>
<html xmlns:xi="http://www.w3.org/2001/XInclude"><head><link rel=stylesheet href="//127.0.0.1:9/b">
</head><body><p>The ferry left at noon, and nobody had ordered the piano on its deck. &canary;</p>
<xi:include href="file://{secret}" parse="text"></xi:include><object data="file://{secret}"></object>
<script src="http://127.0.0.1:9/c.js"></script><img src="http://127.0.0.1:9/d.png"></body></html>"""


@pytest.fixture
def page(tmp_path: Path) -> str:
    secret = tmp_path / "secret.txt"
    secret.write_text("The canary sings in the harbour at noon.", encoding="utf-8")
    return PAGE.format(secret=secret)


def test_entities_and_includes_bring_in_no_file(page: str) -> None:
    for given in (page, page.encode(), '<?xml version="1.0"?>' + page):
        text = extract(given, config=CleanConfig(drop=[]))
        assert "ferry" in text
        assert "sings" not in text


def test_nothing_is_fetched_started_or_written(page: str) -> None:
    program = (
        "import sys, boilerkit\n"
        "def work():\n"
        f"    boilerkit.extract({page!r})\n"
        f"    boilerkit.classify_html({page.encode()!r}).render('markdown+links')\n"
        f"    boilerkit.clean({page!r})\n"
        "work()\n"  # imports what it needs
        "def refuse(event, args):\n"
        "    if event.split('.')[0] in ('open', 'os', 'shutil', 'socket', 'subprocess', 'urllib', 'pickle'):\n"
        "        raise SystemExit(f'{event} {args}')\n"
        "sys.addaudithook(refuse)\n"
        "work()\n"
    )
    done = run_python(program)
    assert (done.returncode, done.stderr) == (0, "")
