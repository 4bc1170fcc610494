"""The tests: unit (the pure core), contract (each call, over HTTP), e2e (whole stories)."""
