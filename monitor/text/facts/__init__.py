"""Facts of a claim that can be compared with another's: figures, dates, names, negation, certainty, scope.

Each module finds one kind in a list of tokens, with its position; none compares claims.
"""
