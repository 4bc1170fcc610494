"""What the programs share to call each other over HTTP."""
