"""From markup to claims, and from a claim to its words, numbers, dates, names and cues. Pure."""
