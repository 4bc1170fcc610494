"""What the processors judge texts with: sentences, sentiment, emoji and languages."""
