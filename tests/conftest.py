"""What holds for every test: none depends on speed, so that a slow machine turns nothing red."""

from hypothesis import HealthCheck, settings

settings.register_profile("fxsnn", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fxsnn")
