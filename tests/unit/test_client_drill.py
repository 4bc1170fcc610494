"""What a drill makes of two ledgers."""

from pathlib import Path
from typing import Any

import pytest

from client_service.drill import Trial, report, write_texts
from client_service.errors import ALL_DONE, SOME_FAILED


def ledger(*results: str | None, attempts: int = 1) -> list[dict[str, Any]]:
    return [
        {
            "index": index,
            "filename": f"drill-{index}.txt",
            "state": "done" if result else "failed",
            "attempts": attempts,
            "slave": f"10.0.0.1:300{index % 2}",
            "result_sha256": result,
        }
        for index, result in enumerate(results)
    ]


def test_nothing_lost(capsys: pytest.CaptureFixture[str]) -> None:
    """The verdict has the figures, and the ledger those files that moved."""
    shaken = [*ledger("a", "b"), *ledger("c", attempts=2)]
    code = report(Trial("j1", ledger("a", "b", "c")), Trial("j2", shaken, "10.0.0.1:3000", 1))
    printed = capsys.readouterr().out
    assert code == ALL_DONE
    assert printed.splitlines()[-2] == (
        "Nothing was lost: 3 submitted = 3 done + 0 failed + 0 cancelled, 3 of 3 results "
        "identical, 1 files moved from slave 10.0.0.1:3000 to others."
    )
    assert printed.count("drill-0.txt") == 1
    assert "drill-1.txt" not in printed


@pytest.mark.parametrize("shaken", [("a", "b"), ("a", "b", "x"), ("a", "b", None)])
def test_loss_is_told(shaken: tuple[str | None, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is missing, failed or different is no success."""
    code = report(Trial("j1", ledger("a", "b", "c")), Trial("j2", ledger(*shaken), "x:1", 1))
    assert code == SOME_FAILED
    assert "SOMETHING IS WRONG" in capsys.readouterr().out


def test_texts_are_the_same_each_time(tmp_path: Path) -> None:
    """Samples depend on nothing, differ from each other, and are of the stated sizes."""
    texts = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_texts(tmp_path / name, 60, 1)
        texts.append([path.read_bytes() for path in sorted((tmp_path / name).iterdir())])
    assert texts[0] == texts[1]
    assert len(set(texts[0])) == 60
    assert all(2000 < len(text) < 110_000 for text in texts[0])
