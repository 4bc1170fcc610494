"""Each call of the contract, over HTTP, against running programs."""
