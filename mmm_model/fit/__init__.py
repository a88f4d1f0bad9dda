"""How the equation is fitted to a panel: noise, linear part, search, level dynamics, lift tests."""
