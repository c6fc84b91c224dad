"""Webhooks: events made of the audit, signed by the Standard Webhooks scheme, delivered at least once."""
