"""Submit, collect, index, sweep: the core, pure but for its ports."""
