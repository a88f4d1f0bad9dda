"""The paper's own model: one network, one loss, trained end to end.

Tirumala (2025), "DeepCausalMMM" (arXiv:2510.13087). ``network`` is its equation, ``adjacency`` the
graph between channels that it learns, ``losses`` what is minimised, ``training`` how.
"""
