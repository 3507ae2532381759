"""The four steps of every source: extract, stage, publish, reconcile."""
