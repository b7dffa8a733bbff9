"""From CLSID to object: class table, catalog, placement, SCM."""
