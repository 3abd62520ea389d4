"""How many downloads one host may have at the same time, and which hosts have no slot left."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HostSlots:
    """The slots of each host. limit: how many each has; 0 for any number.

    running: how many are taken, by host. What has no host takes none.
    """

    limit: int = 0
    running: Mapping[str, int] = field(default_factory=dict)

    @property
    def full(self) -> set[str]:
        """The hosts that have no slot left."""
        return {host for host in self.running if not self.has_room(host)}

    @property
    def is_exceeded(self) -> bool:
        """Whether a host has more downloads than it may."""
        return self.limit > 0 and any(count > self.limit for count in self.running.values())

    def has_room(self, host: str | None) -> bool:
        """Whether one more download of a host may run."""
        return host is None or self.limit == 0 or self.running.get(host, 0) < self.limit

    def with_one(self, host: str | None) -> "HostSlots":
        """The slots after a download of this host took one."""
        if host is None:
            return self
        return HostSlots(self.limit, {**self.running, host: self.running.get(host, 0) + 1})
