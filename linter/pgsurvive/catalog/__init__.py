"""What each product accepts, per version: data generated from the real programs, and typed look-ups."""
