"""The forms of an OCR result, for the option ``output`` of a job."""

from protocol.options import Option, one_of

JSON = "json"
PDF = "pdf"


OPTION = Option(
    "output",
    "output",
    one_of(JSON, PDF),
    "The form of the result: json (the default), or pdf: a PDF that shows the pages, with the "
    "words over them as invisible text that can be searched and copied.",
    PDF,
    saved_names={PDF: "{stem}_ocr.pdf"},
)
