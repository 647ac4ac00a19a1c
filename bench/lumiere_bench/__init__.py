"""How good results are where the truth is known: shots, cases, methods, measures, reports."""
