"""HTTP access to sources and channels: guarded connections, redirects, robots.txt and rate limits."""
