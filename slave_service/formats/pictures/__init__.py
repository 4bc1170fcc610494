"""Results of pictures: frames, facts and PNG."""
