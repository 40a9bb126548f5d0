"""What holds for every test: none depends on speed, so that a slow machine turns nothing red, nor on who runs it."""

import os
import re

from hypothesis import HealthCheck, settings

# how much is drawn, of every hundred: `make test` takes few, `make long` and pytest by itself all; strategies.examples
# gives each test its share
settings.register_profile("all", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=100)
settings.register_profile("few", settings.get_profile("all"), max_examples=10)
settings.load_profile("all")

# a make that runs the tests must not change those that they run: neither by its own variables nor by those given to it
GIVEN = re.findall(r"(?:^|\s)(\w+)=", os.environ.get("MAKEFLAGS", ""))
for name in [name for name in os.environ if name.startswith(("MAKE", "MFLAGS", "GNUMAKEFLAGS")) or name in GIVEN]:
    del os.environ[name]
