"""The Django project: small apps by subject, and the seams between them."""
