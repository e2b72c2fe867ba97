"""The command as users run it: a process of its own, real files, pipes and a terminal."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from terminal import open_terminal, read_terminal

import boilerkit
from boilerkit import cli, cli_documents
from boilerkit.cli_table import display_width, shorten

PACKAGE = Path(boilerkit.__file__).parent
# The command where one package cannot be imported.
WITHOUT = "import sys; sys.modules[{!r}] = None; from boilerkit.cli import main; sys.exit(main())"

TEXT = (
    "Home | Rivers | Log in\n"
    "The ferry across the Oder was cancelled on Tuesday because the water stood too low.\n"
    "\n"
    "Passengers walked to the bridge at Gartz instead, which took most of them an hour.\n"
    "Please support our work! Donate now and help us keep this site free for everyone!\n"
    "The ferryman said that he had not seen such a summer in his forty years on the river."
)
PAGE = (
    "<!doctype html><html><head><title>No ferry on the Oder</title></head><body>"
    '<nav><ul><li><a href="/">Home</a></li><li><a href="/login">Log in</a></li></ul></nav>'
    "<main><h1>No ferry on the Oder</h1>"
    "<p>The ferry across the Oder was cancelled on Tuesday because the water was too low.</p>"
    "<p>Passengers walked to the bridge at Gartz instead, which took most of them an hour.</p>"
    "<p>The ferryman said that he had not seen such a summer in his forty years there.</p>"
    "<p>渡し船は火曜日に欠航となり、乗客は橋まで一時間ほど歩くことになった。船頭は川で働いて"
    "四十年になるが、このような夏は見たことがないと話した。</p></main>"
    "<footer><p>© 2031 The River Post. All rights reserved.</p></footer></body></html>"
)


def run(
    *arguments: str | Path,
    stdin: bytes = b"",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    code: str | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run ``python -m boilerkit`` (or `code`, which gets the same arguments) to its end."""
    start = ["-m", "boilerkit"] if code is None else ["-c", code]
    return subprocess.run(
        [sys.executable, *start, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        env=_environment(env or {}),
        check=False,
        timeout=120,
    )


def _environment(changes: Mapping[str, str]) -> dict[str, str]:
    plain = {
        name: value
        for name, value in os.environ.items()
        if name not in ("COLUMNS", "NO_COLOR", "TERM", "BOILERKIT_DATA")
    }
    return {**plain, "PYTHONPATH": str(PACKAGE.parent), "TERM": "xterm", **changes}


def run_fine(*arguments: str | Path, **options: Any) -> str:
    """Run the command, check that it said nothing but its result, and return that."""
    done = run(*arguments, **options)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


def run_refused(*arguments: str | Path, **options: Any) -> str:
    """Run the command, check for exit code 2 without output, and return its one line of error."""
    done = run(*arguments, **options)
    assert (done.returncode, done.stdout) == (2, b"")
    message = done.stderr.decode()
    assert message.count("\n") == 1
    assert message.startswith("boilerkit: ")
    return message


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with one text and one page."""
    (tmp_path / "ferry.txt").write_bytes(TEXT.encode())
    (tmp_path / "ferry.html").write_bytes(PAGE.encode())
    (tmp_path / "walk.txt").write_bytes(b"They walked along the dyke, past the old pumping mill.\n")
    return tmp_path


# clean and extract


def test_version() -> None:
    assert run_fine("--version") == f"boilerkit {boilerkit.__version__}\n"


def test_clean_drops_the_appeal_and_keeps_the_report() -> None:
    output = run_fine("clean", "-", stdin=TEXT.encode())
    assert output == boilerkit.clean(TEXT)
    assert "Donate" not in output
    assert "ferryman" in output


@pytest.mark.parametrize(
    "text",
    ["", "\n", TEXT, TEXT + "\n", TEXT.replace("\n", "\r\n"), "\u2028 \f\x85 a\n", "naïve 川\n\n"],
    ids=["empty", "break", "no-final-break", "final-break", "crlf", "odd-breaks", "non-ascii"],
)
def test_clean_writes_the_bytes_of_the_api(text: str) -> None:
    assert run("clean", "-", stdin=text.encode()).stdout == boilerkit.clean(text).encode()


def test_clean_keeps_crlf_when_it_drops_a_line(toy_folder: Path) -> None:
    data = TEXT.replace("\n", "\r\n").encode()
    output = run("clean", "-", "--model", toy_folder, stdin=data).stdout
    kept = [line for line in data.split(b"\r\n") if b"Donate" not in line]
    assert output == b"\r\n".join(kept)


@pytest.mark.parametrize("options", [(), ("--split-sentences",)])
def test_clean_splits_sentences_when_asked_to(options: tuple[str, ...]) -> None:
    arguments = cli._build_parser().parse_args(["clean", "-", "--model", "heuristic", *options])
    assert cli_documents.open_cleaner(arguments).config.split_sentences == bool(options)
    assert run("clean", "-", *options, stdin=TEXT.encode()).returncode == 0


def test_clean_gives_a_text_back_from_which_nothing_is_dropped() -> None:
    data = b"\n\n  Home\r\nLog in \t\n\n\n"
    assert run("clean", "-", "--drop", "empty", stdin=data).stdout == data


def test_output_is_utf8_in_every_locale() -> None:
    env = {"LC_ALL": "C", "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    output = run("clean", "-", "--drop", "empty", stdin="川の渡し\n".encode(), env=env).stdout
    assert output == "川の渡し\n".encode()


def test_extract_prints_the_text_of_the_api_and_a_line_break(files: Path) -> None:
    output = run_fine("extract", files / "ferry.html")
    assert output == boilerkit.extract(PAGE) + "\n"
    assert "ferryman" in output
    assert "Log in" not in output


def test_extract_of_an_empty_page_prints_nothing() -> None:
    assert run_fine("extract", "-") == ""


def test_charset_and_url_are_taken(files: Path, toy_folder: Path) -> None:
    (files / "latin.html").write_bytes("<p>Der Fährmann wartet.</p>".encode("iso-8859-1"))
    options: list[str | Path] = [
        "--charset=iso-8859-1",
        "--url=https://faehre.example/",
        "--model",
        toy_folder,
    ]
    assert run_fine("extract", "latin.html", *options, cwd=files) == "Der Fährmann wartet.\n"
    message = run_refused("extract", "latin.html", "--charset=latin-99", cwd=files)
    assert message.startswith("boilerkit: latin.html: unknown character set 'latin-99'")


# what a FILE holds


@pytest.mark.parametrize(
    ("command", "name", "kind"),
    [
        ("clean", "page.html", "html"),
        ("clean", "page.HTM", "html"),
        ("clean", "page", "text"),
        ("extract", "page", "html"),
        ("extract", "page.md", "text"),
    ],
)
def test_kind_of_input_by_ending_then_by_command(
    tmp_path: Path, command: str, name: str, kind: str
) -> None:
    (tmp_path / name).write_text(PAGE, encoding="utf-8")
    expected = boilerkit.clean(PAGE) if kind == "text" else boilerkit.extract(PAGE) + "\n"
    assert run_fine(command, name, cwd=tmp_path) == expected


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PAGE.encode(), "html"),
        (b"\xef\xbb\xbf \n" + PAGE.encode(), "html"),
        (PAGE.encode("utf-16"), "html"),
        (b"<!-- saved --><p>Low water.</p>", "html"),
        (TEXT.encode(), "text"),
        (b"<3 the river, says the sign at the landing.", "text"),
        (b"The tag <p> starts a paragraph.", "text"),
        (b"<" + b" " * 1024 + b"<p>", "text"),
        (b"", "text"),
    ],
)
def test_label_looks_at_the_content_of_standard_input(data: bytes, kind: str) -> None:
    record = json.loads(run_fine("label", "-", "--format=json", stdin=data))
    offsets = {line["start"] is not None for line in record["lines"]}
    assert offsets <= {kind == "text"}


def test_input_option_overrides_the_ending(files: Path) -> None:
    output = run_fine("label", "ferry.html", "--input=text", "--format=json", cwd=files)
    assert json.loads(output)["lines"][0]["text"] == PAGE


# several files, failures


def test_bad_files_beside_good_ones(files: Path) -> None:
    names = ["ferry.txt", "gone.txt", ".", "ferry.html"]
    done = run("clean", *names, "--format=jsonl", cwd=files)
    records = [json.loads(row) for row in done.stdout.decode().splitlines()]
    assert [record["file"] for record in records] == ["ferry.txt", "ferry.html"]
    assert records[0]["text"] == boilerkit.clean(TEXT)
    assert records[1]["text"] == boilerkit.extract(PAGE)
    assert records[1]["title"] == "No ferry on the Oder"
    assert done.stderr.decode().splitlines() == [
        "boilerkit: gone.txt: No such file or directory",
        "boilerkit: .: a folder: boilerkit run cleans folders, view and annotate show them",
    ]
    assert done.returncode == 2


def test_missing_file_is_one_line_and_exit_code_2(files: Path) -> None:
    message = run_refused("extract", "gone.html", cwd=files)
    assert message == "boilerkit: gone.html: No such file or directory\n"


def test_an_address_is_not_fetched() -> None:
    message = run_refused("extract", "https://ferry.example/oder")
    assert "https://ferry.example/oder: an address" in message
    assert "save the page to a file" in message


def test_several_files_need_a_place(files: Path) -> None:
    assert "--out DIR or --format jsonl" in run_refused("clean", "ferry.txt", "walk.txt", cwd=files)
    assert "give one FILE" in run_refused(
        "extract", "ferry.html", "walk.txt", "--format=jsonl", "--url=https://a.example", cwd=files
    )


def test_out_writes_one_file_each(files: Path) -> None:
    names = ["walk.txt", "ferry.html", "gone.txt", "-"]
    done = run("clean", *names, "--out", "made/here", stdin=TEXT.encode(), cwd=files)
    assert done.returncode == 2
    assert done.stderr == b"boilerkit: gone.txt: No such file or directory\n"
    assert done.stdout == b""
    written = {path.name: path.read_text("utf-8") for path in (files / "made/here").iterdir()}
    assert written == {
        "walk.txt": boilerkit.clean((files / "walk.txt").read_text("utf-8")),
        "ferry.txt": boilerkit.extract(PAGE) + "\n",
        "stdin.txt": boilerkit.clean(TEXT),
    }


@pytest.mark.parametrize(
    ("format", "ending"), [("table", "txt"), ("json", "json"), ("jsonl", "jsonl"), ("tsv", "tsv")]
)
def test_out_names_results_after_their_format(files: Path, format: str, ending: str) -> None:
    shutil.copy(files / "ferry.html", files / "saved.page")
    names = ["ferry.html", "walk.txt", "saved.page"]
    assert run_fine("label", *names, "--out=made", f"--format={format}", cwd=files) == ""
    written = sorted(path.name for path in (files / "made").iterdir())
    assert written == [f"ferry.{ending}", f"saved.page.{ending}", f"walk.{ending}"]


@pytest.mark.parametrize("format", ["markdown", "markdown+links"])
def test_markdown(files: Path, format: str) -> None:
    url = "https://a.example/b/"
    rendered = boilerkit.extract(PAGE, url=url, format=format)
    options = ("ferry.html", f"--format={format}", f"--url={url}")
    assert run_fine("extract", *options, cwd=files) == rendered + "\n"
    assert run_fine("extract", *options, "--out=made", cwd=files) == ""
    assert (files / "made" / "ferry.md").read_text("utf-8") == rendered + "\n"


def test_markdown_of_a_text_is_the_text(files: Path) -> None:
    output = run_fine("clean", "ferry.txt", "--format=markdown", cwd=files)
    assert output == boilerkit.clean(TEXT)


def test_out_never_overwrites_an_input_or_a_result(files: Path) -> None:
    assert "is an input" in run_refused("clean", "walk.txt", "--out", ".", cwd=files)
    message = run_refused("clean", "ferry.txt", "ferry.html", "--out", "made", cwd=files)
    assert "two results" in message
    assert (files / "ferry.txt").read_bytes() == TEXT.encode()
    assert not (files / "made").exists()


def test_out_that_cannot_be_a_folder(files: Path) -> None:
    message = run_refused("clean", "ferry.txt", "--out", "walk.txt/made", cwd=files)
    assert message == "boilerkit: walk.txt/made: Not a directory\n"


# options that decide labels


def test_unknown_names_list_what_exists(files: Path) -> None:
    def refused(*options: str) -> str:
        return run_refused("clean", "ferry.txt", *options, cwd=files)

    assert "'ads' in keep: choose from content, donation, sub" in refused("--keep", "ads")
    assert "'ads' in drop: choose from" in refused("--drop", "ads")
    assert "careful, balanced, greedy" in refused("--operating-point", "lazy")
    assert "heuristic, boilerkit-1" in refused("--model", "nonesuch")
    assert "exclude each other" in refused("--keep=legal", "--drop=social")


@pytest.mark.parametrize(
    ("point", "kept"),
    [("careful", "none one! two!!"), ("balanced", "none one!"), ("greedy", "none")],
)
def test_operating_point_reaches_the_labels(toy_folder: Path, point: str, kept: str) -> None:
    data = b"none\none!\ntwo!!\nthree!!!"
    output = run_fine("clean", "-", f"--operating-point={point}", "--model", toy_folder, stdin=data)
    assert output.split() == kept.split()


def test_keep_reaches_the_labels(toy_folder: Path) -> None:
    data = b"Low water.\nChip in!! @ferry\nPay!! 1 \xe2\x82\xac a month\nMenu!!"
    options: list[str | Path] = ["--model", toy_folder, "--keep=donation", "--keep=subscription"]
    assert run_fine("clean", "-", *options, stdin=data) == data.decode().removesuffix("\nMenu!!")
    options = ["--model", toy_folder, "--drop=donation", "--drop=subscription"]
    assert run_fine("clean", "-", *options, stdin=data) == "Low water.\nMenu!!"


def test_damaged_model_is_an_error(files: Path) -> None:
    folder = files / "model"
    shutil.copytree(PACKAGE / "data" / "boilerkit-1", folder)
    (folder / "weights.npz").write_bytes(b"PK nothing")
    message = run_refused("clean", "ferry.txt", "--model", folder, cwd=files)
    assert re.search(r"damaged: its SHA-256 is [0-9a-f]{64}", message)


def test_model_folder_can_be_given(files: Path) -> None:
    folder = files / "model"
    shutil.copytree(PACKAGE / "data" / "boilerkit-1", folder)
    assert run_fine("clean", "ferry.txt", "--model", folder, cwd=files) == boilerkit.clean(TEXT)


def test_without_numpy_the_heuristic_says_so_in_one_line() -> None:
    code = WITHOUT.format("numpy")
    done = run("label", "-", "--format=json", stdin=TEXT.encode(), code=code)
    assert json.loads(done.stdout)["backend"] == "heuristic"
    assert done.stderr.decode().count("\n") == 1
    assert "numpy is not installed" in done.stderr.decode()


def test_without_lxml_texts_are_done_and_pages_name_the_command(files: Path) -> None:
    code = WITHOUT.format("lxml")
    names = ["ferry.html", "ferry.txt"]
    done = run("clean", *names, "--format=jsonl", "--model=heuristic", cwd=files, code=code)
    assert done.returncode == 2
    assert json.loads(done.stdout)["file"] == "ferry.txt"
    assert done.stderr.decode() == (
        "boilerkit: ferry.html: lxml is needed to read HTML: pip install lxml\n"
    )


# label


def test_table_has_number_label_score_and_text(files: Path) -> None:
    rows = run_fine("label", "ferry.txt", cwd=files).splitlines()
    assert rows[0].split() == ["line", "label", "score", "text"]
    lines = boilerkit.classify_text(TEXT).lines
    for number, (row, line) in enumerate(zip(rows[1:], lines, strict=True), start=1):
        score = "-" if line.label == "empty" else f"{line.score:.3f}"
        assert row.split()[:3] == [str(number), line.label, score]
        assert line.text[:20] in row


@pytest.mark.parametrize("columns", [None, 60, 80, 200])
def test_table_fits_the_terminal(files: Path, columns: int | None) -> None:
    env = {} if columns is None else {"COLUMNS": str(columns)}
    rows = run_fine("label", "ferry.html", cwd=files, env=env).splitlines()
    assert any("渡し船" in row for row in rows)
    assert max(map(display_width, rows)) <= (columns or 80)
    assert any(row.endswith("…") for row in rows) == (columns != 200)


def test_table_cannot_be_used_to_control_the_terminal() -> None:
    data = "A ferry\x1b[31m sank\r\x07 \u202eyesterday\u200d.\n".encode()
    output = run_fine("label", "-", stdin=data)
    assert output.splitlines()[1].endswith("A ferry[31m sank yesterday\u200d.")


def test_table_of_nothing_is_nothing() -> None:
    assert run_fine("label", "-") == ""


def test_jsonl_is_one_object_a_document(files: Path) -> None:
    output = run_fine("label", "ferry.html", "walk.txt", "--format=jsonl", cwd=files)
    page, walk = (json.loads(row) for row in output.splitlines())
    assert page == {"file": "ferry.html", **boilerkit.classify_html(PAGE).to_dict()}
    assert [line["text"] for line in walk["lines"]][1:] == [""]


def test_json_is_the_same_object_indented(files: Path) -> None:
    output = run_fine("label", "ferry.txt", "--format=json", cwd=files)
    assert json.loads(output) == {"file": "ferry.txt", **boilerkit.classify_text(TEXT).to_dict()}
    assert output.startswith('{\n  "file": "ferry.txt",\n')


def test_tsv_escapes_what_would_break_a_row() -> None:
    data = b"A\tferry\\boat left.\r\nIt came back."
    output = run_fine("label", "-", "--format=tsv", stdin=data)
    rows = [row.split("\t") for row in output.split("\n")]
    assert rows[0] == ["line", "label", "score", "kept", "reason", "role", "text"]
    assert [len(row) for row in rows] == [7, 7, 7, 1]
    assert rows[1][6] == "A\\tferry\\\\boat left.\\r"
    assert rows[2][0] == "2"
    assert 0 <= float(rows[2][2]) <= 1
    assert rows[2][3] in ("yes", "no")


# terminals and pipes


def _run_in_terminal(arguments: Sequence[str], columns: int, env: Mapping[str, str]) -> str:
    """Run the command with a terminal of the given width as its output and return what it shows."""
    ours, theirs = open_terminal(columns)
    process = subprocess.Popen(
        [sys.executable, "-m", "boilerkit", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env=_environment(env),
    )
    os.close(theirs)
    shown = read_terminal(ours)
    assert process.communicate(timeout=120)[1] == b""
    assert process.returncode == 0
    return shown.decode().replace("\r\n", "\n")


def test_colours_in_a_terminal_only(files: Path) -> None:
    name = str(files / "ferry.html")
    coloured = _run_in_terminal(["label", name], 100, {})
    assert "\x1b[32mcontent" in coloured
    plain = re.sub(r"\x1b\[\d+m", "", coloured)
    assert _run_in_terminal(["label", name], 100, {"NO_COLOR": "1"}) == plain
    assert _run_in_terminal(["label", name], 100, {"TERM": "dumb"}) == plain
    assert run_fine("label", name, env={"COLUMNS": "100"}) == plain


def test_table_takes_the_width_of_the_terminal(files: Path) -> None:
    shown = _run_in_terminal(["label", str(files / "ferry.html")], 50, {"NO_COLOR": "1"})
    assert 48 <= max(map(display_width, shown.splitlines())) <= 50


def test_reader_that_goes_away_ends_the_command_quietly(files: Path) -> None:
    (files / "long.txt").write_text(TEXT.replace("\n", " ") * 400 + "\n" + TEXT, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "boilerkit", "clean", str(files / "long.txt"), "--drop=empty"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment({}),
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.read(4) == b"Home"
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=120) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk_is_one_line(files: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "boilerkit", "clean", str(files / "ferry.txt")],
            stdout=full,
            stderr=subprocess.PIPE,
            env=_environment({}),
            check=False,
        )
    assert (done.returncode, done.stderr) == (2, b"boilerkit: No space left on device\n")


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("ferry", 5, "ferry"),
        ("ferries", 5, "ferr…"),
        ("渡し船", 6, "渡し船"),
        ("渡し船", 5, "渡し…"),
        ("渡し船", 4, "渡…"),
        ("e\u0301e\u0301", 2, "e\u0301e\u0301"),
        ("a \n\t b", 3, "a b"),
        ("", 5, ""),
    ],
)
def test_shorten(text: str, width: int, shown: str) -> None:
    assert shorten(text, width) == shown
    assert display_width(shown) <= width


# explain


def test_explain_shows_terms_that_add_up(files: Path) -> None:
    rows = run_fine("explain", "ferry.txt", "--line", "2", cwd=files).splitlines()
    line = boilerkit.classify_text(TEXT).lines[1]
    assert rows[0].startswith(f"line 2: {line.label}, score {line.score:.3f}, content from 0.")
    assert rows[0].endswith("on (balanced)")
    assert rows[1].startswith("The ferry across the Oder")
    values = [float(row.split()[0]) for row in rows[3:]]
    # each term is rounded to three decimals
    assert sum(values[:-1]) == pytest.approx(values[-1], abs=0.0005 * len(values))


def test_explain_names_what_decided(files: Path, toy_folder: Path) -> None:
    output = run_fine("explain", "ferry.txt", "--line=5", "--model", toy_folder, cwd=files)
    assert output == (
        "line 5: navigation, score 0.300, content from 0.500 on (balanced)\n"
        "Please support our work! Donate now and help us keep this site free for everyon…\n"
        "\n"
        "  +0.000  where every line starts\n"
        "  -0.847  exclamation and question marks\n"
        "  -0.847  = log-odds of content\n"
    )


def test_explain_of_a_page_numbers_lines_as_label_does(files: Path) -> None:
    table = run_fine("label", "ferry.html", cwd=files).splitlines()
    for number in (1, 5):
        rows = run_fine("explain", "ferry.html", "--line", str(number), cwd=files).splitlines()
        assert rows[1][:20] in table[number]


def test_explain_of_a_line_without_words(files: Path) -> None:
    rows = run_fine("explain", "ferry.txt", "--line", "3", cwd=files).splitlines()
    assert rows[0] == "line 3: empty"


def test_explain_of_what_is_not_there(files: Path) -> None:
    message = run_refused("explain", "ferry.txt", "--line=7", cwd=files)
    assert message == "boilerkit: ferry.txt: no line 7: the document has 6 lines\n"
    assert "no line 0" in run_refused("explain", "ferry.txt", "--line=0", cwd=files)
    assert "No such file" in run_refused("explain", "gone.txt", "--line=1", cwd=files)


# usage


@pytest.mark.parametrize(
    "arguments",
    [[], ["clean"], ["wash", "a.txt"], ["label", "a", "--format=xml"], ["explain", "a.txt"]],
    ids=["nothing", "no-file", "no-such-command", "no-such-format", "no-line"],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"usage: boilerkit")


@pytest.mark.parametrize("command", ["clean", "extract", "label", "explain", "train"])
def test_help_of_each_command_tells_the_exit_codes(command: str) -> None:
    assert "exit codes: 0 fine, 2" in " ".join(run_fine(command, "--help").split())


# train


def test_train_needs_data(tmp_path: Path) -> None:
    assert "--data DIR or set BOILERKIT_DATA" in run_refused("train", "--out", tmp_path / "m")
    env = {"BOILERKIT_DATA": str(tmp_path / "gone")}
    assert "gone is not a folder" in run_refused("train", "--out", tmp_path / "m", env=env)


def test_train_without_its_packages_names_the_command(tmp_path: Path) -> None:
    code = WITHOUT.format("sklearn")
    message = run_refused("train", "--data", tmp_path, "--out", tmp_path / "m", code=code)
    assert message == "boilerkit: training needs sklearn: pip install 'boilerkit[train]'\n"


class _Training:
    """Stands in for the training, which takes minutes: remembers how it was called."""

    def __init__(self) -> None:
        self.call: dict[str, Any] = {}

    def __call__(self, root: Path, out: Path, **options: Any) -> dict[str, Any]:
        options.pop("report")("fitting")
        self.call = {"root": root, "out": out, **options}
        return {"out_of_fold": {"own-pages": 0.9}}


def test_train_passes_its_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    training = _Training()
    monkeypatch.setattr("boilerkit.train.release.train", training)
    monkeypatch.setenv("BOILERKIT_DATA", str(tmp_path))
    monkeypatch.setenv("BOILERKIT_CACHE", str(tmp_path / "cache"))
    out = tmp_path / "models" / "rivers-2"
    assert cli.main(["train", "--out", str(out), "--model-version", "2.1", "--folds=5"]) == 0
    assert training.call == {
        "root": tmp_path,
        "out": out,
        "name": "rivers-2",
        "version": "2.1",
        "fold_cache": tmp_path / "cache" / "folds" / "rivers-2",
        "n_jobs": 2,
    }
    assert capsysbinary.readouterr() == (b"own-pages\t0.9\n", b"boilerkit: fitting\n")
    assert cli.main(["train", "--out", str(out)]) == 0
    assert training.call["fold_cache"] is None
    assert cli.main(["train", "--out", str(out), "--fold-cache", "f"]) == 0
    assert training.call["fold_cache"] == Path("f")
    assert cli.main(["train", "--out", str(out), "--folds=4"]) == 2
    assert b"give --folds 5" in capsysbinary.readouterr().err


# bench


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A folder with a page, its main text beside it, and a text whose lines are labelled."""
    folder = tmp_path / "labelled"
    folder.mkdir()
    (folder / "heron.html").write_text("<p>The heron stands.</p><p>Menu!!!</p>")
    (folder / "heron.txt").write_text("The heron stands.")
    (folder / "owl.txt").write_text("Buy!!!\nThe owl sleeps.\nIt wakes at dusk!!!")
    labels = {"labels": ["subscription", "content", "content"]}
    (folder / "owl.labels.json").write_text(json.dumps(labels))
    return folder


def test_bench_passes_at_its_floor_and_fails_below(labelled: Path, toy_folder: Path) -> None:
    arguments = ("bench", "--pages", labelled, "--model", toy_folder, "--min-f1")
    # the page is right; of the text's seven words the four of one line are dropped
    assert run_fine(*arguments, "0.8").splitlines() == [
        "0.6000  owl",
        "1.0000  heron.html",
        "0.5714  content words lost",
        "1.0000  chrome lines found",
        "0.0000  macro-F1 over the chrome labels",
        "0.8000  mean F1 of 2 (floor 0.8): passed",
    ]
    below = run(*arguments, "0.81")
    assert (below.returncode, below.stderr) == (1, b"")
    assert below.stdout.endswith(b"0.8000  mean F1 of 2 (floor 0.81): FAILED\n")


def test_bench_without_a_floor_only_reports(labelled: Path, toy_folder: Path) -> None:
    output = run_fine("bench", "--pages", labelled, "--model", toy_folder)
    assert output.endswith("(floor 0): passed\n")


def test_bench_scores_what_the_options_ask_for(labelled: Path, toy_folder: Path) -> None:
    arguments = ("bench", "--pages", labelled, "--model", toy_folder)
    # the toy calls all that shouts navigation: nothing is dropped, three words are wrong
    output = run_fine(*arguments, "--keep", "navigation")
    assert "0.8571  heron.html\n" in output
    assert "0.9333  owl\n" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pages", "none"], "no such folder: none"),
        (["--pages", "."], "no labelled pages"),
        (["--pages", "labelled", "--min-f1", "90"], "between 0 and 1, not 90"),
        (["--pages", "labelled", "--min-f1", "nan"], "between 0 and 1, not nan"),
        (["--pages", "labelled", "--model", "none"], "no model 'none'"),
    ],
)
def test_bench_refuses_bad_input(
    labelled: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    if arguments[1] == ".":
        shutil.rmtree(labelled)
    assert message in run_refused("bench", *arguments, cwd=tmp_path)


def test_bench_names_the_file_that_does_not_fit(labelled: Path, toy_folder: Path) -> None:
    (labelled / "owl.labels.json").write_text('{"labels": ["content"]}')
    message = run_refused("bench", "--pages", labelled, "--model", toy_folder)
    assert "owl.labels.json holds 1 labels for the 3 lines of owl.txt" in message


def test_bench_without_lxml_does_not_blame_the_pages(labelled: Path, toy_folder: Path) -> None:
    arguments = ("bench", "--pages", labelled, "--model", toy_folder)
    assert "pip install lxml" in run_refused(*arguments, code=WITHOUT.format("lxml"))
