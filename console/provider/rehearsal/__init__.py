"""The rehearsal: a local stand-in for the model, for trying the console without a key.

A process of its own that speaks the Messages API (``python -m console.provider.rehearsal``), of the standard library
alone. Its answers are put together by rules from the system prompt and the conversation: the same request always gets
the same answer, and another prompt gets a different one. It is no model, and everything it says is marked so.
"""
