"""Bytes in declared, undeclared and wrongly declared encodings, in the standard's order."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boilerkit.decode import decode_html, decode_text

# Of our own writing, long enough for a language to show.
SENTENCES = {
    "German": "Die Fähre überquerte nachts die große Förde, während auf der Brücke Bäume fielen.",
    "Spanish": "¿Quién compró el piano? La niña señaló el camión pequeño; mañana volverá el dueño.",
    "French": "L'été dernier, à la gare, le garçon rêvait déjà d'une île où l'hiver n'existe pas.",
    "Russian": "Паром отошёл от причала в полдень, и на палубе стояло старое чёрное пианино.",
    "Greek": "Το πλοίο έφυγε το μεσημέρι από το λιμάνι με έντεκα επιβάτες και ένα παλιό πιάνο.",
    "Hebrew": "המעבורת עזבה את הרציף בצהריים ועל הסיפון עמד פסנתר ישן ושחור.",
    "Arabic": "غادرت العبارة الرصيف عند الظهر وعلى متنها أحد عشر راكبا وبيانو قديم أسود.",
    "Japanese": "連絡船は正午に十一人の乗客と古いピアノを乗せて港を出た。理由は誰も知らない。",
    "Chinese": "渡轮中午离开码头，船上有十一名乘客和一架旧钢琴。岛上没有人承认订购过钢琴。",
    "Taiwanese": "渡輪中午離開碼頭，船上有十一名乘客和一架舊鋼琴。島上沒有人承認訂購過鋼琴。",
}


def page(text: str, encoding: str, *, meta: str = "") -> bytes:
    """Return a page of ten paragraphs of ``text``, in ``encoding``."""
    paragraphs = f"<p>{text}</p>\n" * 10
    return f"<html><head>{meta}<title>x</title></head><body>{paragraphs}</body></html>".encode(
        encoding
    )


class TestOrder:
    def test_a_byte_order_mark_beats_everything(self) -> None:
        data = b"\xef\xbb\xbf" + "<meta charset=koi8-r>é".encode()
        assert decode_html(data, charset="windows-1251") == "<meta charset=koi8-r>é"

    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
    def test_utf16_with_its_mark(self, encoding: str) -> None:
        assert decode_html("\ufeff<p>é漢😀".encode(encoding), charset="utf-8") == "<p>é漢😀"

    def test_http_beats_the_meta(self) -> None:
        data = b"<meta charset=koi8-r>" + "Ж".encode("cp1251")
        assert decode_html(data, charset="windows-1251") == "<meta charset=koi8-r>Ж"

    def test_http_beats_the_bytes(self) -> None:
        assert decode_html("é".encode(), charset="latin1") == "Ã©"

    def test_the_meta_beats_the_bytes(self) -> None:
        assert decode_html(b"<meta charset=latin1>" + "é".encode()).endswith("Ã©")

    def test_without_a_label_valid_utf8_is_utf8(self) -> None:
        assert decode_html("<p>naïve 漢😀".encode()) == "<p>naïve 漢😀"

    def test_plain_text_has_no_meta(self) -> None:
        data = b"<meta charset=koi8-r>" + "é".encode()
        assert decode_text(data) == "<meta charset=koi8-r>é"

    @pytest.mark.parametrize("charset", ["", "nonsense", "utf-7", "UTF-32", "rot13", "idna", "\0"])
    def test_an_unknown_label_is_ignored(self, charset: str) -> None:
        data = "<p>é".encode()
        assert decode_html(data, charset=charset) == "<p>é"
        assert decode_html(b"<meta charset='%s'>" % charset.encode() + data).endswith("<p>é")


class TestLabels:
    @pytest.mark.parametrize(
        ("label", "text", "encoding"),
        [
            (" Latin1 ", "“é”", "cp1252"),
            ("ASCII", "“é”", "cp1252"),
            ("iso-8859-1", "€", "cp1252"),
            ("x-user-defined", "é", "cp1252"),
            ("iso-8859-9", "ş", "cp1254"),
            ("gb2312", "镕", "gbk"),
            ("GBK", "𠀀", "gb18030"),
            ("big5", "嘅", "big5hkscs"),
            ("ks_c_5601-1987", "똠", "cp949"),
            ("euc-kr", "똠", "cp949"),
            ("Shift_JIS", "①", "cp932"),
            ("tis-620", "ก", "cp874"),
            ("unicode", "é", "utf-16-le"),
            ("utf8", "é", "utf-8"),
            ("iso-8859-8-i", "א", "iso8859-8"),
            ("macintosh", "é", "mac-roman"),
        ],
    )
    def test_mean_what_they_mean_to_browsers(self, label: str, text: str, encoding: str) -> None:
        assert decode_html(text.encode(encoding), charset=label) == text

    def test_bytes_that_an_encoding_has_not_are_replaced(self) -> None:
        assert decode_html(b"caf\xe9 bar", charset="utf-8") == "caf\ufffd bar"
        assert decode_html(b"\x80 bar", charset="euc-jp") == "\ufffd bar"


class TestMeta:
    @pytest.mark.parametrize(
        "meta",
        [
            '<meta charset="windows-1251">',
            "<META CHARSET = 'windows-1251' />",
            "<meta/charset=windows-1251>",
            '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">',
            "<meta content='text/html;charset= \"windows-1251\"' http-equiv=content-type>",
            '<?xml version="1.0" encoding="windows-1251"?>',
            "<!-- <meta charset=koi8-r> --><meta charset=nonsense><meta charset=cp1251>",
        ],
    )
    def test_names_the_encoding(self, meta: str) -> None:
        assert decode_html(meta.encode() + "Ж".encode("cp1251")).endswith("Ж")

    @pytest.mark.parametrize(
        "meta",
        [
            "<!-- <meta charset=koi8-r> -->",
            "<!-- <meta charset=koi8-r>",
            "<meta name=description content='charset=koi8-r'>",
            "<p charset=koi8-r>",
        ],
    )
    def test_of_another_kind_names_none(self, meta: str) -> None:
        assert decode_html(meta.encode() + "é".encode()).endswith("é")

    def test_that_says_utf16_means_utf8(self) -> None:
        assert decode_html("<meta charset=utf-16>é".encode()) == "<meta charset=utf-16>é"

    def test_beyond_the_prescan_is_read_if_the_bytes_are_not_utf8(self) -> None:
        data = b" " * 2000 + b"<meta charset=koi8-r>" + "Ж".encode("koi8-r")
        assert decode_html(data).endswith("Ж")
        assert decode_html(b" " * 2000 + b"<meta charset=koi8-r>" + "é".encode()).endswith("é")

    def test_is_not_believed_on_a_page_that_is_all_utf8(self) -> None:
        text = SENTENCES["Chinese"]
        data = page(text, "utf-8", meta="<meta charset=gbk>")
        assert text in decode_html(data)

    def test_of_utf8_is_not_believed_on_a_page_that_has_none(self) -> None:
        text = SENTENCES["German"]
        data = page(text, "cp1252", meta="<meta charset=utf-8>")
        assert text in decode_html(data)

    def test_of_utf8_outlives_a_few_wrong_bytes(self) -> None:
        data = page(SENTENCES["German"], "utf-8", meta="<meta charset=utf-8>") + b"\xe9\xff"
        assert SENTENCES["German"] in decode_html(data)
        assert decode_html(data).endswith("\ufffd\ufffd")


class TestDetection:
    @pytest.mark.parametrize(
        ("language", "encoding"),
        [
            ("German", "cp1252"),
            ("Spanish", "cp1252"),
            ("French", "cp1252"),
            ("Russian", "cp1251"),
            ("Russian", "koi8-r"),
            ("Greek", "cp1253"),
            ("Hebrew", "cp1255"),
            ("Arabic", "cp1256"),
            ("Japanese", "cp932"),
            ("Japanese", "euc-jp"),
            ("Chinese", "gb18030"),
            ("Taiwanese", "big5hkscs"),
        ],
    )
    def test_finds_the_encoding_of_an_undeclared_page(self, language: str, encoding: str) -> None:
        text = SENTENCES[language]
        assert text in decode_html(page(text, encoding))

    def test_of_little_text_is_western(self) -> None:
        assert decode_html(b"<p>caf\xe9</p>") == "<p>café</p>"

    def test_looks_for_text_behind_a_long_head(self) -> None:
        text = SENTENCES["Russian"]
        data = b"<script>" + b"x = 1; " * 50_000 + b"</script>" + page(text, "cp1251")
        assert text in decode_html(data)

    def test_keeps_utf8_with_some_wrong_bytes(self) -> None:
        assert decode_html("Grüße, schöne Bäume".encode() + b"\xe4").startswith("Grüße, schöne")

    def test_takes_no_time_on_a_large_page(self) -> None:
        data = page(SENTENCES["Russian"], "koi8-r") * 4000
        assert len(data) > 2_000_000
        assert SENTENCES["Russian"] in decode_html(data)

    def test_is_imported_only_when_needed(self) -> None:
        program = (
            "import sys; from boilerkit.decode import decode_html; decode_html('é'.encode());"
            "decode_html(b'<meta charset=latin1>\\xe9');"
            "assert 'charset_normalizer' not in sys.modules"
        )
        subprocess.run([sys.executable, "-c", program], check=True)


class TestUtf16WithoutMark:
    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
    def test_shows_by_its_zeros(self, encoding: str) -> None:
        text = "<html><body><p>Grüße 漢字</p></body></html>"
        assert decode_html(text.encode(encoding)) == text

    def test_is_not_seen_in_a_page_with_zeros_everywhere(self) -> None:
        assert decode_html(b"<p>a\0b\0\0c\0\0\0</p>" * 50).startswith("<p>a\0b")
        assert decode_html(b"\0" * 3000 + b"<p>x") == "\0" * 3000 + "<p>x"

    def test_is_not_believed_of_plain_ascii(self) -> None:
        assert decode_html(b"<p>hello</p>", charset="utf-16") == "<p>hello</p>"


class TestNoText:
    @pytest.mark.parametrize(
        "data",
        [
            gzip.compress(b"<p>hello</p>"),
            zlib.compress(b"<p>hello</p>"),
            b"PK\x03\x04\x14\0\0\0",
            b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            b"\xff\xd8\xff\xe0\0\x10JFIF",
            b"GIF89a\x01\0\x01\0",
            b"RIFF\x24\0\0\0WEBPVP8 ",
            b"\0\0\0\x18ftypmp42",
        ],
    )
    def test_has_no_text(self, data: bytes) -> None:
        assert decode_html(data) == ""
        assert decode_text(data) == ""

    @pytest.mark.parametrize("text", ["%PDF-1.7 is a format", "GIF89a too", "x", "ID3 tags", ""])
    def test_text_about_it_stays(self, text: str) -> None:
        assert decode_text(text.encode()) == text


class TestSecurity:
    def test_utf7_stays_as_it_is(self) -> None:
        data = b"<meta charset=utf-7>+ADw-script+AD4-"
        assert decode_html(data, charset="UTF-7") == data.decode()

    @pytest.mark.parametrize(
        "unit", [b"<meta ", b"<!--", b"charset=", b"<meta charset='", b"\xe9<", b"\xe9"]
    )
    def test_floods_take_no_time(self, unit: bytes) -> None:
        data = unit * (1_000_000 // len(unit)) + b"\xe9"
        assert decode_html(data)


@given(
    st.binary(max_size=300), st.none() | st.text(max_size=12) | st.sampled_from(["utf-16", "gbk"])
)
def test_any_bytes_give_a_text_without_surrogates(data: bytes, charset: str | None) -> None:
    for text in (decode_html(data, charset=charset), decode_text(data, charset=charset)):
        text.encode()


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff\0"), max_size=99)
)
def test_utf8_comes_back(text: str) -> None:
    assert decode_text(text.encode(), charset="utf-8") == text


def test_zeros_in_the_text_make_no_utf_16_of_a_page() -> None:
    page = b"<p>BEFORE</p>" + b"x\0" * 1_000
    assert decode_html(page) == page.decode()
