"""The values of the options of OCR."""
