"""Reading hostile text: normalised with a map back, cut into clauses, with polarity and scope known."""
