"""From matches to alerts and messages: decide, corroborate, silence, route. Pure."""
