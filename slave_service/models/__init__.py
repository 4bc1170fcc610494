"""Models of language that the processors use: sentences, sentiment, emoji and languages."""
