"""What is called how in the stores; light to import, unlike the contracts."""

#: MySQL's database in which the pipeline keeps account of itself.
CONTROL_DATABASE = "dataflow360"
