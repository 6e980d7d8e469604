"""The running program: scheduler, workers, leases, reload of files, look-back, clock steps, health and watchdog."""
