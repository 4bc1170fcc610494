"""What a sender is told whose form has no file for its task type."""

from pathlib import Path

import pytest

from protocol.server.missing_files import why_no_files
from protocol.server.multipart_receiver import Form, Upload
from protocol.task_types import TASK_TYPES

BEGIN = "No files provided for text processing: "
TEXT = TASK_TYPES["text"]


def upload(field: str) -> Upload:
    return Upload(field, "a", Path("a"))


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (Form(), 'in the form field "texts" (received: no other field).'),
        (Form({"task_type": "text"}), "(received: no other field)."),
        (Form({"file": "x"}, [upload("files")]), '(received: "files", "file").'),
        (
            Form(uploads=[upload("audio_files")]),
            '(received: "audio_files"). "audio_files" is the field of task_type audio.',
        ),
        (Form({"texts": "hi"}), 'the form field "texts" came as text, without a file name'),
        (Form(fields_without_filename={"texts"}), '"texts" has an empty name: choose a file'),
        (Form(fields_without_filename={"images"}), '(received: "images").'),
        (Form({'say "hi"\n': "x"}), '(received: "say \\"hi\\"\\n").'),
        (Form(dict.fromkeys(map(str, range(20)), "")), '"7" and 12 more).'),
    ],
)
def test_refusal_says_what_came_instead(form: Form, said: str) -> None:
    """It begins as the contract has it, then names the field wanted and those received."""
    told = why_no_files(TEXT, form)
    assert told.startswith(BEGIN)
    assert said in told


def test_names_are_cut() -> None:
    """A sender's long name is not repeated whole."""
    assert len(why_no_files(TEXT, Form({"x" * 100_000: ""}))) < 300
