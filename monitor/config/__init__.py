"""The models and field types of the config. `monitor.config_file` reads a file into them."""
