"""Read the sources that other tools watch: urlwatch, changedetection.io and Miniflux."""
