"""The steps of a poll after the fetch: parse incrementally, fetch articles, detect anomalies, assess, commit."""
