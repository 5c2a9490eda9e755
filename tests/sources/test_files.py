from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import pytest

from rag.settings import Settings
from rag.sources import read
from rag.types import Article, Read

STORY = "The council of Varrow voted on Monday to close the pool.\nIt loses 900 litres of water an hour."
PAGE = """<!doctype html><html><head><title>Pool to close - Varrow Times</title>
<meta property="og:site_name" content="Varrow Times">
<meta property="article:published_time" content="2024-02-03">
<script type="application/ld+json">
{{"@type": "NewsArticle", "headline": "Pool to close",
"author": [{{"name": "S. Lind"}}]}}</script>{head}</head><body><article><h1>Pool to close</h1>
<p>The council of Varrow voted on Monday to close the pool on Mill Street.</p>
<p>It loses 900 litres of water an hour, the chief engineer said on Tuesday.</p></article></body></html>"""


def pdf(*pages: str) -> bytes:
    """A small PDF with a line of Helvetica text for each line of each page."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for page in pages:
        shown = "".join(f"({line}) Tj T* " for line in page.split("\n"))
        stream = f"BT /F1 12 Tf 14 TL 50 700 Td {shown}ET".encode()
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        resources = b"<< /Font << /F1 3 0 R >> >>"
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R /Resources %s >>"
            % (len(objects), resources)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    out, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        size,
        table,
        size,
        len(out),
    )


def one(path: Path | str, settings: Settings | None = None, stdin: bytes | None = None) -> Read:
    (found,) = read([path], settings or Settings(), stdin=io.BytesIO(stdin) if stdin is not None else None)
    return found


def article(path: Path | str, stdin: bytes | None = None) -> Article:
    found = one(path, stdin=stdin)
    assert found.article is not None, found.reason
    return found.article


def test_plain_text(tmp_path: Path) -> None:
    path = tmp_path / "pool.txt"
    path.write_bytes(b"\xef\xbb\xbfPool to close\r\nBy Sofia Lind\r\n\r\n" + STORY.replace("\n", "\r\n").encode())
    expected = Article.create(
        key=str(path),
        text=f"Pool to close\nBy Sofia Lind\n\n{STORY}",
        title="Pool to close",
        author="Sofia Lind",
        source=str(path),
        boilerplate=article(path).boilerplate,
    )
    assert one(path) == Read(source=str(path), status="read", article=expected)
    assert [expected.text[start:end] for start, end in expected.boilerplate] == ["By Sofia Lind"]


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("a.txt", STORY, "The council of Varrow voted on Monday to close the pool"),
        ("pool-to-close_2.txt", STORY, "Pool to close 2"),
        ("000_8216.txt", "U.S. troops left Varrow. They had come in May.", "U.S. troops left Varrow"),
        ("a.txt", "Home > News > Varrow\nPool on Mill Street to close\n" + STORY, "Pool on Mill Street to close"),
        ("a.txt", "UPDATE 2-Varrow council closes its pool\n" + STORY, "Varrow council closes its pool"),
        ("a.txt", "word " * 40, "word " * 17 + "word…"),
    ],
)
def test_titles(tmp_path: Path, name: str, text: str, title: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert article(path).title == title


def test_lines_broken_at_a_fixed_width_are_joined(tmp_path: Path) -> None:
    path = tmp_path / "wrapped.txt"
    path.write_text(
        "Pool to close\n\n"
        "The council of Varrow voted on Monday to close the pool on\n"
        "Mill Street at the end of June. It was built in 1964 and it\n"
        "loses 900 litres of water an hour, the chief engineer has\n"
        "said.\n\nA new one would cost 14 million crowns, which the council\n"
        "does not have.",
        encoding="utf-8",
    )
    assert article(path).text == (
        "Pool to close\n\nThe council of Varrow voted on Monday to close the pool on Mill Street at the end of June. "
        "It was built in 1964 and it loses 900 litres of water an hour, the chief engineer has said.\n\n"
        "A new one would cost 14 million crowns, which the council does not have."
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = "Café in Zürich schließt\nDer Besitzer sagte am Montag, das „Café Müßig“ schließe für immer seine Türen."
    path = tmp_path / "cafe.txt"
    path.write_bytes(text.encode(encoding))
    assert article(path).text == text


@pytest.mark.parametrize(("encoding", "language"), [("cp1251", "ru"), ("shift_jis", "ja"), ("gb18030", "zh")])
def test_encodings_of_other_scripts(tmp_path: Path, encoding: str, language: str) -> None:
    text = {
        "ru": "Совет города решил в понедельник закрыть бассейн на улице Мельничной в конце июня, сообщил мэр.",
        "ja": "市議会は月曜日、六月末に市民プールを閉鎖することを決めた。市長が記者会見で明らかにした。",
        "zh": "市议会星期一决定在六月底关闭游泳池，市长在新闻发布会上宣布了这一消息，居民对此表示失望。",
    }[language]
    path = tmp_path / "story.txt"
    path.write_bytes(text.encode(encoding))
    assert (article(path).text, article(path).language) == (text, language)


def test_markdown(tmp_path: Path) -> None:
    path = tmp_path / "pool.md"
    path.write_text(
        "---\ntitle: 'Pool to close: council votes'\nbyline: Sofia Lind\nsource: Varrow Times\ndate: 2024-02-03\n"
        "link: https://www.example.org/pool/?utm_source=x#top\n---\n"
        "# Pool to close\n\nThe **council** of [Varrow](https://example.org) voted *on Monday* to close the `pool`.\n\n"
        "![A pool](pool.jpg)\n\nThree sites are named:\n\n- Quay Road\n- Elm Park\n\n> “It leaks,” said Ms. Holm.\n",
        encoding="utf-8",
    )
    assert article(path) == Article.create(
        key="https://www.example.org/pool",
        text="Pool to close\n\nThe council of Varrow voted on Monday to close the pool.\n\nThree sites are named:\n"
        "- Quay Road\n- Elm Park\n\n“It leaks,” said Ms. Holm.",
        title="Pool to close: council votes",
        publisher="Varrow Times",
        author="Sofia Lind",
        published=date(2024, 2, 3),
        published_from="metadata",
        confidence="high",
        url="https://www.example.org/pool",
        source=str(path),
        boilerplate=article(path).boilerplate,
    )


def test_front_matter_that_is_no_yaml_is_read_by_line(tmp_path: Path) -> None:
    path = tmp_path / "pool.md"
    path.write_text(f"---\ntitle: Pool: to close\npublisher: Times\n---\n{STORY}", encoding="utf-8")
    assert (article(path).title, article(path).publisher) == ("Pool: to close", "Times")


def test_html(tmp_path: Path) -> None:
    path = tmp_path / "pool.html"
    path.write_text(PAGE.format(head='<link rel="canonical" href="https://example.org/pool/">'), encoding="utf-8")
    found = article(path)
    assert (found.key, found.title, found.publisher, found.author) == (
        "https://example.org/pool",
        "Pool to close",
        "Varrow Times",
        "S. Lind",
    )
    assert (found.published, found.published_from, found.confidence) == (date(2024, 2, 3), "metadata", "high")
    assert found.text.endswith("It loses 900 litres of water an hour, the chief engineer said on Tuesday.")


def test_html_in_a_declared_encoding(tmp_path: Path) -> None:
    path = tmp_path / "pool.htm"
    path.write_bytes(
        PAGE.format(head='<meta charset="iso-8859-2">').replace("Varrow", "Włoszczowa").encode("iso-8859-2")
    )
    assert "The council of Włoszczowa voted" in article(path).text


def test_pdf(tmp_path: Path) -> None:
    path = tmp_path / "pool.pdf"
    path.write_bytes(pdf("Pool to close\n\n" + STORY, "The last day is June 28.\n2"))
    found = article(path)
    assert found.title == "Pool to close"
    assert found.text.startswith("Pool to close\n")
    assert found.text.endswith("The last day is June 28.")
    assert "closes" not in found.text


def test_json(tmp_path: Path) -> None:
    path = tmp_path / "dump.json"
    path.write_text(json.dumps({"articles": [{"id": 7, "headline": "Pool", "body": STORY}, {"text": STORY}, {"x": 1}]}))
    reads = list(read([path], Settings()))
    assert [(found.source, found.status, found.article and found.article.key) for found in reads] == [
        (f"{path}#1", "read", f"{path}#7"),
        (f"{path}#2", "read", f"{path}#2"),
        (f"{path}#3", "failed", None),
    ]
    assert reads[2].reason == "item 3 has no text field (looked for text, body, content and the like; its fields: x)"


def test_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "dump.jsonl"
    rows = [
        json.dumps({"id": "a", "text": STORY}),
        "",
        "{broken",
        "[1]",
        json.dumps({"url": "https://e.org/a", "text": STORY}),
    ]
    rows += [json.dumps({"id": "a", "text": "Another text."})]
    path.write_text("\n".join(rows), encoding="utf-8")
    reads = list(read([path], Settings()))
    assert [(found.source, found.status, found.article and found.article.key) for found in reads] == [
        (f"{path}:1", "read", f"{path}#a"),
        (f"{path}:3", "failed", None),
        (f"{path}:4", "failed", None),
        (f"{path}:5", "read", "https://e.org/a"),
        (f"{path}:6", "failed", None),
    ]
    assert reads[1].reason is not None
    assert reads[1].reason.startswith("line 3 is not JSON (")
    assert reads[2].reason == "line 4 is not an object with named fields"
    assert reads[4].reason == "line 6 has the id of an earlier row with another text"


def test_the_limit_on_size_holds_for_a_line_of_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "dump.jsonl"
    row = json.dumps({"text": STORY})
    path.write_text("\n".join([row] * 20 + [json.dumps({"text": STORY * 10})] + [row]), encoding="utf-8")
    reads = list(read([path], Settings(max_file_bytes=400)))
    assert [found.status for found in reads] == ["read"] * 20 + ["failed", "read"]
    assert reads[20].reason == "line 21 is larger than 400 bytes (the limit is RAG_MAX_FILE_BYTES)"


def test_folder(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.txt", "a/c.md", "README.md", "LICENSE.txt", ".hidden.txt", ".git/x.txt", "logo.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{STORY} {name}", encoding="utf-8")
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "a" / "inside.txt").symlink_to(tmp_path / "b.txt")
    outside = tmp_path.parent / f"{tmp_path.name}-outside.txt"
    outside.write_text(STORY, encoding="utf-8")
    (tmp_path / "outside.txt").symlink_to(outside)
    (tmp_path / "broken.txt").symlink_to(tmp_path / "nowhere.txt")
    (tmp_path / "empty.txt").write_bytes(b"")
    reads = list(read([tmp_path], Settings()))
    assert [(Path(found.source).relative_to(tmp_path).as_posix(), found.status) for found in reads] == [
        ("b.txt", "read"),
        ("empty.txt", "failed"),
        ("a/c.md", "read"),
        ("a/inside.txt", "read"),
        ("a/z.txt", "read"),
    ]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.txt", b" \n", "is empty"),
        ("binary.txt", b"PK\x03\x04\x00\x00\x08text", "is not text (it holds NUL bytes)"),
        ("control.txt", bytes(range(1, 32)) * 40, "is not text (too many control characters)"),
        ("invisible.txt", "\u200b\u200b".encode(), "holds no text"),
        ("only.txt", b"Share on Facebook\nAdvertisement", "holds nothing but boilerplate (credits, appeals, comments)"),
        ("feed.txt", b'<?xml version="1.0"?><rss version="2.0"><channel/></rss>', None),
        ("broken.pdf", b"%PDF-1.4\nnonsense", None),
        ("scan.pdf", pdf(""), "is a PDF without text (a scan? it needs OCR first)"),
        ("empty.html", b"<html><body><script>x()</script></body></html>", None),
        ("list.json", b"[]", "is an empty list"),
        ("bad.json", b"{", None),
        ("deep.json", b"[" * 100_000, "is nested too deeply"),
        ("table.csv", b"a,b\n1,2", None),
        ("word.docx", b"PK\x03\x04\x00", None),
    ],
)
def test_what_cannot_be_read_fails_with_one_line(tmp_path: Path, name: str, data: bytes, reason: str | None) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    found = one(path)
    assert (found.source, found.status, found.article) == (str(path), "failed", None)
    assert found.reason
    assert "\n" not in found.reason
    assert reason in (None, found.reason)


def test_what_is_not_there() -> None:
    assert one("nothere.txt").reason == "there is no such file or folder"
    assert one("a\x00b").status == "failed"
    assert one("x" * 5_000).status == "failed"
    assert one("ftp://example.org/x").reason == "only well-formed http and https URLs are fetched"
    assert one("/dev/null").reason == "is not a regular file"


def test_a_folder_with_nothing_readable(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(b"\x89PNG")
    reason = one(tmp_path).reason
    assert reason is not None
    assert reason.startswith("holds nothing that can be read (looked for .txt, ")


def test_limits(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text(STORY, encoding="utf-8")
    assert one(path, Settings(max_file_bytes=50)).reason == "is larger than 50 bytes (the limit is RAG_MAX_FILE_BYTES)"
    reason = one(path, Settings(max_article_chars=50)).reason
    assert reason == "is longer than 50 characters (the limit is RAG_MAX_ARTICLE_CHARS)"


def test_one_bad_source_stops_nothing(tmp_path: Path) -> None:
    good = tmp_path / "good.txt"
    good.write_text(STORY, encoding="utf-8")
    inputs: list[str | Path | dict[str, object]] = ["nothere", good, {"no": "text"}, {"text": STORY}]
    assert [found.status for found in read(inputs, Settings())] == ["failed", "read", "failed", "read"]


@pytest.mark.parametrize(
    ("data", "title"),
    [
        (f"Pool to close\n{STORY}".encode(), "Pool to close"),
        (PAGE.format(head="").encode(), "Pool to close"),
        (json.dumps({"title": "Pool to close", "text": STORY}, indent=1).encode(), "Pool to close"),
        (json.dumps({"title": "Pool to close", "text": STORY}).encode() + b"\n", "Pool to close"),
        (f"---\ntitle: Pool to close\n---\n{STORY}".encode(), "Pool to close"),
        (pdf("Pool to close\n" + STORY), "Pool to close"),
        (b"{not json} Pool to close\n" + STORY.encode(), "{not json} Pool to close"),
    ],
)
def test_standard_input(data: bytes, title: str) -> None:
    assert article("-", data).title == title
    assert article("-", data).source == "standard input" or article("-", data).source == "standard input:1"


def test_standard_input_without_a_name_is_known_by_its_content() -> None:
    first, again = article("-", STORY.encode()), article("-", STORY.encode())
    assert first == again
    assert first.key.startswith("sha256:")
    assert article("-", json.dumps({"id": "x", "text": STORY}).encode()).key == "id:x"
    assert one("-").reason == "there is none to read"
    assert one("-", stdin=b"").reason == "is empty"
