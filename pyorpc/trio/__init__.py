"""A face for trio programs: an STA whose thread runs a trio loop."""
