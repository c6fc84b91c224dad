"""Judges: a model reads what was said in a conversation and holds it against a rubric, or prefers one of two.

It never sees which revision answered, nor when, nor its prompt. A verdict that cannot be checked is an error, neither a
pass nor a failure, so that words in a transcript cannot get one of their own writing.
"""
