"""The command line ``dataflow360``, one module a command."""
