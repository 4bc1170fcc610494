"""What master, slave and client agree on, and the code that they share. It imports none of them."""
