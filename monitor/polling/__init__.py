"""The steps of one poll that need I/O: parse incrementally, fetch articles, check for anomalies, assess and commit."""
