"""The serverless path on AWS: Kinesis stream → Lambda → DynamoDB, and what it needs."""
