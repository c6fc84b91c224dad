from __future__ import annotations


def decoded_views(text, folded, lexicon):
    return []
