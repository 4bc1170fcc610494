"""Writes PDFs of pictures of pages, with the words that OCR read as invisible text over them."""
