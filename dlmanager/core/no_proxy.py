"""Which hosts are asked without the proxy, as wget decides it."""


def goes_direct(host: str, no_proxy: str) -> bool:
    """Whether a host is among those that the proxy is not asked for.

    no_proxy: hosts and domains, separated by commas. One names the host itself and all hosts
    within it; with a dot at its beginning only those within it.
    Source: GNU wget 1.21, sufmatch() in src/host.c.
    """
    names = (name.strip().lower() for name in no_proxy.split(","))
    return any(_is_within(host.lower(), name) for name in names if name)


def _is_within(host: str, name: str) -> bool:
    return host == name or host.endswith(name if name.startswith(".") else f".{name}")
