"""The config's models and field types. How a file becomes a `Config`: `monitor.config_file`."""
