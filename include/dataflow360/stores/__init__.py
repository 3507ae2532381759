"""Where rows are kept: each store is a module that describes it (``store.py``)."""
