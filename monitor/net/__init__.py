"""The only code that opens connections: guard, HTTP client, redirects, robots.txt, rate limit."""
