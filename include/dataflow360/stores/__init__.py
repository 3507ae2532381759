"""Where rows are kept: MySQL and Cassandra."""
