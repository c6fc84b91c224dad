"""Economy runs: their first calls go to the provider in message batches, for half the price, within 24 hours.

A batch is a row. It is formed with its budget reserved, sent, looked at now and then, and when the provider has ended
it, its answers are taken conversation by conversation. Nobody waits for one: what comes next and when is in the row.
"""
