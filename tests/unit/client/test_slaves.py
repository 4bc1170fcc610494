"""The client's use of the master's list of slaves."""

from typing import Any

from client_service.slaves import able_slaves, why_unavailable

NO_OCR = {"ocr": "Tesseract is not installed"}


def slave(port: int, *task_types: str, **more: Any) -> dict[str, Any]:
    return {"slave_ip": "10.0.0.1", "slave_port": port, "task_types": list(task_types)} | more


def test_reasons_are_the_masters() -> None:
    """The message is the same as the master's for ``/assign_task``."""
    nobody: dict[str, Any] = {"slaves": []}
    assert why_unavailable(nobody, "text") == "No slaves available"
    here = {"slaves": [slave(3000, "text", unavailable=NO_OCR), slave(3001, "text")]}
    assert why_unavailable(here, "text") is None
    why = "No slaves available for ocr: 10.0.0.1:3000: Tesseract is not installed"
    assert why_unavailable(here, "ocr") == why
    told = why_unavailable(here, "audio")
    assert told is not None
    assert told.endswith("none of those registered says that it can")


def test_unlisted_slaves_give_no_reason() -> None:
    """If the status lists no slaves, no reason is given: the next call reports the token."""
    assert why_unavailable({"status": "alive"}, "text") is None


def test_able_slaves_are_found() -> None:
    """Only slaves that do the task type are returned."""
    here = {"slaves": [slave(3000, "text"), slave(3001, "image")]}
    assert [found["slave_port"] for found in able_slaves(here, "text")] == [3000]
