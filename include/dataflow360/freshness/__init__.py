"""Whether a source is on time: asked by the page and by the alerts alike."""
