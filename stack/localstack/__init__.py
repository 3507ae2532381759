"""What the stack adds to LocalStack; it runs in LocalStack's own environment.

Functions as processes instead of containers, DynamoDB and Kinesis by servers of the supervisor.
"""
