"""The speed of a transfer, from samples of its size."""

from collections import deque

WINDOW_S = 5.0


class SpeedMeter:
    """Mean speed over the last few seconds; time is passed in (monotonic seconds)."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def add(self, now_s: float, size_bytes: int) -> float | None:
        """Note a size and return bytes per second; None until there is something to compare."""
        samples = self._samples
        if samples and size_bytes < samples[-1][1]:
            samples.clear()  # the part was cut or started again
        samples.append((now_s, size_bytes))
        while len(samples) > 2 and now_s - samples[1][0] >= WINDOW_S:
            samples.popleft()
        start_s, start_bytes = samples[0]
        if now_s <= start_s:
            return None
        return (size_bytes - start_bytes) / (now_s - start_s)
