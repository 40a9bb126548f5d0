"""What holds for every test: none depends on speed, so that a slow machine turns nothing red, nor on who runs it."""

import os

from hypothesis import HealthCheck, settings

from pages import OF_MAKE

settings.register_profile("fxsnn", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fxsnn")
for name in [name for name in os.environ if name.startswith(OF_MAKE)]:  # of the make that runs the tests
    del os.environ[name]
