"""The assets of a refresh, in the order in which a week of data passes through them.

``raw`` → ``panel`` → ``model`` → ``results`` → ``report``. Each function reads, calls one
function that does the work, writes, and says what it wrote. What a table holds is declared in
``mart``; how to compute it belongs to ``mmm_model``.
"""
