"""The running program: scheduler, leases, reload of rules, look-back, clock."""
