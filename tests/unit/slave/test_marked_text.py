"""Texts with a structure: tables with delimiters, and Markdown; other texts stay plain."""

import io
import time
from pathlib import Path
from typing import Any

import pytest

from slave_service import document_processing

PROJECT = Path(__file__).parents[3]


def read(text: str | bytes) -> dict[str, Any]:
    data = text.encode() if isinstance(text, str) else text
    return document_processing.process(io.BytesIO(data))


@pytest.mark.parametrize(("delimiter", "name"), [(",", ","), (";", ";"), ("\t", "tab"), ("|", "|")])
def test_tables(delimiter: str, name: str) -> None:
    """Rows have tabs between their cells; quoted cells may hold the delimiter and line ends."""
    rows = [["name", "note", "price"], ["Käse", f'"a{delimiter} ""b""\nc"', "3.5"], ["x", "", "9"]]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    result = read(f"\ufeff{text}\r\n")
    assert result["document_type"] == "CSV"
    assert (result["row_count"], result["column_count"], result["delimiter"]) == (3, 3, name)
    assert result["text_content"].split("\n") == [
        "name\tnote\tprice",
        f'Käse\ta{" " if delimiter == chr(9) else delimiter + " "}"b" c\t3.5',
        "x\t\t9",
    ]
    assert (result["encoding"], result["warnings"]) == ("utf-8-sig", [])


@pytest.mark.parametrize(
    "text",
    [
        "Dear Ada, dear Bob,\nthanks, and see you\nsoon, Eve\n",
        "a,b\n1,2\n",
        "a,b\n1,2\n3,4,5\n6,7\n",
        "One line.\nAnother line.\nA third line.\n",
        'a,b\n1,2\n"' + "x," * 100_000 + "\n3,4",
        "x = 1\n\n# a comment\ny = 2\n\n# another\nz = [a](b)\n\n# third\n\nq = 3\n",
        "#!/bin/sh\n\n# Copy\n\ncp a b\n\n# Move\n\nmv **b** c\n",
        "# A comment alone\nvalue = 3\n",
        "Press # to end\n",
        "a = 1;\nb = 2;\nc = 3;\n",
        "# A\n\ntable[0](x) and 2**3 or 3**2, __init__\n",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    """Prose, code, short and uneven tables are plain texts, with every character."""
    result = read(text)
    assert result["document_type"] == "Generic Text"
    assert result["text_content"] == text


MARKDOWN = """# The *title* #

Some **bold** text with [a link](https://example.org "title"), `code` and ![a picture](a.png).

## Second part

- an item_with_underscores

| a | b |
|---|:-:|
| c | **d** |

***

```sh
# no heading
cat [a](b)
```
"""


def test_markdown_is_read_as_it_is_shown() -> None:
    """Marks are left out, except in code; headings are the outline."""
    result = read(MARKDOWN)
    assert result["document_type"] == "Markdown"
    text = result["text_content"]
    assert text.split("\n") == [
        *("The *title*", "", "Some bold text with a link, code and a picture.", ""),
        *("Second part", "", "- an item_with_underscores", ""),
        *("a\tb", "c\td", "", "", "# no heading", "cat [a](b)"),
    ]
    assert [(entry["title"], entry["level"]) for entry in result["outline"]] == [
        ("The *title*", 1),
        ("Second part", 2),
    ]
    assert all(text[entry["begin"] :].startswith(entry["title"]) for entry in result["outline"])


def test_files_of_this_project() -> None:
    """The documentation of this project is Markdown, and its programs are not."""
    for path in [PROJECT / "README.md", *(PROJECT / "docs").glob("*.md")]:
        assert read(path.read_bytes())["document_type"] == "Markdown", path
    for path in [PROJECT / "Makefile", PROJECT / "requirements.txt", PROJECT / "pyproject.toml"]:
        assert read(path.read_bytes())["document_type"] == "Generic Text", path
    for path in (PROJECT / "protocol").glob("*.py"):
        assert read(path.read_bytes())["document_type"] == "Generic Text", path


@pytest.mark.parametrize(
    "unit",
    ["[", "[a](", "**", "__a ", "`", "# a ", "|", "- ", '"', ",", "a,b\n", "# a\n\n**b**\n\n"],
)
def test_time_is_linear(unit: str) -> None:
    """A megabyte of marks takes well below ten seconds."""
    begin = time.process_time()
    line = unit * (19_000 // len(unit))
    read("# a\n\n**b**\n\n" + f"{line} x\n" * 50)
    assert time.process_time() - begin < 5
