"""The message for a form without a file for its task type."""

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
    ("form", "expected"),
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
def test_message_names_the_received_fields(form: Form, expected: str) -> None:
    """The message has its fixed beginning, then names the expected and the received fields."""
    message = why_no_files(TEXT, form)
    assert message.startswith(BEGIN)
    assert expected in message


def test_names_are_cut() -> None:
    """A long field name is cut in the message."""
    assert len(why_no_files(TEXT, Form({"x" * 100_000: ""}))) < 300
