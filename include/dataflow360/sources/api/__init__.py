"""What sources share that ask an API."""
