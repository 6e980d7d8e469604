"""What a claim states that can be checked against another: figures, dates, names, negation, certainty, scope.

Each module finds one kind in a list of tokens and says where it stands; none knows of another claim.
"""
