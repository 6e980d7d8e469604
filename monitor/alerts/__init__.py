"""From matches to alerts and messages: decide, corroborate, silence, throttle, route. Pure."""
