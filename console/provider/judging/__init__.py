"""What every judge needs: marks that no text can hold, an answer of the form or none, quotes that stand in the text.

A judge is a model that reads what others wrote. The text is data between marks drawn anew for each call, and nothing of
an answer is taken that cannot be checked.
"""
