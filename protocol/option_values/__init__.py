"""What the values of options mean, by option."""
