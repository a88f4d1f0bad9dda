"""The posterior of a response: shapes averaged, sizes, levels and regions' returns drawn.

    y_rt / size_r = Σ_c m_c u_rc g_rct(s_c) + e_rt,     e ~ N(offset, V)

A shape ``s`` is an adstock and a saturation out of a bank; under every shape the response ``g``
has a mean of one, so ``m`` is the channel's share of the KPI and the prior is on returns. ``V``
holds level, controls, season and shocks, by region and shared by regions: integrated out. Given
``V``, a channel's shape and size are drawn exactly from shape × grid of sizes.
"""
