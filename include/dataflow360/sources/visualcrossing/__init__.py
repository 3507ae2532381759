"""The weather pages of Visual Crossing."""
