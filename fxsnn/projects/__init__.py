"""Small working projects to start from, as files: of a core, of a network, of continuous integration."""
