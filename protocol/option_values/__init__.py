"""The options of jobs: what their values mean, and which features slaves need for them."""
